"""The gateway's own computer is on the LAN: remote players reach its DHCP server and its game server, and it reaches
them, whether its address is on the captured interface or on a bridge above it."""

import sys

import pytest
from netlab import daemon, dhcp, party

from probes import IMPATIENCE_S, PATIENCE_S, TAP, download, lease, ping, question

BOX = "10.20.0.5"
BOX6 = "fd20::5"
SETUPS = ["interface", "bridge above"]


@pytest.fixture(params=SETUPS)
def box(request, new_party):
    """A party whose gateway's computer is its DHCP and game server; the gateway does not run yet."""
    lab = new_party()
    host, interface = lab.gateway_host, "lan"
    if request.param == "bridge above":
        host.ip("link add br0 type bridge stp_state 0 mcast_snooping 0", "link set br0 up", "link set lan master br0")
        interface = "br0"
    host.ip(f"addr add {BOX}/24 dev {interface}", f"addr add {BOX6}/64 dev {interface} nodad")
    lab.dnsmasq = dhcp.Dnsmasq(lab, host, interface, "10.20.0.100", "10.20.0.199")
    server = daemon.Daemon(lab, host, "box-server", sys.executable, party.SERVICES, "box", interface,
                           party.HTTP_PORT, party.GAME_PORT, 1 << 20)
    server.wait_text("ready")
    lab.start_relay()
    return lab


def links(lab):
    """The interfaces of the gateway's computer."""
    return {line.split(":")[1].split("@")[0].strip()
            for line in lab.gateway_host.run("ip", "-o", "link").stdout.splitlines()}


def check_reach(lab):
    """Everything that a LAN host could do with the box, in both directions."""
    address = lease(lab, lab.alice_host)
    assert address, "no lease from the box's DHCP server"
    assert ping(lab.alice_host, BOX, PATIENCE_S)
    assert ping(lab.gateway_host, address, PATIENCE_S)
    assert ping(lab.alice_host, BOX6, PATIENCE_S)
    assert question(lab, lab.alice_host, "255.255.255.255", PATIENCE_S) == "box is here"
    assert download(lab, lab.alice_host, 1 << 20, PATIENCE_S, BOX)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S), "the rest of the LAN is reachable too"


def test_box(box):
    """Dark without the gateway, lit with it, and nothing is left behind by an end, a kill and a restart."""
    before = links(box)
    box.start_client(box.alice_host, address=False, wait=False)
    assert not ping(box.alice_host, BOX, IMPATIENCE_S)
    gateway = box.start_gateway()
    box.alice_host.ip(f"addr replace {party.ALICE6}/64 dev {TAP} nodad")
    check_reach(box)
    assert links(box) != before
    assert "remote member" not in gateway.output(), "frames that went to the box were taken for a loop"

    gateway.kill()
    assert links(box) == before
    gateway = box.start_gateway()
    check_reach(box)
    gateway.stop()
    assert links(box) == before
