"""Members join, leave and return; all others are notified."""

import signal

import pytest
from netlab import party, wire
from netlab.daemon import wait_for

from probes import IMPATIENCE_S, PATIENCE_S, TAP, ping

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party):
    """A relay with an empty room."""
    made = new_party()
    made.start_servers()
    made.start_relay("--idle-timeout", "5s")
    return made


def test_client_before_gateway(lab):
    """A client alone waits for the gateway; its LAN state follows the gateway's presence."""
    client = lab.start_client(lab.alice_host)
    assert client.events("joined")[0]["gateway"] is False
    assert not ping(lab.alice_host, party.LAN_HOST, IMPATIENCE_S)

    for _ in range(2):
        mark = client.mark()
        gateway = lab.start_gateway()
        client.wait_event("gateway_present", after=mark)
        assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)

        mark = client.mark()
        assert gateway.stop() == 0
        client.wait_event("gateway_gone", after=mark)
        assert not ping(lab.alice_host, party.LAN_HOST, IMPATIENCE_S)
    assert client.stop() == 0


def test_client_leaves_and_returns(lab):
    """A client that returns has the same MAC, and its old membership is gone."""
    gateway = lab.start_gateway("--name", "basement")
    bob = lab.start_client(lab.bob_host)
    macs = []
    for _ in range(2):
        mark = bob.mark()
        client = lab.start_client(lab.alice_host, "--name", "Alice")
        macs.append(lab.alice_host.mac(TAP))
        seen = bob.wait_event("member_joined", after=mark, name="Alice")
        assert (seen["role"], seen["mac"]) == ("client", macs[-1])
        assert client.wait_event("gateway_present", name="basement")["mac"] == lab.gateway_host.mac("lan")
        assert client.wait_event("member_joined", mac=lab.bob_host.mac(TAP))
        assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
        assert ping(lab.bob_host, party.ALICE, PATIENCE_S)

        mark = bob.mark()
        assert client.stop() == 0
        assert not lab.alice_host.has(TAP)
        left = bob.wait_event("member_left", after=mark, name="Alice")
        assert (left["role"], left["mac"], left["reason"]) == ("client", macs[-1], "goodbye")
    assert macs[0] == macs[1]
    assert bob.stop() == 0 and gateway.stop() == 0


def test_two_rooms(lab):
    """Rooms are isolated from one another."""
    gateway = lab.start_gateway()
    alice = lab.start_client(lab.alice_host)
    bob = lab.start_client(lab.bob_host, room="OTHER-ROOM")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    with wire.Tap(lab.alice_host, TAP) as mouth, wire.Tap(lab.bob_host, TAP) as other, \
            wire.Tap(lab.lan_host, "eth0") as lan:
        frame = wire.ethernet(wire.BROADCAST, mouth.mac, 0x88B5, wire.payload("room", 100))
        assert wire.carries(mouth, lan, frame, PATIENCE_S)
        assert not other.wait(lambda seen: seen == frame, IMPATIENCE_S)
    assert not ping(lab.bob_host, party.LAN_HOST, IMPATIENCE_S)
    for member in (alice, bob, gateway):
        assert member.stop() == 0


def test_room_code_without_case(lab):
    """Room codes are compared without case."""
    gateway = lab.start_gateway(room="party-1")
    client = lab.start_client(lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert client.stop() == 0 and gateway.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_clean_end(lab, number):
    """SIGINT, SIGTERM and SIGHUP end members cleanly: exit code 0, the TAP removed, the LAN port restored, others
    notified."""
    bob = lab.start_client(lab.bob_host)
    gateway = lab.start_gateway()
    client = lab.start_client(lab.alice_host)
    assert promiscuity(lab.gateway_host, "lan") == 1
    mark = bob.mark()
    for member, event in ((client, "member_left"), (gateway, "gateway_gone")):
        assert member.stop(number) == 0
        assert member.events("stopped")
        assert bob.wait_event(event, after=mark)["reason"] == "goodbye"
    assert not lab.alice_host.has(TAP)
    assert promiscuity(lab.gateway_host, "lan") == 0
    assert bob.stop(number) == 0


def promiscuity(host, interface):
    """Number of sockets that hold the interface in promiscuous mode."""
    return host.ip_json("-d", "link", "show", "dev", interface)[0]["promiscuity"]


def test_killed_client(lab):
    """A killed client leaves no TAP; the relay detects it within the idle timeout, and the same MAC may join again."""
    bob = lab.start_client(lab.bob_host)
    client = lab.start_client(lab.alice_host, name="client-killed")
    mac = lab.alice_host.mac(TAP)
    mark = bob.mark()
    client.kill()
    wait_for(lambda: not lab.alice_host.has(TAP), "the TAP to go with its process")
    assert bob.wait_event("member_left", patience_s=45, after=mark, mac=mac)["reason"] in ("timeout", "connection_lost")
    back = lab.start_client(lab.alice_host, name="client-killed")
    assert lab.alice_host.mac(TAP) == mac
    assert back.stop() == 0 and bob.stop() == 0


def test_sleep_and_resume(lab):
    """A laptop that sleeps longer than the relay's timeout reconnects automatically, with its address."""
    bob = lab.start_client(lab.bob_host)
    gateway = lab.start_gateway()
    client = lab.start_client(lab.alice_host)
    addresses, mac = lab.alice_host.addresses(TAP), lab.alice_host.mac(TAP)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    bob_mark, mark = bob.mark(), client.mark()
    client.send_signal(signal.SIGSTOP)
    assert bob.wait_event("member_left", patience_s=45, after=bob_mark, mac=mac)
    client.send_signal(signal.SIGCONT)
    client.wait_joined(patience_s=45, after=mark)
    assert lab.alice_host.addresses(TAP) == addresses and lab.alice_host.mac(TAP) == mac
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(lab.bob_host, party.ALICE, PATIENCE_S)
    for member in (client, bob, gateway):
        assert member.stop() == 0
