"""The gateway's wired interface: offloads on and off, and the tunnel over the captured interface itself."""

import pytest
from netlab import party
from netlab.lab import Lab
from netlab.programs import Client, Gateway, Relay

from probes import IMPATIENCE_S, PATIENCE_S, TAP, download, lease, ping, question

# Offloads of a LAN host's network card: none, checksums, checksums and segmentation.
OFFLOADS = {
    "none": ("tx", "off", "tso", "off", "gso", "off", "gro", "off"),
    "checksums": ("tx", "on", "tso", "off", "gso", "off", "gro", "off"),
    "segmentation": ("tx", "on", "tso", "on", "gso", "on", "gro", "off"),
    "segmentation and gro": ("tx", "on", "tso", "on", "gso", "on", "gro", "on"),
}


@pytest.mark.parametrize("offload", OFFLOADS)
def test_offloads(dark, lit, offload):
    """A LAN host with its offloads on or off: DHCP, UDP and TCP in both directions work."""
    for host, interface in ((lit.lan_host, "eth0"), (lit.gateway_host, "lan"), (lit.switch_host, "p1"),
                            (lit.switch_host, "p2")):
        host.ethtool(interface, *OFFLOADS[offload])
    assert not download(dark, dark.alice_host, 1 << 20, IMPATIENCE_S)
    assert lease(lit, lit.alice_host)
    assert question(lit, lit.alice_host, "255.255.255.255", PATIENCE_S) == "lanhost is here"
    assert ping(lit.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")
    assert download(lit, lit.alice_host, 4 << 20, PATIENCE_S)
    assert download(lit, lit.alice_host, 4 << 20, PATIENCE_S, party.LAN_HOST6)
    assert big_question(lit)


def big_question(lab):
    """A UDP datagram of 4000 bytes, in IP fragments, to the LAN host and back."""
    with lab.alice_host.socket() as player, lab.lan_host.socket() as host:
        host.bind((party.LAN_HOST, 9999))
        host.settimeout(PATIENCE_S)
        player.settimeout(PATIENCE_S)
        data = bytes(range(250)) * 16
        player.sendto(data, (party.LAN_HOST, 9999))
        got, sender = host.recvfrom(65536)
        host.sendto(got[::-1], sender)
        return got == data and player.recv(65536) == data[::-1]


@pytest.fixture(scope="module")
def one_legged(_session):
    """A LAN whose gateway has one cable only: it captures the interface that carries its own tunnel.

        host ── switch ── gateway
                  └────── router ── relay, and a player
    """
    lab = Lab("one")
    _session.labs.append(lab)
    switch, router = lab.switch("switch"), lab.router("router")
    lab.lan_host, lab.gateway_host, lab.relay_host, lab.alice_host = map(lab.host, ("lanhost", "gateway", "relay",
                                                                                    "alice"))
    for host, interface in ((lab.lan_host, "eth0"), (lab.gateway_host, "eth0"), (router, "lan")):
        lab.port(switch, host, interface)
    lab.cable(router, "relay", lab.relay_host, "eth0")
    lab.cable(router, "alice", lab.alice_host, "eth0")
    router.ip("addr add 10.20.0.1/24 dev lan", "addr add 203.0.113.1/24 dev relay", "addr add 100.64.1.1/24 dev alice")
    lab.lan_host.ip(f"addr add {party.LAN_HOST}/24 dev eth0")
    lab.gateway_host.ip("addr add 10.20.0.5/24 dev eth0", "route add default via 10.20.0.1")
    lab.relay_host.ip(f"addr add {party.RELAY}/24 dev eth0", "route add default via 203.0.113.1")
    lab.alice_host.ip("addr add 100.64.1.51/24 dev eth0", "route add default via 100.64.1.1")
    relay = Relay(lab, lab.relay_host)
    lab.gateway = Gateway(lab, lab.gateway_host, party.RELAY + ":443", relay.cert, interface="eth0")
    lab.alice = Client(lab, lab.alice_host, party.RELAY + ":443", relay.cert)
    lab.alice_host.ip(f"addr add {party.ALICE}/24 dev {TAP}")
    yield lab
    _session.close(lab)


def test_one_legged_gateway(one_legged):
    """The LAN is reachable, and the tunnel does not carry itself."""
    lab = one_legged
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")

    before = traffic(lab)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-c", 20, "-i", "0.01")
    assert traffic(lab) - before < 400, "twenty pings became a flood: the tunnel carries itself"


def traffic(lab):
    """Number of frames at the gateway's interface."""
    stats = lab.gateway_host.ip_json("-s", "link", "show", "dev", "eth0")[0]["stats64"]
    return stats["rx"]["packets"] + stats["tx"]["packets"]


