"""A gateway on an interface that drops frames for MACs other than its own detects it, logs it, and notifies the players."""

from netlab import party

from probes import PATIENCE_S, ping


def test_macvlan(fresh_party):
    """Broadcasts pass a macvlan, replies to players do not: the gateway and the players log which, and why."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay()
    lab.gateway_host.ip("link add mv0 link lan type macvlan mode bridge", "link set mv0 up")
    gateway = lab.start_gateway(interface="mv0")
    alice = lab.start_client(lab.alice_host)
    assert not ping(lab.alice_host, party.LAN_HOST, 2)
    gateway.wait_event("lan_deaf", device="mv0")
    gateway.wait_text("mv0 drops its replies to remote players")
    alice.wait_text("drops its replies to players")


def test_ordinary_interface(fresh_party):
    """An ordinary interface is not suspected, although the gateway's own address is on it and a player asks for hosts
    that are not there."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay()
    lab.gateway_host.ip("addr add 10.20.0.77/24 dev lan")
    gateway = lab.start_gateway()
    lab.start_client(lab.alice_host)
    assert not ping(lab.alice_host, "10.20.0.99", 2)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert not gateway.events("lan_deaf")
