"""The relay refuses members with a code and a message."""

import os
import signal

import pytest
from netlab import party
from netlab.bare import Bare
from netlab.daemon import wait_for
from netlab.programs import Client, Gateway

from probes import PATIENCE_S, TAP, ping

LIMITS = ("--max-peers", "6", "--max-peers-per-room", "3", "--max-rooms", "3")

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party):
    """A relay with low limits."""
    made = new_party()
    made.start_servers()
    made.start_relay(*LIMITS)
    return made


def rejected(member, relay, code):
    """True if the member ended with that reject, logged it once, and the relay logged it."""
    assert member.wait_end() == 1
    failure, = member.events("failed")
    assert "refused" in failure["text"]
    assert relay.events("peer_rejected", code=code)
    assert not member.events("joined")
    if isinstance(member, Client):
        assert not member.host.has(member.tap)
    return True


def test_duplicate_mac(lab):
    """A MAC that is in the room already is refused; in another room it is admitted."""
    mac = "02:00:00:00:00:51"
    alice = lab.start_client(lab.alice_host, mac=mac)
    copy = lab.start_client(lab.bob_host, "--no-reconnect", mac=mac, wait=False)
    assert rejected(copy, lab.relay, "duplicate_mac")
    elsewhere = lab.start_client(lab.bob_host, mac=mac, room="ELSEWHERE")
    assert elsewhere.stop() == 0 and alice.stop() == 0
    again = lab.start_client(lab.bob_host, mac=mac)
    assert again.stop() == 0


def test_gateway_exists(lab):
    """One gateway per room; the first one stays."""
    gateway = lab.start_gateway()
    alice = lab.start_client(lab.alice_host)
    second = Gateway(lab, lab.bob_host, party.RELAY + ":443", lab.relay.cert, "--no-reconnect", interface="eth0",
                     name="gateway-2", wait=False)
    assert rejected(second, lab.relay, "gateway_exists")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert alice.stop() == 0 and gateway.stop() == 0


def test_place_is_held(lab):
    """Killed members without their token, restarted immediately: they wait until the relay removes their membership,
    and log what they wait for."""
    mac = "02:00:00:00:00:53"
    lab.start_gateway().kill()
    os.remove(lab.path("gateway.state/gateway.json"))
    lab.start_client(lab.alice_host, mac=mac).kill()
    wait_for(lambda: not lab.alice_host.has(TAP), "the TAP to go with its process")
    started = [lab.start_gateway(wait=False), lab.start_client(lab.alice_host, mac=mac, wait=False)]
    for member in started:
        member.wait_text("already has a member with this MAC address")
    for member in started:
        member.wait_joined(patience_s=45)
        assert member.stop() == 0


def test_second_process(lab):
    """A second gateway on the same interface, with a state of its own, waits as long as the relay keeps a dead member,
    and ends with the reason that another one runs."""
    first = lab.start_gateway()
    second = lab.start_gateway(name="gateway-2", wait=False)
    second.wait_text("already has a member with this MAC address")
    assert second.wait_end(patience_s=60) == 1
    failure, = second.events("failed")
    assert "another lanparty-gateway with the MAC" in failure["text"] and "pgrep" in failure["text"]
    assert first.running() and not second.events("joined")
    assert first.stop() == 0


def test_started_twice(lab):
    """A second gateway with the same --state takes over the membership of the first, which logs the probable cause."""
    first, second = lab.start_gateway(), lab.start_gateway()
    first.wait_text("Was it started twice")
    assert first.wait_end() == 1 and second.running()
    assert second.stop() == 0


def test_copied_identity(lab):
    """Two computers with one identity file: the second takes over the membership, and the first logs why it ends."""
    first = lab.start_client(lab.alice_host)
    second = lab.start_client(lab.bob_host, "--identity", lab.path("client-alice.state/client-alice.json"))
    assert first.wait_end() == 1
    assert "a copy of its identity file" in first.events("failed")[0]["text"]
    second.wait_joined()
    assert second.stop() == 0


def crowd(lab, rooms, first=1):
    """Any number of clients: one TAP each at Bob's, in these rooms."""
    members = []
    for number, room in enumerate(rooms, first):
        members.append(Client(lab, lab.bob_host, party.RELAY + ":443", lab.relay.cert, "--no-reconnect",
                              tap=f"lan{number}", name=f"crowd-{number}", room=room, wait=False))
    return members


@pytest.mark.parametrize("rooms, room, code", [
    (["FULL"] * 3, "FULL", "room_full"),
    (["FULL-1"] * 2 + ["FULL-2"] * 2 + ["FULL-3"] * 2, "FULL-3", "relay_full"),
    (["FULL-1", "FULL-2", "FULL-3"], "FULL-4", "relay_full"),
], ids=["peers of a room", "peers of the relay", "rooms of the relay"])
def test_limits(lab, rooms, room, code):
    """Limits are enforced, and slots are free again when a member leaves."""
    members = crowd(lab, rooms)
    for member in members:
        member.wait_joined()
    late, = crowd(lab, [room], first=20)
    assert rejected(late, lab.relay, code)
    last = members.pop()
    assert last.stop() == 0
    welcome, = crowd(lab, [room], first=21)
    welcome.wait_joined()
    for member in [*members, welcome]:
        assert member.stop() == 0


def test_rooms_give_way(lab):
    """With as many rooms as there may be, a room with a gateway takes the place of the one that has had none for
    longest; its member gets the reason, and a client cannot do that."""
    members = crowd(lab, ["WAITING-1", "WAITING-2", "WAITING-3"])
    for member in members:
        member.wait_joined()
    gateway = lab.start_gateway(room="PARTY-2")
    gone = wait_for(lambda: lab.relay.events("room_gave_way"), "a room to give way")
    assert len(gone) == 1 and gone[0]["room"].startswith("WAITING-") and gone[0]["other"] == "PARTY-2"
    out = members.pop(int(gone[0]["room"][-1]) - 1)
    assert out.wait_end() == 1 and "no space for rooms without a gateway" in out.output()
    assert all(member.running() for member in members)
    late, = crowd(lab, ["WAITING-4"], first=20)
    assert rejected(late, lab.relay, "relay_full")
    for member in [*members, gateway]:
        assert member.stop() == 0


def test_newcomers(fresh_party):
    """A room limits joins by burst and rate; its members play on."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay("--limit-joins", "1/3")
    lab.start_gateway()
    lab.start_client(lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)

    def come_and_go(number):
        """Joins with another MAC each time; the code of the reject, or None."""
        member = Bare(lab, lab.bob_host, party.RELAY, lab.relay.cert, name=f"newcomer-{number}")
        member.hello(mac=f"02:00:00:00:01:{number:02x}")
        wait_for(member.messages, "an answer")
        member.tell("close")
        member.wait_closed()
        return member.messages()[0].get("code")
    answers = [come_and_go(number) for number in range(20)]
    assert answers[0] is None and set(answers) == {None, "room_full"}
    refused, = [event for event in lab.relay.events("peer_rejected", code="room_full")][:1]
    assert "Try again" in refused["message"]
    wait_for(lambda: come_and_go(20) is None, "place for another")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)


def test_patient_client(lab):
    """A member that returns to a relay that has given its MAC to another member waits until that one leaves."""
    mac = "02:00:00:00:00:52"
    alice = lab.start_client(lab.alice_host, mac=mac)
    alice.send_signal(signal.SIGSTOP)
    lab.relay.kill()
    lab.start_relay(*LIMITS)
    other = lab.start_client(lab.bob_host, mac=mac)
    alice.send_signal(signal.SIGCONT)
    wait_for(lambda: [e for e in alice.events("reconnecting") if f"{mac} is already in room" in e["reason"]], "a reject")
    mark = alice.mark()
    assert other.stop() == 0
    alice.wait_joined(after=mark)
    assert lab.alice_host.is_up(TAP)
    assert alice.stop() == 0
