"""Networks that block UDP: the Windows client reaches the relay by TLS over TCP, also through the proxy of Windows'
settings."""

import struct

import pytest
from netlab import party

import wine
from probes import PATIENCE_S, ping
from test_tls import PROXY, UDP_DROPPED, block, start_squid

CONNECTIONS = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections"


@pytest.fixture(scope="module")
def blocked(new_party, prefix):
    """A party whose relay listens on TCP, too. Alice has Windows."""
    lab = new_party()
    lab.start_servers()
    lab.start_relay("--listen-tls", "443/tcp")
    lab.start_gateway()
    lab.machine = wine.Machine(lab, lab.alice_host, prefix)
    yield lab
    lab.machine.stop()


def plays_over_tcp(lab, client, pinned):
    """The client is on the LAN over TCP, and holds a route to |pinned|; it ends, and no route is left."""
    assert client.wait_event("over_tcp")["reason"] == "UDP does not get through"
    lab.alice_host.ip(f"addr replace {party.ALICE}/24 dev {wine.TAP}")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")
    assert client.events("route_pinned")[-1]["remote"] == pinned
    assert client.interrupt() == 0
    assert not lab.machine.pins()


def test_udp_dropped(blocked):
    """Without UDP the client joins over TCP."""
    block(blocked, UDP_DROPPED)
    plays_over_tcp(blocked, blocked.machine.client(), party.RELAY)
    block(blocked)


def set_proxy(machine, server, exempt="<local>"):
    """Sets the proxy as the Control Panel does. An empty server: none."""
    data = struct.pack("<III", 0x46, 0, 3 if server else 1)
    for text in (server, exempt, ""):
        data += struct.pack("<I", len(text)) + text.encode()
    machine.run("reg", "add", CONNECTIONS, "/v", "DefaultConnectionSettings", "/t", "REG_BINARY", "/d", data.hex(), "/f")


def test_proxy_of_windows(blocked):
    """A network that lets out web traffic alone: the client takes the proxy from Windows' settings, unless they exempt the
    relay."""
    start_squid(blocked)
    set_proxy(blocked.machine, f"http=10.9.9.9:1;https={PROXY}:3128", party.RELAY)
    deaf = blocked.machine.client("--no-reconnect", wait=False)
    assert deaf.process.wait(60) == 1
    set_proxy(blocked.machine, f"http=10.9.9.9:1;https={PROXY}:3128")
    plays_over_tcp(blocked, blocked.machine.client(), PROXY)
    set_proxy(blocked.machine, "")
