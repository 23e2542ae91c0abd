"""Ethernet frames, byte for byte, in both directions and between clients."""

import pytest
from netlab import wire

from probes import IMPATIENCE_S, PATIENCE_S, TAP

PLACES = {
    "client to lan": (lambda lab: (lab.alice_host, TAP), lambda lab: (lab.lan_host, "eth0")),
    "lan to client": (lambda lab: (lab.lan_host, "eth0"), lambda lab: (lab.alice_host, TAP)),
    "client to client": (lambda lab: (lab.alice_host, TAP), lambda lab: (lab.bob_host, TAP)),
}


def frames(dst, src):
    """{name: frame} of every kind that occurs in games and LANs."""
    local, out = 0x88B5, {}
    bodies = {"minimum": 46, "of 61": 47, "odd": 777, "of 1400": 1400, "maximum": 1500}
    for name, length in bodies.items():
        out[f"unicast {name}"] = wire.ethernet(dst, src, local, wire.payload(name, length))
        out[f"broadcast {name}"] = wire.ethernet(wire.BROADCAST, src, local, wire.payload(name, length))
        out[f"vlan 42 {name}"] = wire.ethernet(dst, src, local, wire.payload("v" + name, length), tags=[42])
    out["ipv4 multicast mac"] = wire.ethernet("01:00:5e:6f:6f:6f", src, local, wire.payload("m4", 200))
    out["ipv6 multicast mac"] = wire.ethernet("33:33:00:00:00:fb", src, local, wire.payload("m6", 200))
    out["other multicast mac"] = wire.ethernet("03:ab:cd:ef:00:01", src, local, wire.payload("mo", 200))
    out["vlan 0, priority 5"] = wire.ethernet(dst, src, local, wire.payload("v0", 100), tags=[5 << 13])
    out["vlan 4094"] = wire.ethernet(wire.BROADCAST, src, local, wire.payload("v4094", 100), tags=[4094])
    out["two tags, full"] = wire.ethernet(dst, src, local, wire.payload("qinq", 1496), tags=[7, 42])
    out["netbeui"] = wire.ieee8023("03:00:00:00:00:01", src, b"\xf0\xf0\x03" + wire.payload("netbeui", 100))
    out.update(wire.ipx_frames(wire.BROADCAST, src, 60, "broadcast "))
    out.update(wire.ipx_frames(dst, src, 96, "unicast "))
    out.update(wire.ipx_frames(dst, src, 1492, "full "))
    return out


@pytest.mark.parametrize("place", PLACES)
def test_frames(dark, lit, place):
    """Every kind of frame arrives unchanged."""
    arrived = {}
    for lab, patience_s in ((dark, IMPATIENCE_S), (lit, PATIENCE_S)):
        left, right = PLACES[place]
        with wire.Tap(*left(lab)) as sender, wire.Tap(*right(lab)) as receiver:
            sent = frames(receiver.mac, sender.mac)
            assert {len(f) for f in sent.values()} >= {60, 61, 1514, 1518}
            arrived[lab] = wire.carries_all(sender, receiver, sent, patience_s)
    assert not arrived[dark], "frames arrive without the tunnel"
    assert set(sent) - arrived[lit] == set(), "these frames did not arrive byte for byte"


def test_short_frame_is_padded(dark, lit):
    """A frame from the player's system below the minimum length of a wire arrives padded with zeros."""
    for lab, patience_s in ((dark, IMPATIENCE_S), (lit, PATIENCE_S)):
        with wire.Tap(lab.alice_host, TAP) as sender, wire.Tap(lab.lan_host, "eth0") as receiver:
            short = wire.ethernet(receiver.mac, sender.mac, 0x88B5, b"short")[:19]
            assert wire.carries(sender, receiver, short, patience_s, short.ljust(60, b"\0")) == (lab is lit)


def test_never_back(lit):
    """A frame does not return to its sender, and arrives once."""
    with wire.Tap(lit.alice_host, TAP) as alice, wire.Tap(lit.bob_host, TAP) as bob, \
            wire.Tap(lit.lan_host, "eth0") as lan:
        frame = wire.ethernet(wire.BROADCAST, alice.mac, 0x88B5, wire.payload("once", 300))
        last = wire.ethernet(wire.BROADCAST, alice.mac, 0x88B5, wire.payload("last", 300))
        alice.send(frame, last)
        for ear in (bob, lan):
            assert ear.wait(lambda seen: seen == last, PATIENCE_S)
            assert ear.seen.count(frame) == 1
        back = wire.ethernet(wire.BROADCAST, lan.mac, 0x88B5, wire.payload("other", 300))
        lan.send(back)
        for ear in (alice, bob):
            assert ear.wait(lambda seen: seen == back, PATIENCE_S)
        assert frame not in alice.seen and last not in alice.seen


def test_unknown_unicast(lit):
    """A client's frame to an unknown station is sent to the LAN only; the LAN's is dropped."""
    unknown = "02:de:ad:be:ef:77"
    with wire.Tap(lit.alice_host, TAP) as alice, wire.Tap(lit.bob_host, TAP) as bob, \
            wire.Tap(lit.lan_host, "eth0") as lan:
        frame = wire.ethernet(unknown, alice.mac, 0x88B5, wire.payload("unknown", 100))
        assert wire.carries(alice, lan, frame, PATIENCE_S)
        strange = wire.ethernet(unknown, lan.mac, 0x88B5, wire.payload("strange", 100))
        last = wire.ethernet(wire.BROADCAST, lan.mac, 0x88B5, wire.payload("last", 100))
        lan.send(strange, last)
        for ear in (alice, bob):
            assert ear.wait(lambda seen: seen == last, PATIENCE_S)
            assert strange not in ear.seen and frame not in ear.seen
