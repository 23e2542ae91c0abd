"""Networks that block UDP: members reach the relay by TLS over TCP, and come back to UDP."""

import json
import time

import pytest
from netlab import party
from netlab.daemon import wait_for
from netlab.programs import binary
from netlab.stream import Stream
from netlab.wire import Tap

from probes import PATIENCE_S, ping

# What the router of the internet does with what alice's router exchanges with it.
UDP_DROPPED = "meta l4proto udp drop"
UDP_REJECTED = "meta l4proto udp reject"
ONLY_443 = "ct state established,related accept\n\t\tiifname nat tcp dport 443 accept\n\t\tiifname nat drop"


def block(lab, rule=None):
    """Filters alice's packets by |rule|; None: no longer."""
    text = "table inet block\ndelete table inet block\n"
    if rule:
        text += ("table inet block {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n"
                 f"\t\tiifname != nat oifname != nat accept\n\t\t{rule}\n\t}}\n}}\n")
    lab.inet.run("nft", "-f", "-", input=text)


@pytest.fixture
def lab(fresh_party):
    """A party whose relay listens on TCP, too, with its gateway."""
    made = fresh_party()
    made.start_servers()
    made.start_relay("--listen-tls", "443/tcp")
    made.start_gateway()
    return made


def status(lab, client):
    """The status of a client that was started with STATUS."""
    return json.loads(client.host.run(binary("lanparty-client"), "status", "--json", "--status-socket",
                                      lab.path("client.sock")).stdout)


def start(lab, *args, **options):
    """Starts alice's client with a status socket."""
    return lab.start_client(lab.alice_host, "--status-socket", lab.path("client.sock"), *args, **options)


@pytest.mark.parametrize("rule", [UDP_DROPPED, UDP_REJECTED, ONLY_443], ids=["dropped", "rejected", "only-443"])
def test_udp_is_blocked(lab, rule):
    """A client behind a network that blocks UDP joins over TCP, and reaches the LAN; with --transport udp it does not.
    The next time it tries TCP immediately."""
    block(lab, rule)
    deaf = start(lab, "--transport", "udp", "--no-reconnect", wait=False)
    assert deaf.wait_end(30) == 1
    client = start(lab)
    assert client.events("over_tcp")[0]["reason"] == "UDP does not get through"
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert status(lab, client)["transport"] == "tcp"
    client.stop()
    again = start(lab)
    connecting, joined = again.events("connecting")[0], again.events("over_tcp")[0]
    assert joined["time"][:16] == connecting["time"][:16]
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)


def test_tls_alone(lab):
    """--transport tls uses TCP although UDP gets through, and stays there."""
    client = start(lab, "--transport", "tls")
    assert client.events("over_tcp")[0].get("reason", "") == ""
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert status(lab, client)["transport"] == "tcp"


def test_udp_comes_back(lab, measured):
    """UDP gets through again in mid-game: the connection moves there, and no frame is lost."""
    block(lab, UDP_DROPPED)
    client = start(lab)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    with Tap(lab.alice_host, "lan0") as alice, Tap(lab.lan_host, "eth0") as lan, \
            Stream(alice, lan, 1 / 60, 200, 0x88B6) as up, Stream(lan, alice, 1 / 60, 200, 0x88B7) as down:
        wait_for(lambda: up.received > 60 and down.received > 60, "the streams to run")
        time.sleep(6)  # the first attempt, which fails
        assert not client.events("over_udp")
        block(lab)
        begin = time.monotonic()
        client.wait_event("over_udp", 90)
        for stream in (up, down):
            before = stream.received
            wait_for(lambda: stream.received > before + 240, "the streams to go on over UDP")
        gaps = up.gap_ms(begin), down.gap_ms(begin)
    wait_for(lambda: status(lab, client)["transport"] == "udp", "the status to say so")
    for stream in (up, down):
        assert stream.sent - stream.received <= 4, f"{stream.sent} sent, {stream.received} received"  # on their way
        numbers = [number for _, number in stream.arrivals]
        assert max(numbers) - min(numbers) + 1 == len(numbers)
    measured("longest gap while moving to UDP, up", gaps[0])
    measured("longest gap while moving to UDP, down", gaps[1])
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
