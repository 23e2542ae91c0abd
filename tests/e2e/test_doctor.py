"""The doctor: all is well in a good network, and in a broken one the row of what is broken fails, and only that."""

import contextlib
import json
import socket
import time

import pytest
from certs import Certificates
from netlab import party, programs
from netlab.daemon import Daemon, wait_for
from netlab.dhcp import Dnsmasq
from netlab.impair import Impair

from probes import PATIENCE_S, TAP, ping

pytestmark = pytest.mark.usefixtures("tidy")

GOOD = ("ok", "skipped")


@pytest.fixture(scope="module")
def lab(new_party):
    """A party whose programs have status sockets."""
    made = new_party()
    made.start_servers()
    # Otherwise the LAN keeps the player's address after test_duplicate, and the relay drops the player's ARP.
    made.start_relay("--status-socket", made.path("relay.sock"), "--no-filter-address-guard")
    made.start_gateway("--name", "basement", "--status-socket", made.path("gateway.sock"))
    start_client(made)
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    wait_for(lambda: status(made)["summary"] == "on the LAN", "the client to be on the LAN")
    return made


def start_client(lab, *args, **options):
    """The player's client."""
    lab.client = lab.start_client(lab.alice_host, "--name", "Alice", "--status-socket", lab.path("client.sock"), *args,
                                  **options)
    return lab.client


def doctor(lab, host, program, *args, relay=party.RELAY + ":443", cert=None, code=None):
    """The verdicts of a doctor: {check: verdict}, and its whole reply."""
    flags = [] if program == "relay" else programs.member_flags(relay, cert or lab.relay.cert, programs.ROOM)
    if program == "client":
        flags += ["--identity", lab.path("client-alice.state/client-alice.json"), "--tap", TAP]
    elif program == "gateway":
        flags += ["--state", lab.path("gateway.state/gateway.json"), "--interface", "lan"]
    begin = time.monotonic()
    run = host.run(programs.binary(f"lanparty-{program}"), "doctor", "--json", "--status-socket",
                   lab.path(f"{program}.sock"), *flags, *args, check=False)
    assert time.monotonic() - begin < 20 * max(1, PATIENCE_S / 20), "a doctor takes less than 20 s"
    assert run.stdout, run.stderr
    reply = json.loads(run.stdout)
    verdicts = {row["check"]: row["verdict"] for row in reply["checks"]}
    assert run.returncode == (1 if "failure" in verdicts.values() else 0), run.stdout
    assert all(row["cause"] and row["cure"] for row in reply["checks"] if row["verdict"] in ("warning", "failure"))
    return verdicts, run.stdout


def bad(verdicts):
    """What is not fine."""
    return {check: verdict for check, verdict in verdicts.items() if verdict not in GOOD}


def test_good(lab):
    """A network in which nothing is wrong."""
    for program, host in (("client", lab.alice_host), ("gateway", lab.gateway_host), ("relay", lab.relay_host)):
        verdicts, text = doctor(lab, host, program)
        assert bad(verdicts) == {}, text
        measured = {check for check, verdict in verdicts.items() if verdict == "ok"}
        wanted = {"client": {"running", "invite", "name", "route", "udp", "certificate", "path_mtu", "loss", "load",
                             "room", "gateway", "lan_link", "adapter", "dhcp", "address", "overlap", "duplicate",
                             "answer", "broadcast", "multicast", "offloads", "firewall", "tunnel_mtu"},
                  "gateway": {"running", "udp", "room", "lan_link", "dhcp", "firewall"},
                  "relay": {"running", "clock", "certificate", "handshakes", "buffers", "firewall"}}[program]
        assert wanted <= measured, text
    gateway = json.loads(lab.gateway_host.run(programs.binary("lanparty-gateway"), "status", "--json", "--status-socket",
                                              lab.path("gateway.sock")).stdout)
    assert gateway["dhcp_server"] == party.LAN_HOST and gateway["lan_stations_max"] >= gateway["lan_stations"] > 0


def test_changes_nothing(lab):
    """It takes no slot in the room, and changes neither addresses, routes nor the saved session."""
    def state():
        return [lab.alice_host.run("ip", *words).stdout for words in (("-o", "addr"), ("route",), ("-o", "link"))]
    before, mark = state(), lab.relay.mark()
    doctor(lab, lab.alice_host, "client")
    assert [line.split(" valid_lft")[0] for line in before] == [line.split(" valid_lft")[0] for line in state()]
    names = {event["event"] for event in lab.relay.events()[mark:]}
    assert not names & {"peer_joined", "peer_left", "peer_rejected", "protocol_error", "hello_timeout"}, names


def test_report(lab):
    """--report writes the same without room, relay and public addresses; the text has a line of advice."""
    path = lab.path("report.txt")
    run = lab.alice_host.run(programs.binary("lanparty-client"), "doctor", "--report", path, "--status-socket",
                             lab.path("client.sock"), *programs.member_flags("no.example.invalid:443", lab.relay.cert,
                                                                             programs.ROOM),
                             "--identity", lab.path("none.json"), check=False)
    assert run.returncode == 1
    assert "failure  name of the relay. no.example.invalid:443 cannot be resolved" in run.stdout
    assert "-> Check the spelling" in run.stdout
    with open(path, encoding="utf-8") as file:
        report = file.read()
    assert "failure  name of the relay. [...]:443 cannot be resolved" in report
    for secret in ("no.example.invalid", programs.ROOM, party.RELAY):
        assert secret not in report


@contextlib.contextmanager
def firewall(host, rules):
    """Rules of nftables for a while."""
    host.run("nft", "-f", "-", input=rules)
    try:
        yield
    finally:
        host.run("nft", "delete", "table", "inet", "broken")


@contextlib.contextmanager
def commands(host, before, after):
    """Commands of ip before and after."""
    host.ip(*before)
    try:
        yield
    finally:
        host.ip(*after)


DROP_UDP = """table inet broken {
\tchain c {
\t\ttype filter hook forward priority 0
\t\tudp dport 443 drop
\t\tudp sport 443 drop
\t}
}
"""
DROP_INPUT = """table inet broken {
\tchain c {
\t\ttype filter hook input priority 0; policy drop
\t\tct state established accept
\t\tiifname "eth0" accept
\t\tudp sport 67 accept
\t}
}
"""


def test_udp_blocked(lab):
    """A firewall on the way drops UDP: without a session, and beside one that has lost its connection."""
    with firewall(lab.inet, DROP_UDP):
        verdicts, text = doctor(lab, lab.bob_host, "client", "--status-socket", lab.path("none.sock"))
        assert {"udp": "failure"} == {k: v for k, v in bad(verdicts).items() if k != "running"}, text
    wait_for(lambda: "on the LAN" in status(lab)["summary"], "the client to be back")


def status(lab):
    """The client's status."""
    return json.loads(lab.alice_host.run(programs.binary("lanparty-client"), "status", "--json", "--status-socket",
                                         lab.path("client.sock")).stdout)


def test_certificate(lab, tmp_path):
    """Another relay's certificate."""
    pem, _ = Certificates(tmp_path).server("other", "elsewhere.example.org")
    verdicts, text = doctor(lab, lab.bob_host, "client", "--status-socket", lab.path("none.sock"), cert=pem)
    assert {"certificate": "failure"} == {k: v for k, v in bad(verdicts).items() if k != "running"}, text


def test_name(lab):
    """A name that does not exist."""
    verdicts, text = doctor(lab, lab.bob_host, "client", "--status-socket", lab.path("none.sock"),
                            relay="nowhere.invalid:443")
    assert {"name": "failure"} == {k: v for k, v in bad(verdicts).items() if k != "running"}, text


def test_route(lab):
    """No route to the relay."""
    with commands(lab.bob_host, ["route del default"], ["route add default via 100.64.2.1"]):
        verdicts, text = doctor(lab, lab.bob_host, "client", "--status-socket", lab.path("none.sock"))
    assert {"route": "failure"} == {k: v for k, v in bad(verdicts).items() if k != "running"}, text


def test_firewall(lab):
    """The player's own firewall drops what arrives at the adapter."""
    with firewall(lab.alice_host, DROP_INPUT):
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"firewall": "warning"}, text


def test_duplicate(lab):
    """A computer on the LAN has the player's address."""
    with commands(lab.lan_host, [f"addr add {party.ALICE}/32 dev eth0"], [f"addr del {party.ALICE}/32 dev eth0"]):
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"duplicate": "failure"}, text


def test_overlap(lab):
    """The player's home has the party's addresses."""
    with commands(lab.alice_host, ["addr add 10.20.0.200/24 dev eth0"], ["addr del 10.20.0.200/24 dev eth0"]):
        wait_for(lambda: status(lab).get("network_conflict"), "the client to see it")
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"overlap": "failure"}, text
    wait_for(lambda: not status(lab).get("network_conflict"), "the client to see that it is gone")


def test_broadcast(lab):
    """Broadcasts leave by another interface."""
    with commands(lab.alice_host, ["route del 255.255.255.255"],
                  [f"route add 255.255.255.255 dev {TAP} metric 1"]):
        wait_for(lambda: status(lab).get("broadcast_conflict"), "the client to see it")
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"broadcast": "failure"}, text


def test_multicast(lab):
    """Multicasts leave by another interface."""
    wait_for(lambda: not status(lab).get("broadcast_conflict"), "the client to see that broadcasts are well again")
    with commands(lab.alice_host, ["route replace 224.0.0.0/4 dev eth0"], [f"route replace 224.0.0.0/4 dev {TAP}"]):
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"multicast": "warning"}, text


def restore(lab):
    """What the kernel removed when the adapter was set down or lost its last address."""
    lab.give_address(lab.alice_host)
    lab.alice_host.ip(f"route replace 255.255.255.255 dev {TAP}", f"route replace 224.0.0.0/4 dev {TAP}")


def test_adapter(lab):
    """The adapter was set down."""
    with commands(lab.alice_host, [f"link set {TAP} down"], [f"link set {TAP} up"]):
        wait_for(lambda: status(lab)["device_trouble"], "the client to see it")
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert {k: v for k, v in bad(verdicts).items() if k != "broadcast"} == {"adapter": "failure"}, text
    restore(lab)
    wait_for(lambda: not status(lab)["device_trouble"], "the client to see that it is up")


def test_address(lab):
    """The adapter has no address, although the LAN has a DHCP server."""
    with commands(lab.alice_host, [f"addr flush dev {TAP} scope global"], []):
        wait_for(lambda: not status(lab)["device_address"], "the client to see it")
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert {k: v for k, v in bad(verdicts).items() if k not in ("broadcast", "multicast")} == {"address": "failure"}, text
    restore(lab)
    wait_for(lambda: status(lab)["device_address"], "the client to see its address")


def test_lan_link(lab):
    """The gateway's cable is out."""
    with commands(lab.switch_host, ["link set p2 down"], ["link set p2 up"]):
        wait_for(lambda: status(lab)["gateway_lan_down"], "the client to see it")
        verdicts, text = doctor(lab, lab.alice_host, "client")
        assert bad(verdicts) == {"lan_link": "failure"}, text
        verdicts, text = doctor(lab, lab.gateway_host, "gateway")
        assert bad(verdicts) == {"lan_link": "failure"}, text
    wait_for(lambda: not status(lab)["gateway_lan_down"], "the client to see that it is back")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)


def test_dhcp(lab):
    """The DHCP server has stopped."""
    lab.dnsmasq.stop()
    try:
        verdicts, text = doctor(lab, lab.gateway_host, "gateway")
        assert bad(verdicts) == {"dhcp": "warning"}, text
    finally:
        lab.dnsmasq = Dnsmasq(lab, lab.lan_host, "eth0", "10.20.0.100", "10.20.0.199")


def test_loss(lab):
    """A path that loses three packets of ten."""
    Impair(lab, lab.relay_host, party.RELAY, 444, party.RELAY, 443, loss=30)
    verdicts, text = doctor(lab, lab.bob_host, "client", "--status-socket", lab.path("none.sock"),
                            relay=party.RELAY + ":444")
    assert {"loss": "failure"} == {k: v for k, v in bad(verdicts).items() if k not in ("running", "load")}, text


def test_games(lab):
    """`games` sees what announces itself on the LAN, through the tunnel, and prints it without control characters."""
    def announce():
        with lab.lan_host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.sendto(b"[MOTD]Anna's world\x1b[/MOTD][AD]51234[/AD]", ("10.20.0.255", 4445))
            sock.sendto(b"\xff\xff\xff\xffTSource Engine Query\0", ("10.20.0.255", 27015))
    games = Daemon(lab, lab.alice_host, "games", programs.binary("lanparty-client"), "games", "--json", "--seconds", "4",
                   "--status-socket", lab.path("client.sock"))
    while games.running():
        announce()
        time.sleep(0.2)
    seen = {row["name"]: row for row in json.loads(games.output())}
    assert seen["Minecraft (Java Edition)"]["address"] == party.LAN_HOST
    assert seen["Minecraft (Java Edition)"]["detail"] == "Anna's world"
    assert seen["Source or GoldSrc engine"]["kind"] == "search"


def test_gateway_gone(lab):
    """The last test of this party: no gateway is in the room."""
    lab.gateway.stop()
    wait_for(lambda: not status(lab)["gateway_present"], "the client to see it")
    verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"gateway": "failure"}, text
    lab.client.stop()
    verdicts, text = doctor(lab, lab.alice_host, "client")
    assert bad(verdicts) == {"running": "warning"}, text
    lab.relay.stop()
    verdicts, text = doctor(lab, lab.relay_host, "relay")
    assert bad(verdicts) == {"running": "warning"}, text


def test_over_tcp(new_party):
    """UDP is blocked and the session runs over TCP: a warning, and everything behind it is checked."""
    lab = new_party()
    lab.start_servers()
    lab.start_relay("--listen-tls", "443/tcp")
    lab.start_gateway()
    with firewall(lab.inet, DROP_UDP):
        start_client(lab, wait=False, address=False)
        lab.client.wait_up()
        lab.give_address(lab.alice_host)
        wait_for(lambda: status(lab)["transport"] == "tcp" and status(lab)["device_up"], "a session over TCP")
        assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
        verdicts, text = doctor(lab, lab.alice_host, "client")
    assert {k: v for k, v in bad(verdicts).items()} == {"udp": "warning"}, text
    assert verdicts["dhcp"] == "ok", text
