"""Garbage on the relay's UDP port while others play: no frame is lost."""

import random
import socket
import struct

import pytest
from netlab import party, wire

from probes import PATIENCE_S, TAP, ping


def quic_like(rng):
    """Datagrams that resemble QUIC."""
    def long_header(version, dcid, scid, rest, kind=0):
        return (bytes([0xC0 | kind << 4 | rng.randrange(16)]) + struct.pack("!I", version) + bytes([len(dcid)]) + dcid
                + bytes([len(scid)]) + scid + rest)
    blob = rng.randbytes
    yield from (blob(n) for n in (1, 2, 5, 20, 21, 100, 1199, 1200, 1472))
    yield b"\0" * 1200
    yield b"\xff" * 1200
    for version in (0, 1, 2, 0x1A2A3A4A, 0xFFFFFFFF):
        for kind in range(4):
            yield long_header(version, blob(8), blob(8), blob(1170), kind)
            yield long_header(version, blob(20), blob(20), b"\0" + blob(1150), kind)
            yield long_header(version, b"", b"", blob(1190), kind)
            yield long_header(version, blob(8), blob(8), blob(10), kind)
    yield bytes([0xC0]) + struct.pack("!I", 1) + b"\xff" + blob(1200)            # a connection ID of 255 bytes
    yield bytes([0xC0]) + struct.pack("!I", 1) + b"\x08" + blob(8) + b"\x15" + blob(1200)
    yield long_header(1, blob(8), b"", b"\x00\x7f\xff" + blob(1200))             # a length beyond the datagram
    yield bytes([0x40]) + blob(8) + blob(40)                                     # a short header without a connection
    yield long_header(1, blob(8), blob(8), b"\x40\x10" + blob(16) + b"\x44\x00" + blob(1150))  # an unknown token


@pytest.fixture(scope="module")
def players(lit):
    """The lit party, known to work."""
    assert ping(lit.alice_host, party.LAN_HOST, PATIENCE_S)
    return lit


@pytest.mark.parametrize("relay", [party.RELAY, party.RELAY6], ids=["ipv4", "ipv6"])
def test_garbage(players, relay):
    """5000 datagrams of garbage, and truncated and changed copies of real ones; every frame of the players arrives."""
    lab, rng = players, random.Random(7)
    family = socket.AF_INET6 if ":" in relay else socket.AF_INET
    real = captured(lab) if family == socket.AF_INET else []
    with lab.bob_host.socket(family) as attacker, wire.Tap(lab.alice_host, TAP) as alice, \
            wire.Tap(lab.lan_host, "eth0") as lan:
        sent = 0
        while sent < 5000:
            for number, data in enumerate([*quic_like(rng), *mutations(real, rng)]):
                attacker.sendto(data, (relay, 443))
                sent += 1
                if number % 100 == 0:
                    frame = wire.ethernet(lan.mac, alice.mac, 0x88B5, wire.payload(f"play {sent}", 200))
                    alice.send(frame)
                    assert lan.wait(lambda seen: seen == frame, PATIENCE_S), f"a frame is lost after {sent} datagrams"
    assert lab.relay.running()
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert not lab.relay.events("peer_left")


def captured(lab):
    """Real datagrams of Alice's connection, as the relay's host sees them."""
    with wire.Tap(lab.relay_host, "eth0") as ear:
        ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-c", 5, "-i", "0.02")
        return [frame[42:] for frame in ear.read() if frame[12:14] == b"\x08\x00" and frame[23] == 17][:40]


def mutations(real, rng):
    """Real datagrams: unchanged (from the wrong address), truncated, and with a byte changed."""
    for data in real:
        yield data
        yield data[:rng.randrange(1, len(data) + 1)]
        at = rng.randrange(len(data))
        yield data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def test_hostile_frames(players):
    """Frames that violate every rule, from a player's own system: dropped, and the others play on."""
    lab = players
    with wire.Tap(lab.bob_host, TAP) as bob, wire.Tap(lab.alice_host, TAP) as alice, \
            wire.Tap(lab.lan_host, "eth0") as lan:
        bad = {
            "length 1501": wire.mac_bytes(lan.mac) + wire.mac_bytes(bob.mac) + b"\x05\xdd" + wire.payload("len", 200),
            "length beyond": wire.mac_bytes(lan.mac) + wire.mac_bytes(bob.mac) + b"\x01\x00" + wire.payload("lb", 60),
            "not mine": wire.ethernet(lan.mac, "02:00:00:00:00:99", 0x88B5, wire.payload("spoof", 100)),
            "group source": wire.ethernet(lan.mac, "03:00:00:00:00:99", 0x88B5, wire.payload("group", 100)),
            "zero source": wire.ethernet(lan.mac, "00:00:00:00:00:00", 0x88B5, wire.payload("zero", 100)),
            "alice's": wire.ethernet(lan.mac, alice.mac, 0x88B5, wire.payload("alice", 100)),
            "three tags": wire.ethernet(lan.mac, bob.mac, 0x88B5, wire.payload("tags", 100), tags=[1, 2, 3]),
        }
        bob.send(*bad.values())
        good = wire.ethernet(lan.mac, bob.mac, 0x88B5, wire.payload("good", 100))
        assert wire.carries(bob, lan, good, PATIENCE_S)
        assert [name for name, frame in bad.items() if frame in lan.seen or frame in alice.seen] == []
    assert ping(lab.lan_host, party.ALICE, PATIENCE_S)
