"""A LAN whose MTU is larger than the room's: a sender of large packets learns the MTU, instead of losing them silently."""

import pytest
from netlab import party

from probes import PATIENCE_S, ping

JUMBO = 9000


@pytest.mark.parametrize("address, gateway_sends", [(party.ALICE, False), (party.ALICE6, False), (party.ALICE, True)],
                         ids=["IPv4", "IPv6", "from the gateway's computer"])
def test_too_big(fresh_party, address, gateway_sends):
    """A packet of 4000 bytes with DF: the sender learns the room's MTU, and its next packets fit."""
    lab = fresh_party()
    lab.start_servers()
    for host, interfaces in ((lab.lan_host, ["eth0"]), (lab.switch_host, ["p1", "p2", "br0"]), (lab.gateway_host, ["lan"])):
        host.ip(*(f"link set {interface} mtu {JUMBO}" for interface in interfaces))
    lab.start_relay()
    lab.gateway_host.ip("addr add 10.20.0.77/24 dev lan")
    gateway = lab.start_gateway()
    gateway.wait_event("warned")
    lab.start_client(lab.alice_host)
    sender = lab.gateway_host if gateway_sends else lab.lan_host
    assert ping(sender, address, PATIENCE_S)
    large = sender.run("ping", "-n", "-c", 2, "-i", 0.3, "-W", 1, "-M", "do", "-s", 4000, address, check=False).stdout
    assert "mtu = 1500" in large or "mtu=1500" in large, large
    route = sender.run("ip", "route", "get", address).stdout
    assert "mtu 1500" in route, route
    assert ping(sender, address, PATIENCE_S, "-s", 4000), "in fragments"
