"""1500 bytes on every path, whatever the underlay's MTU, and when it decreases."""

import threading
import time

import pytest
from netlab import party, wire
from netlab.daemon import wait_for
from netlab.stream import Stream
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether

from probes import PATIENCE_S, TAP, download, ping

MTUS = (1280, 1400, 1492, 1500, 9000)


@pytest.fixture(scope="module", params=MTUS)
def narrow(request, new_party):
    """A party whose player Alice has an access link with that MTU (9000: all have)."""
    mtu = request.param
    lab = new_party(mtu=max(1500, mtu), alice_mtu=mtu)
    lab.start_servers()
    lab.alice, lab.bob = lab.start_all()
    return lab


def full_frames(dst, src):
    """{name: frame}: the largest frames of each kind."""
    eth = Ether(src=src, dst=dst)
    four, six = IP(src="10.20.0.1", dst="10.20.0.2"), IPv6(src="fd20::1", dst="fd20::2")
    out = {
        "udp 1500": eth / four / UDP(sport=7, dport=7) / wire.payload("udp", 1472),
        "udp 1500 to all": Ether(src=src, dst=wire.BROADCAST) / four / UDP(sport=7, dport=7) / wire.payload("b", 1472),
        "ipv6 1280": eth / six / UDP(sport=7, dport=7) / wire.payload("six", 1232),
        "ipv6 1500": eth / six / UDP(sport=7, dport=7) / wire.payload("six", 1452),
        "802.1q 1518": eth / Dot1Q(vlan=42) / four / UDP(sport=7, dport=7) / wire.payload("vlan", 1472),
    }
    frames = {name: bytes(packet) for name, packet in out.items()}
    frames["ipx 1500"] = wire.ethernet(dst, src, 0x8137, wire.ipx_packet(1500, "ipx"))
    for length in (1100, 1150, 1182, 1183, 1302, 1394, 1402, 1403, 1422, 1423, 1440, 1499):
        frames[f"of {length}"] = wire.ethernet(dst, src, 0x88B5, wire.payload(f"{length}", length))
    assert len(frames["802.1q 1518"]) == 1518 and len(frames["ipx 1500"]) == len(frames["udp 1500"]) == 1514
    return frames


def test_full_frames(narrow):
    """Every full-size frame arrives byte for byte, to the LAN, from the LAN, between clients."""
    ends = {"alice": (narrow.alice_host, TAP), "bob": (narrow.bob_host, TAP), "lan": (narrow.lan_host, "eth0")}
    for left, right in (("alice", "lan"), ("lan", "alice"), ("alice", "bob"), ("bob", "alice")):
        with wire.Tap(*ends[left]) as sender, wire.Tap(*ends[right]) as receiver:
            frames = full_frames(receiver.mac, sender.mac)
            missing = set(frames) - wire.carries_all(sender, receiver, frames, PATIENCE_S)
            assert not missing, f"{left} to {right}"


def test_full_ip(narrow):
    """The systems' own IP: full-size pings of both families, TCP."""
    assert narrow.alice_host.ip_json("link", "show", "dev", TAP)[0]["mtu"] == 1500
    assert ping(narrow.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")
    assert ping(narrow.alice_host, party.LAN_HOST6, PATIENCE_S, "-s", 1452, "-M", "do")
    assert download(narrow, narrow.alice_host, 2 << 20, PATIENCE_S)
    assert download(narrow, narrow.alice_host, 2 << 20, PATIENCE_S, party.LAN_HOST6)


def test_path_shrinks(new_party, measured):
    """The underlay's MTU falls from 1500 to 1280 during a download and streams of large UDP frames: one that just
    fitted a packet, one in fragments."""
    lab = new_party()
    lab.start_servers()
    lab.start_relay()
    lab.start_gateway()
    lab.alice_host.ethtool("eth0", "tx-udp-segmentation", "off")  # so that single packets are visible
    lab.start_client(lab.alice_host)
    results = []
    with wire.Tap(lab.alice_host, TAP) as alice, wire.Tap(lab.lan_host, "eth0") as lan, \
            wire.Tap(lab.lan_host, "eth0") as lan2, wire.Tap(lab.nat, "home") as ear:
        with Stream(alice, lan, body_bytes=1390, kind=0x88B6) as whole, Stream(alice, lan2) as full:
            wait_for(lambda: whole.received > 100 and full.received > 100, "the streams to flow")
            wait_for(lambda: [frame for frame in ear.read() if len(frame) > 1430], "path MTU discovery")
            loader = threading.Thread(target=lambda: results.append(slow_download(lab, PATIENCE_S * 4)))
            loader.start()
            before = full.received
            wait_for(lambda: full.received > before + 50, "the stream to flow beside the download")
            shrunk_s = time.monotonic()
            lab.inet.ip("link set nat mtu 1280")
            lab.nat.ip("link set wan mtu 1280")
            for stream, name in ((whole, "1404"), (full, "1514")):
                wait_for(lambda: len(stream.since(shrunk_s + 0.2)) > 100, "the streams to flow again", PATIENCE_S * 2)
                measured(f"path MTU 1500 to 1280, frames of {name}: longest time without one", stream.gap_ms(shrunk_s))
                assert stream.gap_ms(shrunk_s) < PATIENCE_S * 1000
            loader.join()
        assert (whole.corrupted, whole.duplicates, full.corrupted, full.duplicates) == (0, 0, 0, 0)
    assert results == [True]
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")
    assert ping(lab.lan_host, party.ALICE, PATIENCE_S, "-s", 1472, "-M", "do")


def slow_download(lab, patience_s):
    """Consecutive downloads for some seconds; True if all were right."""
    end = time.monotonic() + 3
    good = True
    while time.monotonic() < end and good:
        good = download(lab, lab.alice_host, 4 << 20, patience_s)
    return good
