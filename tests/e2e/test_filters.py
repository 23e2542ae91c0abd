"""Layer 2 filters at the relay, with real tools and with the evasions that the standards describe."""

import socket

import pytest
from netlab import dhcp, party, wire
from netlab.daemon import wait_for
from netlab.dhcp import Dnsmasq
from scapy.config import conf
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DHCP6_Advertise, DHCP6_RelayReply, DHCP6_Reply
from scapy.layers.inet import IP, IPOption, UDP, fragment
from scapy.layers.inet6 import (ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6NDOptPrefixInfo, IPv6, IPv6ExtHdrDestOpt,
                                IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, fragment6)
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1Q, Ether

from probes import IMPATIENCE_S, PATIENCE_S, TAP

conf.verb = 0
FILTERS = ("address-guard", "rogue-dhcp", "rogue-ra", "switch-control", "routing", "multicast-query", "access-control",
           "dhcp-source")
# The clients' own filter of what the LAN configures is off: these tests are about the relay's filters.
ACCEPT_ALL = ("--lan-internet", "--lan-dns")


@pytest.fixture(scope="module")
def strict(new_party):
    """A party with default filters; dropped frames are logged. The LAN has no DHCP server."""
    lab = new_party()
    lab.alice, lab.bob = lab.start_all(("--frame-log", "drops", "--limit-broadcast", "off", "--limit-reserve", "off"),
                                         client_args=ACCEPT_ALL)
    return lab


@pytest.fixture(scope="module")
def loose(new_party):
    """The same party with the filters disabled: frames that are dropped there pass here, so they are valid."""
    lab = new_party()
    off = [f"--no-filter-{name}" for name in FILTERS]
    lab.alice, lab.bob = lab.start_all((*off, "--limit-broadcast", "off", "--limit-reserve", "off"),
                                         client_args=ACCEPT_ALL)
    return lab


def drops(lab, reason):
    """Frames that the relay dropped and logged for that reason."""
    return lab.relay.events("frame", reason=reason)


def test_second_dhcp_server(strict, loose):
    """A second dnsmasq, at a client: no host on the LAN gets an address from it."""
    for lab, expected in ((loose, True), (strict, False)):
        rogue = Dnsmasq(lab, lab.alice_host, TAP, "10.20.0.200", "10.20.0.220", name="rogue")
        tries, pause_s = (8, 2) if expected else (1, 1)
        answer = dhcp.lease(lab, lab.lan_host, "eth0", tries, pause_s)
        assert (answer is not None) == expected
        rogue.stop()
    assert drops(strict, "rogue_dhcp")


def test_second_router(strict, loose):
    """Router advertisements from a dnsmasq at a client: no host on the LAN receives them."""
    for lab, expected in ((loose, True), (strict, False)):
        lab.alice_host.ip("addr add fd99::1/64 dev lan0 nodad")
        rogue = dhcp.Daemon(lab, lab.alice_host, "radvd", "/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null",
                            "--port=0", "--enable-ra", f"--interface={TAP}", "--bind-interfaces", "--pid-file=",
                            "--dhcp-range=fd99::,ra-only", f"--dhcp-leasefile={lab.path('radvd.leases')}")
        rogue.wait_text("router advertisement")
        with wire.Tap(lab.lan_host, "eth0") as ear:
            heard = solicited(lab, ear, PATIENCE_S if expected else 1.0)
        assert heard == expected
        rogue.stop()
    assert drops(strict, "rogue_ra")


def solicited(lab, ear, patience_s):
    """Sends router solicitations until a router replies."""
    with lab.lan_host.inside():
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        with lab.lan_host.inside():
            index = socket.if_nametoindex("eth0")

        def answered():
            sock.sendto(bytes([133, 0, 0, 0, 0, 0, 0, 0]), ("ff02::2", 0, 0, index))
            return ear.wait(lambda frame: frame[12:14] == b"\x86\xdd" and frame[54:55] == b"\x86", 0.5)
        try:
            return bool(wait_for(answered, "a router", patience_s))
        except TimeoutError:
            return False


def test_spanning_tree(strict):
    """Bridges with STP at the client and at the LAN: no BPDU crosses, in either direction."""
    def bpdu(frame):
        return frame[:6] == bytes.fromhex("0180c2000000")
    with wire.Tap(strict.lan_host, "eth0") as lan, wire.Tap(strict.alice_host, TAP) as alice, \
            wire.Tap(strict.bob_host, TAP) as bob:
        strict.switch_host.ip("link set br0 type bridge stp_state 1 hello_time 100 forward_delay 200")
        strict.alice_host.ip("link add br1 type bridge stp_state 1 hello_time 100 forward_delay 200",
                             f"link set br1 address {alice.mac}", f"link set {TAP} master br1", "link set br1 up")
        try:
            # The LAN host receives its own switch's BPDUs; the relay drops those of Alice's bridge.
            assert lan.wait(bpdu, PATIENCE_S), "the switch sends no BPDU: this proves nothing"
            wait_for(lambda: drops(strict, "switch_control"), "the relay to drop a BPDU")
            ports = {frame[6:12] for frame in lan.seen if bpdu(frame)}
            assert wire.mac_bytes(alice.mac) not in ports
            alice.read()
            bob.read()
            assert not [frame for frame in alice.seen + bob.seen if bpdu(frame)]
        finally:
            strict.alice_host.ip("link del br1")
            strict.switch_host.ip("link set br0 type bridge stp_state 0")


def server_messages(src):
    """DHCP servers' messages, plain and disguised: {name: frame}."""
    offer = BOOTP(op=2, yiaddr="10.20.0.66", chaddr=b"\2" * 6) / DHCP(options=[("message-type", "offer"), "end"])
    udp = UDP(sport=67, dport=68)
    ip = IP(src="10.20.0.9", dst="255.255.255.255")
    eth = Ether(src=src, dst=wire.BROADCAST)
    options = IP(src="10.20.0.9", dst="255.255.255.255", options=[IPOption(b"\x01\x01\x01\x01")])
    snap = LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0800)
    six = IPv6(src="fe80::66", dst="ff02::1")
    out = {
        "offer": eth / ip / udp / offer,
        "offer in a vlan": eth / Dot1Q(vlan=5) / ip / udp / offer,
        "offer in vlan 0": eth / Dot1Q(vlan=0) / ip / udp / offer,
        "offer in two vlans": eth / Dot1Q(vlan=5) / Dot1Q(vlan=0) / ip / udp / offer,
        "offer behind options": eth / options / udp / offer,
        "offer from another port": eth / ip / UDP(sport=6767, dport=68) / offer,
        "dhcpv6 advertise": eth / six / UDP(sport=547, dport=546) / DHCP6_Advertise(),
        "dhcpv6 reply from another port": eth / six / UDP(sport=5470, dport=546) / DHCP6_Reply(),
        "dhcpv6 behind hop-by-hop": eth / six / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)])
                                    / UDP(sport=547, dport=546) / DHCP6_Advertise(),
        "dhcpv6 relay-reply": eth / six / UDP(sport=547, dport=547) / DHCP6_RelayReply(),
    }
    frames = {name: bytes(packet) for name, packet in out.items()}
    body = bytes(ip / udp / offer)
    frames["offer in snap"] = wire.ieee8023(wire.BROADCAST, src, bytes(snap) + body)
    for number, piece in enumerate(fragment(ip / udp / offer, fragsize=8)[:1]):
        frames[f"offer, tiny fragment {number}"] = bytes(eth / piece)
    return frames


def router_messages(src):
    """Router advertisements and redirects, plain and disguised (RFC 7113)."""
    ra = ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptPrefixInfo(prefix="fd66::", prefixlen=64)
    six = IPv6(src="fe80::66", dst="ff02::1", hlim=255)
    eth = Ether(src=src, dst="33:33:00:00:00:01")
    pad = [PadN(optdata=b"\0" * 4)]
    fragments = fragment6(six / IPv6ExtHdrFragment(id=7) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 100)] * 12)
                          / ra, 1280)
    out = {
        "ra": eth / six / ra,
        "ra in a vlan": eth / Dot1Q(vlan=5) / six / ra,
        "ra in vlan 0": eth / Dot1Q(vlan=0, prio=7) / six / ra,
        "ra behind hop-by-hop": eth / six / IPv6ExtHdrHopByHop(options=pad) / ra,
        "ra behind destination options": eth / six / IPv6ExtHdrDestOpt(options=pad) / ra,
        "ra behind three headers": eth / six / IPv6ExtHdrHopByHop(options=pad) / IPv6ExtHdrDestOpt(options=pad)
                                   / IPv6ExtHdrRouting() / ra,
        "ra in an atomic fragment": eth / six / IPv6ExtHdrFragment(id=9, offset=0, m=0) / ra,
        "ra to a station": Ether(src=src, dst=wire.BROADCAST) / six / ra,
        "redirect": eth / six / ICMPv6ND_Redirect(tgt="fe80::66", dst="2001:db8::1"),
    }
    frames = {name: bytes(packet) for name, packet in out.items()}
    if len(fragments) > 1:
        frames["ra in fragments, the first"] = bytes(eth / fragments[0])
    snap = bytes(LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x86DD))
    frames["ra in snap"] = wire.ieee8023("33:33:00:00:00:01", src, snap + bytes(six / ra))
    return frames


@pytest.mark.parametrize("make, reason", [(server_messages, "rogue_dhcp"), (router_messages, "rogue_ra")],
                         ids=["dhcp", "router"])
def test_evasions(strict, loose, make, reason):
    """Each disguise passes with the filter disabled and is dropped with it enabled; the gateway may send all of
    them."""
    for lab, expected in ((loose, True), (strict, False)):
        with wire.Tap(lab.alice_host, TAP) as alice, wire.Tap(lab.lan_host, "eth0") as lan:
            frames = {name: frame.ljust(60, b"\0") for name, frame in make(alice.mac).items()}
            before = len(drops(lab, reason))
            arrived = wire.carries_all(alice, lan, frames, PATIENCE_S if expected else IMPATIENCE_S)
            assert arrived == (set(frames) if expected else set())
            if not expected:
                wait_for(lambda: len(drops(lab, reason)) >= before + 1, "the relay to log a drop")
            legal = {name: frame.ljust(60, b"\0") for name, frame in make(lan.mac).items()}
            assert wire.carries_all(lan, alice, legal, PATIENCE_S) == set(legal)


def control_frames(src):
    """Switch control protocols: {name: frame}."""
    groups = {"pause": ("01:80:c2:00:00:01", 0x8808), "lacp": ("01:80:c2:00:00:02", 0x8809),
              "802.1x": ("01:80:c2:00:00:03", 0x888E), "lldp": ("01:80:c2:00:00:0e", 0x88CC),
              "gvrp": ("01:80:c2:00:00:21", 0x88F5), "cfm": ("01:80:c2:00:00:30", 0x8902)}
    out = {name: wire.ethernet(dst, src, kind, wire.payload(name, 60)) for name, (dst, kind) in groups.items()}
    bpdu = b"\x42\x42\x03" + bytes(35)
    out["stp"] = wire.ieee8023("01:80:c2:00:00:00", src, bpdu)
    out["stp to everybody"] = wire.ieee8023(wire.BROADCAST, src, bpdu)
    out["pvst+"] = wire.ieee8023("01:00:0c:cc:cc:cd", src, b"\xaa\xaa\x03\x00\x00\x0c\x01\x0b" + bytes(35))
    out["cdp"] = wire.ieee8023("01:00:0c:cc:cc:cc", src, b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + bytes(35))
    return out


@pytest.mark.parametrize("direction", ["from a client", "from the lan"])
def test_switch_control(strict, direction):
    """Switch control crosses in neither direction."""
    with wire.Tap(strict.alice_host, TAP) as alice, wire.Tap(strict.lan_host, "eth0") as lan:
        sender, receiver = (alice, lan) if direction == "from a client" else (lan, alice)
        good = {"good": wire.ethernet(wire.BROADCAST, sender.mac, 0x88B5, wire.payload("good", 60))}
        assert wire.carries_all(sender, receiver, {**control_frames(sender.mac)}, IMPATIENCE_S) == set()
        assert wire.carries_all(sender, receiver, good, PATIENCE_S) == {"good"}


def test_spoofed_source(strict):
    """A client sends from its own MAC only, and a LAN station cannot take over a client's."""
    with wire.Tap(strict.alice_host, TAP) as alice, wire.Tap(strict.lan_host, "eth0") as lan, \
            wire.Tap(strict.bob_host, TAP) as bob:
        spoof = wire.ethernet(lan.mac, "02:00:00:00:00:77", 0x88B5, wire.payload("spoof", 100))
        assert not wire.carries(alice, lan, spoof, IMPATIENCE_S)
        theft = wire.ethernet(wire.BROADCAST, alice.mac, 0x88B5, wire.payload("theft", 100))
        assert not wire.carries(lan, bob, theft, IMPATIENCE_S)
        mine = wire.ethernet(alice.mac, bob.mac, 0x88B5, wire.payload("mine", 100))
        assert wire.carries(bob, alice, mine, PATIENCE_S)


def test_isolation(new_party):
    """--filter-isolation: clients do not reach each other."""
    lab = new_party()
    lab.alice, lab.bob = lab.start_all(("--filter-isolation",))
    with wire.Tap(lab.alice_host, TAP) as alice, wire.Tap(lab.lan_host, "eth0") as lan, \
            wire.Tap(lab.bob_host, TAP) as bob:
        assert wire.carries(alice, lan, wire.ethernet(wire.BROADCAST, alice.mac, 0x88B5, b"up"), PATIENCE_S)
        for target in (bob.mac, wire.BROADCAST):
            frame = wire.ethernet(target, alice.mac, 0x88B5, wire.payload("isolated", 100))
            assert not wire.carries(alice, bob, frame, IMPATIENCE_S)
        assert wire.carries(lan, bob, wire.ethernet(bob.mac, lan.mac, 0x88B5, wire.payload("lan", 100)), PATIENCE_S)


def test_chatter_leaves_room(new_party):
    """A client that floods mDNS loses no ARP and no game broadcast, and receives the drop counters."""
    lab = new_party()
    lab.start_relay()
    lab.start_gateway()
    lab.start_client(lab.alice_host)
    with wire.Tap(lab.alice_host, TAP) as alice, wire.Tap(lab.lan_host, "eth0") as lan:
        assert wire.carries(alice, lan, wire.ethernet(wire.BROADCAST, alice.mac, 0x88B5, b"up"), PATIENCE_S)
        chatter = bytes(Ether(src=alice.mac, dst="01:00:5e:00:00:fb") / IP(src=party.ALICE, dst="224.0.0.251", ttl=255)
                        / UDP(sport=5353, dport=5353) / wire.payload("mdns", 100))
        sent = {}
        for number in range(40):
            alice.send(*[chatter] * 50)
            sent[f"arp {number}"] = bytes(Ether(src=alice.mac, dst=wire.BROADCAST) / ARP(
                hwsrc=alice.mac, psrc=party.ALICE, pdst=f"10.20.0.{number}")).ljust(60, b"\0")
            sent[f"game {number}"] = bytes(Ether(src=alice.mac, dst=wire.BROADCAST) / IP(
                src=party.ALICE, dst="255.255.255.255") / UDP(sport=27015, dport=27015)
                / wire.payload(f"game {number}", 60))
            alice.send(sent[f"arp {number}"], sent[f"game {number}"])
            lan.read()
        wait_for(lambda: lan.read() is not None and set(sent.values()) <= set(lan.seen), "every ARP and game frame",
                 PATIENCE_S)
        assert 0 < lan.seen.count(chatter) < 40 * 50
