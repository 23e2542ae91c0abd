"""What the LAN may change on a player's computer: it gives an address, and nothing else unless the player accepts it."""

import pytest
from netlab import dhcp, party, wire
from scapy.layers.inet6 import (ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, ICMPv6NDOptRouteInfo,
                                ICMPv6NDOptSrcLLAddr, IPv6)
from scapy.layers.l2 import ARP, Ether

from probes import PATIENCE_S, TAP, ping

ROUTER = "10.20.0.1"
DNS = "10.20.0.53"


@pytest.fixture(scope="module", name="lab")
def make_lab(new_party):
    """A LAN whose DHCP server offers everything; relay and gateway run."""
    lab = new_party()
    lab.dnsmasq = dhcp.Dnsmasq(lab, lab.lan_host, "eth0", "10.20.0.100", "10.20.0.199",
                               f"--dhcp-option=option:router,{ROUTER}", f"--dhcp-option=option:dns-server,{DNS}",
                               f"--dhcp-option=121,0.0.0.0/1,{ROUTER}", "--dhcp-option=252,http://wpad/",
                               "--domain=lan.example")
    lab.start_relay()
    lab.start_gateway()
    return lab


@pytest.mark.parametrize("flags, routes, names", [
    ((), False, False),
    (("--lan-internet",), True, False),
    (("--lan-dns",), False, True),
])
def test_dhcp(lab, tidy, flags, routes, names):
    """A DHCP client that accepts everything gets what the player accepts."""
    client = lab.start_client(lab.alice_host, *flags, address=False, name="lan-config")
    answer = dhcp.lease(lab, lab.alice_host, TAP, tries=8)
    assert answer, "no lease"
    assert answer["mask"] == "24" and answer["serverid"] == party.LAN_HOST
    assert answer["router"] == (ROUTER if routes else "")
    assert answer["dns"] == (DNS if names else "")
    assert answer["domain"] == ("lan.example" if names else "")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert client.events("lan_config_ignored"), "the log does not mention it"
    client.stop()


def test_router_advertisement(lab, tidy):
    """A player takes an IPv6 address from the LAN's router, but no route beyond the LAN."""
    client = lab.start_client(lab.alice_host, address=False, name="lan-config-ra")
    client.wait_joined()
    advertisement = (ICMPv6ND_RA(routerlifetime=1800, prf=1) /
                     ICMPv6NDOptSrcLLAddr(lladdr=lab.lan_host.mac("eth0")) /
                     ICMPv6NDOptPrefixInfo(prefix="fd21::", prefixlen=64) /
                     ICMPv6NDOptRouteInfo(prefix="2001:db8:9::", plen=48, rtlifetime=1800) /
                     ICMPv6NDOptRDNSS(dns=["fd21::53"]))
    with wire.Tap(lab.lan_host, "eth0") as tap:
        frame = Ether(src=tap.mac, dst="33:33:00:00:00:01") / IPv6(src="fe80::1", dst="ff02::1", hlim=255)
        for _ in range(20):
            tap.send(bytes(frame / advertisement))
            if "fd21::" in lab.alice_host.run("ip", "-6", "addr", "show", "dev", TAP).stdout:
                break
            tap.wait(lambda _: False, 0.5)
    routes = lab.alice_host.run("ip", "-6", "route", "show", "dev", TAP).stdout
    assert "fd21::/64" in routes, "the prefix was not accepted"
    assert "default" not in routes and "2001:db8:9::" not in routes
    client.stop()


def test_arp(lab, tidy):
    """The player's computer answers ARP on the LAN for the TAP's address, and not for its home address."""
    client = lab.start_client(lab.alice_host, name="lan-config-arp")
    with wire.Tap(lab.lan_host, "eth0") as tap:
        def answers(address, patience_s):
            request = Ether(src=tap.mac, dst=wire.BROADCAST) / ARP(op=1, hwsrc=tap.mac, psrc=party.LAN_HOST,
                                                                   pdst=address)
            for _ in range(max(1, round(patience_s / 0.5))):
                tap.send(bytes(request))
                if tap.wait(lambda f: ARP in (p := Ether(f)) and p[ARP].op == 2 and p[ARP].psrc == address, 0.5):
                    return True
            return False
        assert answers(party.ALICE, PATIENCE_S)
        assert not answers("192.168.1.50", 1)
    client.stop()
