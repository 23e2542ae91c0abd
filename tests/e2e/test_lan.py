"""A remote player on the party's LAN: LAN protocols work through the tunnel, in both directions."""

import socket

import pytest
from netlab import party, wire
from scapy.layers.l2 import ARP, Ether
from scapy.layers.inet6 import ICMPv6NDOptSrcLLAddr, ICMPv6ND_NS, IPv6

from probes import TAP, both, download, lan_says, lease, listener, ping, question


def test_ping(dark, lit):
    """IPv4, in both directions."""
    both(lambda lab, s: ping(lab.alice_host, party.LAN_HOST, s), dark, lit)
    both(lambda lab, s: ping(lab.lan_host, party.ALICE, s), dark, lit)


def test_full_ping(dark, lit):
    """1500 bytes of IP with the DF bit, in both directions."""
    full = ("-s", 1472, "-M", "do")
    both(lambda lab, s: ping(lab.alice_host, party.LAN_HOST, s, *full), dark, lit)
    both(lambda lab, s: ping(lab.lan_host, party.ALICE, s, *full), dark, lit)


def arp(lab, patience_s):
    """The MAC in the reply to an ARP request for the LAN host, byte for byte."""
    with wire.Tap(lab.alice_host, TAP) as ear:
        request = Ether(src=ear.mac, dst=wire.BROADCAST) / ARP(op=1, hwsrc=ear.mac, psrc=party.ALICE,
                                                               pdst=party.LAN_HOST)

        def reply(frame):
            packet = Ether(frame)
            return ARP in packet and packet[ARP].op == 2 and packet[ARP].psrc == party.LAN_HOST
        for _ in range(max(1, round(patience_s / 0.5))):
            ear.send(bytes(request))
            if found := ear.wait(reply, min(patience_s, 0.5)):
                return Ether(found)[ARP].hwsrc
    return None


def test_arp(dark, lit):
    """The reply contains the LAN host's real MAC."""
    assert both(arp, dark, lit) == lit.lan_host.mac("eth0")


def test_dhcp(dark, lit):
    """The LAN's own DHCP server gives the player an address, and records the lease."""
    address = both(lambda lab, s: lease(lab, lab.alice_host, patience_s=s), dark, lit)
    assert lit.dnsmasq.leases()[lit.alice_host.mac(TAP)] == address
    assert ping(lit.lan_host, address, 10)


def test_download(dark, lit):
    """TCP, 8 MB with checksum; over IPv4 and IPv6."""
    both(lambda lab, s: download(lab, lab.alice_host, 8 << 20, s), dark, lit)
    both(lambda lab, s: download(lab, lab.alice_host, 1 << 20, s, party.LAN_HOST6), dark, lit)


def upload(lab, patience_s):
    """TCP from the LAN host to a server at the player's end."""
    try:
        with lab.alice_host.inside():
            server = socket.create_server((party.ALICE, 7777))
        with server, lab.connect(lab.lan_host, party.ALICE, 7777, patience_s) as sock:
            peer, _ = server.accept()
            with peer:
                data = bytes(range(256)) * 1024
                sock.sendall(data[:1 << 16])
                got = b""
                while len(got) < 1 << 16:
                    got += peer.recv(1 << 16)
                return got == data[:1 << 16]
    except OSError:
        return False


def test_server_at_the_player(dark, lit):
    """The player hosts a game: TCP from the LAN to the remote player."""
    both(upload, dark, lit)


def test_broadcast_to_lan(dark, lit):
    """The player's broadcast finds the LAN's server."""
    assert both(lambda lab, s: question(lab, lab.alice_host, "255.255.255.255", s), dark, lit) == "lanhost is here"


@pytest.mark.parametrize("group", [None, "239.77.77.77"], ids=["broadcast", "multicast"])
def test_from_lan(dark, lit, group):
    """A broadcast and a multicast from the LAN reach the player."""
    def heard(lab, patience_s):
        with listener(lab.alice_host, party.GAME_PORT + 1, group=group) as sock:
            return lan_says(lab, lab.alice_host, "lanhost shouts", sock, patience_s)
    both(heard, dark, lit)


def test_multicast_to_lan(dark, lit):
    """The player's multicast finds the LAN's server."""
    assert both(lambda lab, s: question(lab, lab.alice_host, "239.77.77.77", s), dark, lit) == "lanhost is here"


def solicit(lab, patience_s):
    """The MAC in the reply to an IPv6 neighbour solicitation for the LAN host."""
    with wire.Tap(lab.alice_host, TAP) as ear:
        request = (Ether(src=ear.mac, dst="33:33:ff:00:00:10") / IPv6(src=party.ALICE6, dst="ff02::1:ff00:10", hlim=255)
                   / ICMPv6ND_NS(tgt=party.LAN_HOST6) / ICMPv6NDOptSrcLLAddr(lladdr=ear.mac))
        want = lab.lan_host.mac("eth0")

        def advert(frame):
            return frame[12:14] == b"\x86\xdd" and frame[54] == 136 and frame[6:12] == wire.mac_bytes(want)
        for _ in range(max(1, round(patience_s / 0.5))):
            ear.send(bytes(request))
            if ear.wait(advert, min(patience_s, 0.5)):
                return want
    return None


def test_neighbour_discovery(dark, lit):
    """IPv6 neighbour discovery."""
    both(solicit, dark, lit)


def test_ping6(dark, lit):
    """IPv6, small and full size, in both directions."""
    both(lambda lab, s: ping(lab.alice_host, party.LAN_HOST6, s), dark, lit)
    both(lambda lab, s: ping(lab.alice_host, party.LAN_HOST6, s, "-s", 1452, "-M", "do"), dark, lit)
    both(lambda lab, s: ping(lab.lan_host, party.ALICE6, s), dark, lit)


def test_two_clients_and_the_lan(dark, lit):
    """Two players and the LAN: all reach one another, client to client too."""
    both(lambda lab, s: ping(lab.alice_host, party.BOB, s), dark, lit)
    both(lambda lab, s: ping(lab.bob_host, party.ALICE, s, "-s", 1472, "-M", "do"), dark, lit)
    both(lambda lab, s: ping(lab.bob_host, party.LAN_HOST, s), dark, lit)
    both(lambda lab, s: ping(lab.bob_host, party.ALICE6, s), dark, lit)
