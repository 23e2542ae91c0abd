"""Networks that block UDP: members reach the relay by TLS over TCP, and come back to UDP."""

import json
import subprocess
import sys
import time

import pytest
from netlab import party
from netlab.daemon import Daemon, wait_for
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


PROXY = "192.168.1.1"


def start_squid(lab, password=None):
    """Squid on alice's router, which passes nothing else on from alice. Squid alone knows the name relay-inside.test."""
    hosts, users, config = lab.path("squid.hosts"), lab.path("squid.users"), lab.path("squid.conf")
    access = "http_access allow all"
    if password:
        digest = subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True)
        with open(users, "w", encoding="ascii") as file:
            file.write(f"alice:{digest.stdout}")
        access = (f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}\nacl users proxy_auth REQUIRED\n"
                  "http_access allow users\nhttp_access deny all")
    with open(hosts, "w", encoding="ascii") as file:
        file.write(f"{party.RELAY} relay-inside.test\n")
    with open(config, "w", encoding="ascii") as file:
        file.write(f"http_port {PROXY}:3128\nhosts_file {hosts}\nacl tls port 443\nacl CONNECT method CONNECT\n"
                   f"http_access deny CONNECT !tls\n{access}\ncache deny all\naccess_log none\ncache_log /dev/null\n"
                   "pid_filename none\nshutdown_lifetime 0 seconds\nnetdb_filename none\npinger_enable off\n")
    lab.nat.run("nft", "insert rule ip home in iifname home drop")
    squid = Daemon(lab, lab.nat, "squid", "squid", "-N", "-f", config)
    wait_for(lambda: ":3128" in lab.nat.run("ss", "-tlnH").stdout, f"squid to listen:\n{squid.output()}", 60)


def test_proxy(lab):
    """A network that lets out web traffic alone, through a proxy, which also resolves the relay's name: the client joins
    with the proxy of the environment. Without it, and by a proxy that is not there, it does not."""
    start_squid(lab)
    deaf = start(lab, "--no-reconnect", "--proxy", "none", wait=False)
    assert deaf.wait_end(60) == 1
    lost = start(lab, "--no-reconnect", "--proxy", f"http://{PROXY}:3129", wait=False)
    assert lost.wait_end(60) == 1
    assert "Over TCP: the TCP connection failed" in lost.events("failed")[0]["text"]
    client = start(lab, relay="relay-inside.test:443", env={"https_proxy": f"http://{PROXY}:3128"}, wait=False)
    client.wait_joined(60)
    client.wait_up()
    lab.give_address(lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert status(lab, client)["transport"] == "tcp"


def test_proxy_with_password(lab):
    """The proxy wants a password: without it the reason says so, with it the client joins."""
    start_squid(lab, password="s%cret:1")
    client = start(lab, "--no-reconnect", "--proxy", f"{PROXY}:3128", wait=False)
    assert client.wait_end(60) == 1
    assert "the proxy asks for a user name and a password" in client.events("failed")[0]["text"]
    client = start(lab, "--proxy", f"http://alice:s%25cret%3A1@{PROXY}:3128")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert "cret" not in client.output()


INTERCEPTOR = """
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
context.set_alpn_protocols(["lanparty-tls/1"])
server = socket.create_server(("192.168.1.1", 8443))
print("ready", flush=True)
while True:
    sock, _ = server.accept()
    try:
        context.wrap_socket(sock, server_side=True).recv(1)
    except OSError as error:
        print("refused", error, flush=True)
"""


def test_interception(lab):
    """A router that intercepts TLS is refused, and the reason names its certificate. When it stops, the client joins."""
    block(lab, UDP_DROPPED)
    pem = lab.path("interceptor.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "2", "-subj", "/CN=lanparty-relay.local", "-addext", "subjectAltName=DNS:lanparty-relay.local",
                    "-keyout", pem, "-out", pem + ".crt"], check=True, capture_output=True)
    with open(pem, "a", encoding="ascii") as file, open(pem + ".crt", encoding="ascii") as cert:
        file.write(cert.read())
    interceptor = Daemon(lab, lab.nat, "interceptor", sys.executable, "-c", INTERCEPTOR, pem)
    interceptor.wait_text("ready")
    lab.nat.run("nft", "-f", "-", input="table ip intercept {\n\tchain in {\n\t\ttype nat hook prerouting priority dstnat;\n"
                "\t\tiifname home tcp dport 443 redirect to :8443\n\t}\n}\n")
    client = start(lab, wait=False)
    reason = client.wait_event("reconnecting", 60)["reason"]
    assert "Over TCP: the relay's certificate is not the one in the file" in reason
    interceptor.wait_text("refused")
    lab.nat.run("nft", "delete table ip intercept")
    client.wait_joined(60)


BALANCER = """
import socket, struct, sys, threading
server = socket.create_server((sys.argv[1], 8443))
print("ready", flush=True)
def copy(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
while True:
    client, address = server.accept()
    relay = socket.create_connection((sys.argv[1], 443))
    relay.sendall(b"\\r\\n\\r\\n\\0\\r\\nQUIT\\n" + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, socket.inet_aton("192.0.2.222"),
                                                          socket.inet_aton(sys.argv[1]), address[1], 443))
    threading.Thread(target=copy, args=(client, relay), daemon=True).start()
    threading.Thread(target=copy, args=(relay, client), daemon=True).start()
"""


def test_behind_a_load_balancer(fresh_party):
    """With --proxy-protocol the relay takes the member's address from the load balancer, and refuses who has no header."""
    lab = fresh_party()
    lab.start_servers()
    relay = lab.start_relay("--listen-tls", "443/tcp", "--proxy-protocol")
    balancer = Daemon(lab, lab.relay_host, "balancer", sys.executable, "-c", BALANCER, party.RELAY)
    balancer.wait_text("ready")
    bare = start(lab, "--transport", "tls", "--no-reconnect", wait=False)
    assert bare.wait_end(60) == 1
    start(lab, "--transport", "tls", "--tls-port", "8443", "--name", "alice")
    assert relay.wait_event("peer_joined", name="alice")["address"].startswith("192.0.2.222:")


def metrics(lab):
    """The relay's metrics."""
    text = lab.relay_host.run("curl", "-s", "http://127.0.0.1:9464/metrics").stdout
    return {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line.startswith("lanparty_relay_tls")}


ATTACK = """
import os, socket, ssl, sys, threading, time
relay, idle = sys.argv[1], []
def open_socket():
    sock = socket.create_connection((relay, 443), 5)
    return sock
def loris():
    while True:
        socks = []
        try:
            for _ in range(40):
                socks.append(open_socket())
            for _ in range(20):
                for sock in socks:
                    sock.send(b"\\x16")
                time.sleep(0.2)
        except OSError:
            time.sleep(0.05)
def garbage():
    while True:
        try:
            with open_socket() as sock:
                sock.send(os.urandom(3000))
                sock.recv(100)
        except OSError:
            pass
def handshakes(alpn):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    while True:
        try:
            with context.wrap_socket(open_socket()) as sock:
                sock.send(b"\\x00\\x20" + os.urandom(32) if alpn != "http/1.1" else b"GET / HTTP/1.1\\r\\n\\r\\n")
                sock.recv(1000)
        except OSError:
            pass
for target, args in ((loris, ()), (loris, ()), (garbage, ()), (handshakes, ("lanparty-tls/1",)), (handshakes, ("http/1.1",))):
    threading.Thread(target=target, args=args, daemon=True).start()
print("ready", flush=True)
time.sleep(600)
"""


def test_attacks_beside_a_game(fresh_party, measured):
    """Slow loris, garbage and floods of handshakes at the TCP port, beside a stream of 60 frames per second over TCP: no
    frame is lost, and another member can still join."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay("--listen-tls", "443/tcp", "--metrics", "9464")
    lab.start_gateway()
    start(lab, "--transport", "tls")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    with Tap(lab.alice_host, "lan0") as alice, Tap(lab.lan_host, "eth0") as lan, Stream(alice, lan, 1 / 60, 200) as game:
        wait_for(lambda: game.received > 240, "the stream to run")
        before = game.gap_ms(game.arrivals[60][0])
        attack = Daemon(lab, lab.bob_host, "attack", sys.executable, "-c", ATTACK, party.RELAY)
        attack.wait_text("ready")
        begin = time.monotonic()
        wait_for(lambda: metrics(lab)["lanparty_relay_tls_refused_total"] > 100, "the relay to refuse", 60)
        wait_for(lambda: metrics(lab)["lanparty_relay_tls_failed_total"] > 40, "handshakes to time out", 60)
        gateway = lab.start_client(lab.gateway_host, "--transport", "tls", "--tap", "lan9", tap="lan9", address=False)
        under = game.gap_ms(begin)
        attack.stop()
        gateway.stop()
        wait_for(lambda: metrics(lab)["lanparty_relay_tls_streams"] <= 2, "the relay to forget them", 30)
    numbers = [number for _, number in game.arrivals]
    assert max(numbers) - min(numbers) + 1 == len(numbers)
    measured("longest gap of the game, before", before)
    measured("longest gap of the game, under attack", under)
