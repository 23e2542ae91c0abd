"""Peer links: unicast between members passes the relay unopened; everything else still goes through it."""

import json
import re

import pytest
import test_invites
from netlab import party
from netlab.daemon import wait_for
from netlab.programs import binary

from probes import PATIENCE_S, download, lan_says, lease, listener, ping, question

pytestmark = pytest.mark.usefixtures("tidy")
LINKS_ON = ("--peer-links", "on")


def status(program):
    """The status document of a program."""
    name = "lanparty-" + program.name.split("-")[0]
    run = program.host.run(binary(name), "status", "--json", "--status-socket", program.socket)
    return json.loads(run.stdout)


def start(lab, relay_args=LINKS_ON, client_args=(), gateway_args=()):
    """Starts the programs with status sockets of their own, because hosts share the file system."""
    def socket_of(name):
        return ("--status-socket", lab.path(f"{name}.sock"))
    lab.start_relay(*relay_args, *socket_of("relay"))
    lab.start_gateway(*gateway_args, *socket_of("gateway"))
    lab.alice, lab.bob = [lab.start_client(host, *client_args, *socket_of(host.name))
                          for host in (lab.alice_host, lab.bob_host)]
    for program, name in ((lab.relay, "relay"), (lab.gateway, "gateway"), (lab.alice, "alice"), (lab.bob, "bob")):
        program.socket = lab.path(f"{name}.sock")
    return lab


@pytest.fixture(scope="module")
def linked(new_party):
    """A party whose members have links."""
    lab = new_party()
    lab.start_servers()
    return start(lab, client_args=("--direct", "off"))


def routes(program):
    """The routes of a program to other members: {MAC: route}."""
    return {member["mac"]: member["route"] for member in status(program)["members"]}


def wait_route(program, mac, route, patience_s=PATIENCE_S):
    """Waits until frames to a member take this route."""
    wait_for(lambda: routes(program).get(mac) == route, f"{program.name} to reach {mac} {route}: {routes(program)}",
             patience_s)


def mac_of(host):
    """The MAC of a player."""
    return host.mac("lan0")


def gateway_mac(lab):
    """The MAC of the gateway's interface."""
    return lab.gateway_host.mac("lan")


def test_forwarded(linked):
    """Ping and TCP between players and with the LAN, in both directions, take the links; the relay opens none of it."""
    assert ping(linked.alice_host, party.LAN_HOST, PATIENCE_S)
    wait_route(linked.alice, gateway_mac(linked), "forwarded")
    assert ping(linked.alice_host, party.BOB, PATIENCE_S)
    wait_route(linked.alice, mac_of(linked.bob_host), "forwarded")
    wait_route(linked.bob, mac_of(linked.alice_host), "forwarded")
    before = status(linked.relay)
    assert download(linked, linked.alice_host, 8 << 20, PATIENCE_S)
    assert download(linked, linked.alice_host, 1 << 20, PATIENCE_S, party.LAN_HOST6)
    assert ping(linked.lan_host, party.BOB, PATIENCE_S)
    assert ping(linked.bob_host, party.ALICE, PATIENCE_S, "-s", 1472, "-M", "do")
    after = status(linked.relay)
    assert after["link_bytes"] - before["link_bytes"] > 9 << 20
    assert after["bytes_in"] - before["bytes_in"] < 1 << 20
    assert after["link_foreign"] == 0


def test_through_the_relay(linked):
    """Broadcasts, DHCP and discovery still go through the relay."""
    before = status(linked.relay)["frames_in"]
    assert question(linked, linked.alice_host, "255.255.255.255", PATIENCE_S)
    with listener(linked.alice_host, party.GAME_PORT) as sock:
        assert lan_says(linked, linked.alice_host, "the LAN party is on", sock, PATIENCE_S) is not None
    assert lease(linked, linked.alice_host)
    assert status(linked.relay)["frames_in"] > before


FIREWALL = """
table inet wall {
\tchain in {
\t\ttype filter hook input priority filter; policy accept;
\t\tiifname "eth0" udp dport != 0 ct state new drop
\t}
}
"""
SYMMETRIC = """
flush table ip home
table ip home {
\tchain out {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\toifname "wan" meta l4proto udp masquerade fully-random
\t}
\tchain in {
\t\ttype filter hook forward priority filter; policy drop;
\t\tct state established,related accept
\t\tiifname "home" accept
\t}
}
"""


def test_direct(fresh_party):
    """A player behind a home router and the gateway find each other directly; players stay forwarded. The relay is killed
    in mid-game, and frames go on."""
    lab = fresh_party()
    lab.start_servers()
    start(lab)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    wait_route(lab.alice, gateway_mac(lab), "direct")
    wait_route(lab.gateway, mac_of(lab.alice_host), "direct")
    assert ping(lab.alice_host, party.BOB, PATIENCE_S)
    wait_route(lab.alice, mac_of(lab.bob_host), "forwarded")
    before = status(lab.relay)
    assert download(lab, lab.alice_host, 8 << 20, PATIENCE_S)
    after = status(lab.relay)
    assert after["link_bytes"] - before["link_bytes"] < 1 << 20
    assert after["bytes_in"] - before["bytes_in"] < 1 << 20
    run = lab.alice_host.spawn("ping", "-n", "-i", "0.05", "-c", "100", "-W", "1", party.LAN_HOST, stdout=-1, text=True)
    lab.relay.kill()
    output = run.communicate(timeout=60)[0]
    assert "100 received" in output, output


def test_direct_between_players(fresh_party):
    """Players that agree to it: from behind a home router to a computer with a firewall that lets replies in alone."""
    lab = fresh_party()
    lab.start_servers()
    lab.bob_host.run("nft", "-f", "-", input=FIREWALL)
    start(lab, client_args=("--direct", "all"))
    assert ping(lab.alice_host, party.BOB, PATIENCE_S)
    wait_route(lab.alice, mac_of(lab.bob_host), "direct")
    wait_route(lab.bob, mac_of(lab.alice_host), "direct")
    assert ping(lab.bob_host, party.ALICE, PATIENCE_S, "-s", 1472, "-M", "do")


def test_symmetric_nat(fresh_party):
    """A NAT with another port for each destination, and a firewall at the other end: the relay's route stays."""
    lab = fresh_party()
    lab.start_servers()
    lab.nat.run("nft", "-f", "-", input=SYMMETRIC)
    lab.bob_host.run("nft", "-f", "-", input=FIREWALL)
    lab.bob_host.ip("route del ::/0")  # there is no NAT for IPv6
    start(lab, client_args=("--direct", "all"))
    assert ping(lab.alice_host, party.BOB, PATIENCE_S)
    wait_route(lab.alice, mac_of(lab.bob_host), "forwarded")
    assert download(lab, lab.alice_host, 1 << 20, PATIENCE_S)
    wait_route(lab.alice, gateway_mac(lab), "direct")  # the gateway has no firewall: one side is enough
    assert routes(lab.alice)[mac_of(lab.bob_host)] == "forwarded"


def test_firewall_in_mid_session(fresh_party, measured):
    """A firewall comes up between two members: the relay's route takes over."""
    lab = fresh_party()
    lab.start_servers()
    start(lab)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    wait_route(lab.alice, gateway_mac(lab), "direct")
    run = lab.alice_host.spawn("ping", "-n", "-D", "-i", "0.01", "-c", "300", "-W", "1", party.LAN_HOST, stdout=-1,
                               text=True)
    wait_for(lambda: lab.nat.run("nft", "add table inet wall; add chain inet wall in { type filter hook forward priority "
                                 "1; }; add rule inet wall in ip saddr 198.51.100.20 drop; add rule inet wall in ip "
                                 "daddr 198.51.100.20 drop; add rule inet wall in ip6 daddr 2001:db8:100::20 drop; "
                                 "add rule inet wall in ip6 saddr 2001:db8:100::20 drop").returncode == 0, "the firewall")
    output = run.communicate(timeout=60)[0]
    lost = 300 - int(re.search(r"(\d+) received", output)[1])
    measured("direct route dark: frames by the relay after", 10 * lost)
    assert lost < 60, output
    assert routes(lab.alice)[gateway_mac(lab)] == "forwarded"


def test_off(fresh_party):
    """--direct off, at one end alone: no addresses are exchanged."""
    lab = fresh_party()
    lab.start_servers()
    start(lab, gateway_args=("--direct", "off"))
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    wait_route(lab.alice, gateway_mac(lab), "forwarded")
    assert download(lab, lab.alice_host, 4 << 20, PATIENCE_S)
    assert routes(lab.alice)[gateway_mac(lab)] == "forwarded"


def test_room_with_keys(fresh_party):
    """By default the members of a room with keys have links, and those of a plain room at the same relay have none."""
    lab = test_invites.Lab(fresh_party(), "open")
    gateway = lab.start_gateway(lab.host_invite)
    invite, = test_invites.invites_of(lab.gateway_command("invite").stdout)
    alice = lab.start_client(lab.party.alice_host, invite)
    bob = lab.start_client(lab.party.bob_host, invite)
    assert ping(lab.party.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(lab.party.alice_host, party.BOB, PATIENCE_S)
    for program in gateway, alice, bob:
        wait_for(lambda: len(program.events("link_up")) == 2, f"two links of {program.name}")
    alice.wait_event("link_route", route="direct")
    bob.stop()
    plain = lab.party.start_client(lab.party.bob_host, room="PLAIN", address=False)
    other = lab.party.start_client(lab.party.alice_host, room="PLAIN", tap="lan1", name="other", address=False)
    lab.party.bob_host.ip("addr add 10.9.0.1/24 dev lan0")
    lab.party.alice_host.ip("addr add 10.9.0.2/24 dev lan1")
    assert ping(lab.party.bob_host, "10.9.0.2", PATIENCE_S)
    assert not plain.events("link_up") and not other.events("link_up")


def test_relay_without(fresh_party):
    """A relay without links, and a member without: frames go through the relay."""
    lab = fresh_party()
    lab.start_servers()
    start(lab, ("--peer-links", "off"))
    assert ping(lab.alice_host, party.BOB, PATIENCE_S)
    assert download(lab, lab.alice_host, 1 << 20, PATIENCE_S)
    assert set(routes(lab.alice).values()) == {"relay"}
    assert not lab.alice.events("link_up")
    assert status(lab.relay)["link_datagrams"] == 0


def test_relay_restart(fresh_party):
    """The relay is killed and starts again: the links are made again."""
    lab = fresh_party()
    lab.start_servers()
    start(lab, client_args=("--direct", "off"))
    assert ping(lab.alice_host, party.BOB, PATIENCE_S)
    wait_route(lab.alice, mac_of(lab.bob_host), "forwarded")
    lab.relay.kill()
    socket = lab.relay.socket
    lab.start_relay(*LINKS_ON, "--status-socket", socket).socket = socket
    assert ping(lab.alice_host, party.BOB, 3 * PATIENCE_S)
    wait_route(lab.alice, mac_of(lab.bob_host), "forwarded", 2 * PATIENCE_S)
    assert download(lab, lab.alice_host, 1 << 20, PATIENCE_S)
