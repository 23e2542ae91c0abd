"""Members that steal the IP addresses of LAN stations and of other members. Each theft succeeds on a relay without the
guard, and does nothing on a relay with its defaults."""

import select
import socket

import pytest
from netlab import dhcp, party, wire
from netlab.daemon import wait_for
from netlab.dhcp import Dnsmasq
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import Ether

from probes import PATIENCE_S, TAP, ping

# The clients' own filter of what the LAN configures is off: these tests are about the relay's.
ACCEPT_ALL = ("--lan-internet", "--lan-dns")
PORT = 7777
DATAGRAMS = 50
LEASED = "10.20.0.150"


@pytest.fixture(scope="module")
def strict(new_party):
    """A party with the relay's defaults."""
    lab = new_party()
    lab.alice, lab.bob = lab.start_all(("--frame-log", "drops"), client_args=ACCEPT_ALL)
    return lab


@pytest.fixture(scope="module")
def loose(new_party):
    """The same party without the guard."""
    lab = new_party()
    lab.alice, lab.bob = lab.start_all(("--no-filter-address-guard",), client_args=ACCEPT_ALL)
    return lab


def neighbour(host, interface, address):
    """The MAC that a host has for an address; None if it has none."""
    found = host.ip_json("neigh", "show", address, "dev", interface)
    return found[0].get("lladdr") if found else None


def announce(thief, address):
    """The thief's kernel uses the address, and announces it: gratuitous ARP, unsolicited neighbour advertisements."""
    if ":" in address:
        thief.ip(f"addr add {address}/64 dev {TAP} nodad")
        with wire.Tap(thief, TAP) as tap:
            tap.send(bytes(Ether(src=tap.mac, dst="33:33:00:00:00:01") / IPv6(src=address, dst="ff02::1", hlim=255)
                           / ICMPv6ND_NA(R=0, S=0, O=1, tgt=address) / ICMPv6NDOptDstLLAddr(lladdr=tap.mac)))
        return
    thief.ip(f"addr add {address}/24 dev {TAP}")
    for mode in ("-U", "-A"):
        thief.run("busybox", "arping", mode, "-c", 1, "-w", 1, "-I", TAP, "-s", address, address, check=False)


def stolen(thief, victim, address):
    """How many of the victim's datagrams to the address arrive at the thief."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with thief.socket(family) as ear, victim.socket(family) as mouth:
        ear.bind((address, PORT))
        for number in range(DATAGRAMS):
            mouth.sendto(b"%d" % number, (address, PORT))
        count = 0
        while count < DATAGRAMS and select.select([ear], [], [], 1)[0]:
            ear.recv(100)
            count += 1
        return count


CASES = {"station": (party.LAN_HOST, "alice", "bob"), "station6": (party.LAN_HOST6, "alice", "bob"),
         "player": (party.ALICE, "bob", "lan"), "player6": (party.ALICE6, "bob", "lan")}


@pytest.mark.parametrize("case", CASES)
def test_address_theft(strict, loose, case):
    """A thief takes the address of a LAN station or of a player: without the guard, it gets everything that the victim
    sends to that address; with it, nothing, and the victim reaches the owner."""
    address, thief_name, victim_name = CASES[case]
    for lab, guarded in ((loose, False), (strict, True)):
        thief = getattr(lab, f"{thief_name}_host")
        victim, interface = (lab.lan_host, "eth0") if victim_name == "lan" else (lab.bob_host, TAP)
        owner = lab.alice_host.mac(TAP) if victim_name == "lan" else lab.lan_host.mac("eth0")
        assert ping(victim, address, PATIENCE_S)
        assert neighbour(victim, interface, address) == owner
        before = len(lab.relay.events("frame", reason="address_theft"))
        announce(thief, address)
        if guarded:
            wait_for(lambda: len(lab.relay.events("frame", reason="address_theft")) > before, "the relay to drop it")
            assert lab.relay.events("address_refused")
            victim.ip(f"neigh flush dev {interface}")
            assert ping(victim, address, PATIENCE_S)
            assert neighbour(victim, interface, address) == owner
        else:
            wait_for(lambda: neighbour(victim, interface, address) == thief.mac(TAP), "the theft")
        assert stolen(thief, victim, address) == (0 if guarded else DATAGRAMS)
        thief.ip(f"addr del {address}/{64 if ':' in address else 24} dev {TAP}")


def test_lease_wins(strict):
    """Alice occupies the address that the LAN's DHCP server then leases to Bob: it is his."""
    announce(strict.alice_host, LEASED)
    assert ping(strict.lan_host, LEASED, PATIENCE_S)
    assert neighbour(strict.lan_host, "eth0", LEASED) == strict.alice_host.mac(TAP)
    server = Dnsmasq(strict, strict.lan_host, "eth0", LEASED, LEASED)
    answer = dhcp.lease(strict, strict.bob_host, TAP)
    assert answer and answer["ip"] == LEASED
    moved = wait_for(lambda: strict.relay.events("address_moved"), "the address to move")
    bob = [event["peer"] for event in strict.relay.events("peer_joined") if event["mac"] == strict.bob_host.mac(TAP)]
    assert moved[0]["address"] == LEASED and moved[0]["owner"].split()[:2] == ["peer", str(bob[-1])]
    strict.lan_host.ip("neigh flush dev eth0")
    assert ping(strict.lan_host, LEASED, PATIENCE_S)
    assert neighbour(strict.lan_host, "eth0", LEASED) == strict.bob_host.mac(TAP)
    strict.alice_host.ip(f"addr del {LEASED}/24 dev {TAP}")
    server.stop()
