"""A LAN whose DHCP server sends a default route: the tunnel must not follow it into itself."""

import pytest
from netlab import party

from probes import PATIENCE_S, TAP, download, ping


@pytest.fixture(scope="module")
def lab(new_party):
    """A player whose default route can be overridden by a route of the LAN."""
    made = new_party()
    made.start_servers()
    made.start_relay()
    made.start_gateway()
    made.alice_host.ip("route replace default via 192.168.1.1 metric 100", "route del default metric 0")
    made.alice = made.start_client(made.alice_host)
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    return made


def test_the_tunnel_stays_out_of_itself(lab):
    """The LAN's route takes precedence for everything except the tunnel."""
    lab.alice_host.ip(f"route add default via {party.LAN_HOST} dev {TAP} metric 1")
    try:
        chosen = lab.alice_host.run("ip", "route", "get", party.RELAY).stdout
        assert f"dev {TAP}" in chosen, "the trap is not set: packets to the relay would not enter the tunnel anyway"
        assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
        assert download(lab, lab.alice_host, 4 << 20, PATIENCE_S)
    finally:
        lab.alice_host.ip(f"route del default dev {TAP}")


def test_coming_back_beside_the_tunnels_route(lab):
    """The relay restarts while such a route exists: a new connection does not enter the tunnel either."""
    lab.alice_host.ip(f"route add default via {party.LAN_HOST} dev {TAP} metric 1")
    try:
        mark = lab.alice.mark()
        lab.relay.stop()
        lab.start_relay()
        lab.alice.wait_joined(after=mark)
        lab.gateway.wait_joined(after=0)
        assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    finally:
        lab.alice_host.ip(f"route del default dev {TAP}")
