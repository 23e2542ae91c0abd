"""Members find the relay again: on slow paths, without a name server, without packets that decrypt, and they wait for
a relay that is not there yet."""

import os
import signal
import threading
import time

import pytest
from netlab import party
from netlab.impair import Impair

from probes import PATIENCE_S, ping

PROXY = party.RELAY + ":1443"


@pytest.fixture
def lab(new_party):
    """A party without programs."""
    return new_party()


def test_start_before_the_relay(lab):
    """A gateway and a client that are started before the relay wait for it, and join."""
    lab.start_relay()
    lab.relay.kill()
    client = lab.start_client(lab.alice_host, wait=False)
    gateway = lab.start_gateway(wait=False)
    client.wait_event("reconnecting", 30)
    lab.start_relay()
    client.wait_joined(40)
    gateway.wait_joined(40)


def test_start_before_the_network(lab):
    """A client that is started before its computer has a route says so and waits."""
    lab.start_relay()
    lab.alice_host.ip("link set eth0 down")
    client = lab.start_client(lab.alice_host, wait=False)
    client.wait_event("reconnecting")
    lab.alice_host.ip("link set eth0 up", "route replace default via 192.168.1.1")
    client.wait_joined()


@pytest.mark.parametrize("family", ["ip", "ip6"])
def test_firewall_is_named(lab, family):
    """A firewall that rejects the tunnel with an ICMP error: the client names it, and joins when it is gone."""
    lab.start_relay()
    lab.relay_host.run("nft", "-f", "-", input="""
table inet guard {
  chain in {
    type filter hook input priority 0;
    udp dport 443 reject with icmpx type admin-prohibited
  }
}
""")
    relay = f"{party.RELAY}:443" if family == "ip" else f"[{party.RELAY6}]:443"
    client = lab.start_client(lab.alice_host, relay=relay, wait=False)
    assert "a firewall on the way blocks it" in client.wait_event("reconnecting")["reason"]
    lab.relay_host.run("nft", "delete table inet guard")
    client.wait_joined()


def test_no_reconnect_ends(lab):
    """--no-reconnect ends the program if the relay is not there."""
    lab.start_relay()
    lab.relay.kill()
    client = lab.start_client(lab.alice_host, "--no-reconnect", wait=False)
    assert client.wait_end(30) == 1


def test_slow_path(lab):
    """A round trip of 3 s: the client joins, and joins again after the relay was killed."""
    lab.start_relay()
    slow = Impair(lab, lab.relay_host, party.RELAY, 1443, party.RELAY, 443, delay_ms=1500)
    client = lab.start_client(lab.alice_host, relay=PROXY, wait=False)
    client.wait_joined(60)
    time.sleep(4)  # until the client knows the round trip
    mark = client.mark()
    lab.relay.kill()
    lab.start_relay()
    client.wait_joined(90, after=mark)
    slow.stop()


def test_name_server_is_gone(lab):
    """The relay's name cannot be looked up any more: the client returns to the address that it had, also after its own
    restart."""
    hosts = "/etc/hosts"
    with open(hosts, encoding="ascii") as file:
        names = file.read()
    lab.start_relay()
    client = lab.start_client(lab.alice_host, relay="relay.test:443")
    try:
        with open(hosts, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n")
        mark = client.mark()
        lab.relay.stop()
        lab.start_relay()
        client.wait_joined(after=mark)
        client.stop(signal.SIGTERM)
        again = lab.start_client(lab.alice_host, relay="relay.test:443", wait=False)
        again.wait_joined()
    finally:
        with open(hosts, "w", encoding="ascii") as file:
            file.write(names)


def test_nonsense_is_not_life(lab):
    """Packets from the relay's address that do not decrypt do not hide that the relay is gone."""
    lab.start_relay()
    client = lab.start_client(lab.bob_host)
    lab.start_gateway()
    assert ping(lab.bob_host, party.BOB, PATIENCE_S)
    port = next(int(line.split()[3].rsplit(":", 1)[1]) for line in
                lab.bob_host.run("ss", "-unaH").stdout.splitlines() if line.split()[3].startswith(("*:", "[::]:")))
    end = threading.Event()

    def talk():
        with lab.relay_host.socket() as sock:
            while not end.wait(0.4):
                try:
                    sock.bind((party.RELAY, 443))
                    break
                except OSError:
                    continue
            while not end.wait(0.4):
                sock.sendto(b"\x40" + os.urandom(59), ("100.64.2.52", port))
    thread = threading.Thread(target=talk)
    mark = client.mark()
    pings = lab.bob_host.spawn("ping", "-i", "0.2", party.LAN_HOST, stdout=-3, stderr=-3)
    lab.relay.kill()
    thread.start()
    try:
        # The path check gives this reason; the idle timeout, which nonsense would put off, gives another.
        assert client.wait_event("reconnecting", after=mark)["reason"].endswith("does not answer any more")
    finally:
        end.set()
        thread.join()
        pings.kill()
        pings.wait()
