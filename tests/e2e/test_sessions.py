"""Sessions that survive: network changes under a tunnel in use, and the length of the interruption."""

import contextlib
import os
import signal
import threading
import time

import pytest
from netlab import party, wire
from netlab.daemon import wait_for
from netlab.impair import Impair
from netlab.stream import Stream

from probes import PATIENCE_S, TAP, download, ping

PROXY = ("192.0.2.1", 4433)  # on the internet's router, as Alice's address appears there


@pytest.fixture(scope="module")
def lab(new_party):
    """A party in which Alice reaches the relay by a path that can be impaired."""
    made = new_party()
    made.start_servers()
    made.start_relay()
    made.start_gateway()
    made.proxy = Impair(made, made.inet, *PROXY, party.RELAY, 443)
    made.alice_host.ethtool("eth0", "tx-udp-segmentation", "off")  # so that single packets are visible
    made.alice = made.start_client(made.alice_host, relay=f"{PROXY[0]}:{PROXY[1]}")
    made.bob = made.start_client(made.bob_host, relay="relay.test:443")
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(made.bob_host, party.LAN_HOST, PATIENCE_S)
    return made


class Talk:
    """A TCP connection in use from a player to the LAN, with consecutive small requests."""

    def __init__(self, lab, host):
        self.sock = lab.connect(host, timeout_s=PATIENCE_S * 4)
        self.stream = self.sock.makefile("rb")
        self.answers = 0
        self.error = None
        self.ended = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        """Sends requests and reads replies."""
        try:
            while not self.ended:
                self.sock.sendall(b"GET /1000 HTTP/1.1\r\nHost: lan\r\n\r\n")
                while line := self.stream.readline().strip():
                    assert line
                assert len(self.stream.read(1000)) == 1000
                self.answers += 1
                time.sleep(0.005)
        except (OSError, AssertionError) as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.sock.close()


@contextlib.contextmanager
def in_use(lab, host, tcp=True):
    """A game stream in both directions and a TCP connection during an event; both continue afterwards."""
    with wire.Tap(host, TAP) as player, wire.Tap(lab.lan_host, "eth0") as lan, \
            wire.Tap(host, TAP) as player_ear, wire.Tap(lab.lan_host, "eth0") as lan_ear:
        with Stream(player, lan_ear, body_bytes=64, interval_s=1 / 60) as up, \
                Stream(lan, player_ear, body_bytes=64, interval_s=1 / 60) as down, \
                Talk(lab, host) if tcp else contextlib.nullcontext() as talk:
            wait_for(lambda: up.received > 20 and down.received > 20, "the streams to flow")
            start_s = time.monotonic()
            use = Use(start_s, up, down, talk)
            yield use
            use.wait_flow()
        assert (up.corrupted, up.duplicates, down.corrupted, down.duplicates) == (0, 0, 0, 0)
        assert not talk or talk.error is None


class Use:
    """The traffic through the tunnel, from the moment of the event."""

    def __init__(self, start_s, up, down, talk):
        self.start_s, self.up, self.down, self.talk = start_s, up, down, talk

    def wait_flow(self, patience_s=PATIENCE_S * 2):
        """Waits until all traffic flows again."""
        mark_s, answers = time.monotonic(), self.talk.answers if self.talk else 0
        wait_for(lambda: len(self.up.since(mark_s)) > 20 and len(self.down.since(mark_s)) > 20,
                 "the streams to flow again", patience_s)
        wait_for(lambda: not self.talk or self.talk.error or self.talk.answers > answers + 5,
                 "TCP to flow again", patience_s)

    def gap_ms(self):
        """The longest gap between frames, in the worse direction."""
        return max(self.up.gap_ms(self.start_s), self.down.gap_ms(self.start_s))


def assert_nobody_left(marks, but=None):
    """Since the marks no member was notified of a leave, and none (except one) had to reconnect."""
    for member, mark in marks.items():
        after = [event["event"] for event in member.events()[mark:]]
        assert "member_left" not in after and "gateway_gone" not in after
        assert member is but or not {"reconnecting", "joined"} & set(after)


def marks_of(lab):
    """The current position in each member's log."""
    return {member: member.mark() for member in (lab.alice, lab.bob, lab.gateway)}


WHOLE = 1390  # bytes of a frame's body that just fits one packet of a 1500-byte path


def in_one_packet(lab):
    """True if a frame of Alice's leaves her host in one packet, so her path's MTU has been found."""
    with wire.Tap(lab.nat, "home") as ear, wire.Tap(lab.alice_host, TAP) as alice:
        alice.send(*[wire.ethernet(wire.BROADCAST, alice.mac, 0x88B5, wire.payload("grow", WHOLE))] * 5)
        ear.wait(lambda frame: False, 0.2)
        return sum(len(frame) > WHOLE + 40 for frame in ear.seen) >= 5


@pytest.mark.parametrize("body_bytes", [WHOLE, 1500])
def test_black_hole(lab, measured, body_bytes):
    """A path that starts to drop large packets without any ICMP: large frames flow again."""
    if body_bytes == WHOLE:
        wait_for(lambda: in_one_packet(lab), "path MTU discovery")
    swallowed = lab.proxy.stats()["up"]["too_big"]
    with wire.Tap(lab.alice_host, TAP) as alice, wire.Tap(lab.lan_host, "eth0") as lan, \
            Stream(alice, lan, body_bytes=body_bytes) as up:
        wait_for(lambda: up.received > 100, "the stream to flow")
        start_s = time.monotonic()
        lab.proxy.set(mtu=1300)
        try:
            wait_for(lambda: len(up.since(start_s + 0.2)) > 100, "large frames to flow again", PATIENCE_S * 2)
            measured(f"black hole for packets over 1300 bytes, frames of {body_bytes + 14}", up.gap_ms(start_s))
            assert body_bytes == 1500 or lab.proxy.stats()["up"]["too_big"] > swallowed
        finally:
            lab.proxy.set(mtu=0)


def test_nat_rebinding(lab, measured):
    """The NAT changes the client's port, twice: the session continues."""
    marks = marks_of(lab)
    relay_mark = lab.relay.mark()
    with in_use(lab, lab.alice_host) as use:
        for _ in range(2):
            use.start_s = time.monotonic()
            lab.proxy.rebind()
            lab.relay.wait_event("migrated", after=relay_mark)
            relay_mark = lab.relay.mark()
            use.wait_flow()
            measured("NAT rebinding", use.gap_ms())
    assert_nobody_left(marks)


def test_short_outage(lab, measured):
    """The path is down for 10 s: the TAP and its address stay, no member sees a leave, TCP continues."""
    marks = marks_of(lab)
    with in_use(lab, lab.alice_host) as use:
        lab.proxy.set(away=1)
        addresses = lab.alice_host.addresses(TAP)
        time.sleep(10)  # this is what is tested
        back_s = time.monotonic()
        lab.proxy.set(away=0)
        use.wait_flow()
        assert lab.alice_host.addresses(TAP) == addresses and lab.alice_host.is_up(TAP)
        measured("path away for 10 s: time until frames flow after it is back",
                 (min(use.up.since(back_s)[0][0], use.down.since(back_s)[0][0]) - back_s) * 1000)
    assert_nobody_left(marks, but=lab.alice)


def test_bad_path(lab):
    """Loss, reordering, duplicates, jitter and a slow link: no frame is corrupted or duplicated, TCP works."""
    lab.proxy.set(loss=2, dup=2, reorder=2, reorder_ms=15, delay_ms=10, jitter_ms=5, rate_kbps=20000)
    try:
        with in_use(lab, lab.alice_host):
            assert download(lab, lab.alice_host, 1 << 20, PATIENCE_S * 4)
        assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")
    finally:
        lab.proxy.set(loss=0, dup=0, reorder=0, delay_ms=0, jitter_ms=0, rate_kbps=0)


# Bob's LTE interface, by address family: the address, and commands that set it with its route.
LTE = {"IPv4": ("100.64.3.52/24", "addr replace 100.64.3.52/24 dev lte0",
                "route replace default via 100.64.3.1 dev lte0 metric 5000"),
       "IPv6": ("2001:db8:65::52/64", "addr replace 2001:db8:65::52/64 dev lte0 nodad",
                "route replace ::/0 via 2001:db8:65::1 dev lte0 metric 5000")}


def plug_lte(lab):
    """Bob has an LTE interface, as yet without addresses if it is new."""
    if not lab.bob_host.has("lte0"):
        lab.cable(lab.inet, "bob-lte", lab.bob_host, "lte0")
        lab.inet.ip("addr add 100.64.3.1/24 dev bob-lte", "addr add 2001:db8:65::1/64 dev bob-lte")


def only_eth(lab):
    """Bob has no LTE interface, and uses eth0."""
    if lab.bob_host.has("lte0"):
        lab.bob_host.ip("link set eth0 up", "addr replace 2001:db8:64::52/64 dev eth0 nodad",
                        "route replace default via 100.64.2.1", "route replace ::/0 via 2001:db8:64::1 dev eth0",
                        "link del lte0")
        assert ping(lab.bob_host, party.LAN_HOST, PATIENCE_S * 2)


def only_lte(lab, family):
    """Bob uses LTE, by one address family."""
    plug_lte(lab)
    other, = set(LTE) - {family}
    lab.bob_host.ip(*LTE[family][1:], "link set eth0 down")
    lab.bob_host.ip(f"addr del {LTE[other][0]} dev lte0", check=False)
    assert ping(lab.bob_host, party.LAN_HOST, PATIENCE_S * 2)


def test_interface_changes(lab, measured):
    """From Wi-Fi to LTE: another interface appears, then the old one disappears. The client migrates its connection."""
    only_eth(lab)
    marks = marks_of(lab)
    plug_lte(lab)
    with in_use(lab, lab.bob_host) as use:
        lab.bob_host.ip(*LTE["IPv4"][1:], *LTE["IPv6"][1:])
        use.start_s = time.monotonic()
        lab.bob_host.ip("link set eth0 down")
        use.wait_flow()
        measured("interface gone, another is there", use.gap_ms())
    assert lab.bob.wait_event("path_changed", after=marks[lab.bob])
    assert_nobody_left(marks)


@pytest.mark.parametrize("old, new", [("IPv6", "IPv4"), ("IPv4", "IPv6")], ids=["IPv6 to IPv4", "IPv4 to IPv6"])
def test_address_family_changes(lab, measured, old, new):
    """One address family is lost, the relay's name has an address of the other: the same membership, no member sees a
    leave."""
    only_lte(lab, old)
    lab.bob_host.ip(*LTE[new][1:])
    marks = marks_of(lab)
    peer = lab.bob.events("joined")[-1]["peer"]
    with in_use(lab, lab.bob_host) as use:
        use.start_s = time.monotonic()
        lab.bob_host.ip(f"addr del {LTE[old][0]} dev lte0")
        use.wait_flow()
        measured("another address family", use.gap_ms())
    assert lab.bob.events("joined")[-1]["peer"] == peer
    assert_nobody_left(marks, but=lab.bob)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_relay_restarts(lab, number, measured):
    """The relay ends or is killed, and another starts: members reconnect automatically, with TAP, address and MAC."""
    before = (lab.alice_host.addresses(TAP), lab.alice_host.mac(TAP))
    marks = marks_of(lab)
    with in_use(lab, lab.alice_host, tcp=False) as use:
        old = lab.relay
        if number == signal.SIGKILL:
            old.kill()
        else:
            assert old.stop() == 0
            for member in marks:
                assert "is restarting" in member.wait_event("reconnecting", after=marks[member])["reason"]
        assert lab.alice_host.is_up(TAP) or lab.alice_host.has(TAP)
        lab.start_relay()
        back_s = time.monotonic()
        for member, mark in marks.items():
            member.wait_event("joined", patience_s=PATIENCE_S * 3, after=mark)
        use.wait_flow(PATIENCE_S * 3)
        measured("relay restarted: frames flow after it listens again",
                 (min(use.up.since(back_s)[0][0], use.down.since(back_s)[0][0]) - back_s) * 1000)
    assert (lab.alice_host.addresses(TAP), lab.alice_host.mac(TAP)) == before


def test_same_gateway_comes_back(lab):
    """A gateway that was killed and restarted takes over its membership; its token is readable by its owner only."""
    mac = lab.gateway_host.mac("lan")
    mark, relay_mark = lab.alice.mark(), lab.relay.mark()
    lab.gateway.kill()
    lab.start_gateway()
    lab.relay.wait_event("peer_resumed", after=relay_mark, mac=mac)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert not [event for event in lab.alice.events()[mark:] if event["event"] == "gateway_gone"]
    assert os.stat(lab.path("gateway.state/gateway.json")).st_mode & 0o077 == 0


def test_same_member_comes_back(lab):
    """A client that was killed and restarted takes over its membership: no duplicate_mac, and no member sees it
    twice."""
    mac = lab.bob_host.mac(TAP)
    mark, relay_mark = lab.alice.mark(), lab.relay.mark()
    lab.bob.kill()
    lab.bob = lab.start_client(lab.bob_host, relay="relay.test:443", name="client-bob")
    assert lab.bob_host.mac(TAP) == mac
    assert not lab.bob.events("rejected")
    lab.relay.wait_event("peer_resumed", after=relay_mark, mac=mac)
    assert ping(lab.bob_host, party.LAN_HOST, PATIENCE_S)
    assert not lab.relay.events("peer_left", mac=mac, reason="timeout")
    assert mark <= lab.alice.mark()
