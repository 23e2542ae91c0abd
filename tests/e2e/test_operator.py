"""The relay's operator interface: status, metrics, reload of the certificate, frame log, limits on unknown hosts."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import pytest
from certs import Certificates
from netlab import party, programs, wire
from netlab.bare import Bare
from netlab.daemon import wait_for
from netlab.impair import Impair
from netlab.programs import Client

from probes import PATIENCE_S, TAP, ping

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party, tmp_path_factory):
    """A party whose relay has the operator interface."""
    made = new_party()
    made.start_servers()
    made.certs = Certificates(tmp_path_factory.mktemp("certs"))
    made.pem, made.key = made.certs.server("relay", programs.SERVER_NAME)
    made.status_path = made.path("status.sock")
    made.start_relay("--cert", made.pem, "--key", made.key, "--status-socket", made.status_path, "--metrics",
                     "127.0.0.1:9090", "--stats-interval", "1s", "--max-connections-per-address", "8", "--hello-timeout",
                     "60s")
    made.start_gateway("--name", "basement", "--status-socket", made.path("gateway.sock"))
    made.client = made.start_client(made.alice_host, "--name", "Alice", "--status-socket", made.path("client.sock"))
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    return made


def get(host, path, page):
    """What the program at a status socket replies to GET, by curl."""
    return host.run("curl", "-sS", "--fail", "--max-time", PATIENCE_S, "--unix-socket", path,
                    f"http://localhost{page}").stdout


def find_all(value, key):
    """Every value of a key, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from find_all(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from find_all(inner, key)


def test_status_socket(lab):
    """Rooms, peers and counters as JSON; `lanparty-relay status` prints them as a table."""
    status = json.loads(get(lab.relay_host, lab.status_path, "/status"))
    assert {"Alice", "basement"} <= set(find_all(status, "name"))
    assert lab.alice_host.mac(TAP) in set(find_all(status, "mac"))
    run = lab.relay_host.run(programs.binary("lanparty-relay"), "status", "--status-socket", lab.status_path)
    for word in ("PARTY-1", "Alice", "basement", lab.alice_host.mac(TAP)):
        assert word in run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 80
    run = lab.relay_host.run(programs.binary("lanparty-relay"), "status", "--json", "--status-socket", lab.status_path)
    assert {"Alice", "basement"} <= set(find_all(json.loads(run.stdout), "name"))
    assert "lanparty_relay_rooms 1" in get(lab.relay_host, lab.status_path, "/metrics")
    for output in (">/dev/full", ">&-"):
        for words in (["status", "--status-socket", lab.status_path], ["--version"]):
            unheard = lab.relay_host.run("sh", "-c", f'exec "$@" {output}', "sh", programs.binary("lanparty-relay"),
                                         *words, check=False)
            assert unheard.returncode == 1 and "cannot write to standard output" in unheard.stderr
    gone = lab.relay_host.run(programs.binary("lanparty-relay"), "status", "--status-socket", "/no/such.sock",
                              check=False)
    assert gone.returncode == 1 and "/no/such.sock" in gone.stderr


def test_member_status(lab):
    """Client and gateway serve their status; `status` prints it, --json and curl show the document."""
    for host, name, words in ((lab.alice_host, "client", ("on the LAN", "basement", TAP, lab.alice_host.mac(TAP))),
                              (lab.gateway_host, "gateway", ("room PARTY-1 is on this LAN", "device     lan"))):
        program, path = programs.binary(f"lanparty-{name}"), lab.path(f"{name}.sock")
        wait_for(lambda: all(word in host.run(program, "status", "--status-socket", path).stdout for word in words),
                 f"{name}'s status to contain {words}")
        document = json.loads(host.run(program, "status", "--json", "--status-socket", path).stdout)
        assert document["role"] == name and document["state"] == "joined" and document["peers"] == 1
        assert json.loads(get(host, path, "/status"))["room"] == "PARTY-1"
        lost = host.run(program, "status", "--status-socket", lab.path("none.sock"), check=False)
        assert lost.returncode == 1 and "no program is listening" in lost.stderr


def test_leave(lab):
    """`leave` makes the running client say goodbye: the others see it, and it ends with success."""
    program, path = programs.binary("lanparty-client"), lab.path("bob.sock")
    bob = lab.start_client(lab.bob_host, "--name", "Bob", "--status-socket", path)

    def members():
        return {member["name"] for member in json.loads(get(lab.alice_host, lab.path("client.sock"), "/status"))["members"]}

    wait_for(lambda: members() == {"basement", "Bob"}, "Alice to see Bob")
    assert lab.bob_host.run(program, "status", "--status-socket", path).stdout.count("player     Alice") == 1
    lab.bob_host.run(program, "leave", "--status-socket", path)
    assert bob.process.wait(10) == 0
    assert bob.events("stopping")[0]["why"] == "asked to by the command leave"
    wait_for(lambda: members() == {"basement"}, "Alice to see Bob go")
    lost = lab.bob_host.run(program, "leave", "--status-socket", path, check=False)
    assert lost.returncode == 1 and "no program is listening" in lost.stderr


def process_status(pid):
    """The lines of /proc/PID/status as a dictionary."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip().split(":\t", 1) for line in file if ":\t" in line)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change to another user")
def test_confined(lab):
    """Started by root, the programs run as nobody, without capabilities, with a list of system calls. The relay can
    still read its key, which is root's."""
    lab.client.wait_joined()
    for program in (lab.relay, lab.gateway, lab.client):
        confined = program.events("confined")[0]
        if not confined["calls"]:
            pytest.skip("a build with sanitizers is not confined")
        status = process_status(program.pid)
        assert "0" not in status["Uid"].split() and "0" not in status["Gid"].split()
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
        allowed = {0, 4} if program is lab.relay and confined["files"] else {0}
        assert int(status["CapEff"], 16) in allowed and int(status["CapBnd"], 16) == 0


def test_default_status_socket(lab):
    """`lanparty-relay status` finds a relay that was started without the option; a second relay runs without one."""
    relay, folder = os.path.abspath(programs.binary("lanparty-relay")), lab.path("default")
    private = 'mount -t tmpfs tmpfs /run && exec "$@"'  # others use the machine's own /run
    first = programs.Daemon(lab, lab.bob_host, "default-relay", "unshare", "--mount", "sh", "-c", private, "sh", relay,
                            "--listen", "127.0.0.1:10443", "--state-dir", folder, "--log-format", "json")
    first.wait_event("serving", what="status", where="/run/lanparty/relay.sock")
    inside = ["nsenter", "--mount", "--target", first.pid]
    assert lab.bob_host.run(*inside, relay, "status").stdout.startswith("relay ")
    options = ["--listen", "127.0.0.1:10444", "--state-dir", folder, "--log-format", "json"]
    second = programs.Daemon(lab, lab.bob_host, "second-relay", *inside, relay, *options)
    assert "another program is listening" in second.wait_event("status_unavailable")["reason"]
    second.wait_event("listening", what="relay")
    given = lab.bob_host.run(*inside, relay, *options, "--listen", "127.0.0.1:10445", "--status-socket",
                             "/run/lanparty/relay.sock", check=False)
    assert given.returncode == 1 and "Choose another path" in given.stderr
    inside[-1] = second.pid
    first.kill()
    gone = lab.bob_host.run(*inside, relay, "status", check=False)
    assert gone.returncode == 1 and "no program is listening" in gone.stderr
    options[1] = "127.0.0.1:10443"
    third = programs.Daemon(lab, lab.bob_host, "third-relay", *inside, relay, *options)
    third.wait_event("serving", what="status", where="/run/lanparty/relay.sock")  # in the place of what was left there
    assert lab.bob_host.run(*inside, relay, "status").stdout.startswith("relay ")
    assert [third.stop(), second.stop()] == [0, 0]


def test_metrics(lab):
    """The counters in Prometheus' text format, and that they change."""
    def read():
        with lab.relay_host.inside():
            with urllib.request.urlopen("http://127.0.0.1:9090/metrics", timeout=PATIENCE_S) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain")
                lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines
                if line and not line.startswith("#")}
    first = read()
    assert len(first) > 10 and all(name.startswith("lanparty_") for name in first)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    second = read()
    frames = [name for name in first if "frames" in name and second[name] > first[name]]
    assert frames, "no counter of frames moved"


@pytest.mark.skipif(not shutil.which("promtool"), reason="prometheus is not installed")
def test_prometheus(lab):
    """promtool accepts the metrics, the alert rules and their metrics' names; the dashboard uses metrics that exist."""
    def read():
        return get(lab.relay_host, lab.status_path, "/metrics")
    wait_for(lambda: "lanparty_relay_member_rtt_seconds_count 0\n" not in read(), "a sample of a round trip")
    text = read()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = programs.ROOT / "dist/prometheus"
    rules = folder / "lanparty-relay.rules.yml"
    done = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    used = set(re.findall(r"lanparty_relay_\w+", rules.read_text(encoding="utf-8")))
    with open(folder / "lanparty-relay.dashboard.json", encoding="utf-8") as file:
        for panel in json.load(file)["panels"]:
            used |= {name for target in panel["targets"] for name in re.findall(r"lanparty_relay_\w+", target["expr"])}
    assert {re.sub("_bucket$", "", name) for name in used} <= names
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['lanparty_relay_members{role="gateway"}'] == "1"
    assert float(values["lanparty_relay_join_seconds_count"]) >= 2
    assert float(values["lanparty_relay_certificate_expiry_timestamp_seconds"]) > time.time()
    tests = folder / "lanparty-relay.rules.test.yml"
    done = subprocess.run(["promtool", "test", "rules", tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_certificate_reload(lab):
    """SIGHUP: new members get the new certificate, none is disconnected; an invalid one is refused and the old one
    stays."""
    mark, members = lab.relay.mark(), lab.gateway.mark()
    lab.certs.server("relay", programs.SERVER_NAME)
    lab.relay.send_signal(signal.SIGHUP)
    lab.relay.wait_event("certificate", after=mark, action="reloaded")
    new = Client(lab, lab.bob_host, party.RELAY + ":443", lab.certs.der("relay"), wait=False)
    new.wait_joined()
    assert new.stop() == 0
    old = Client(lab, lab.bob_host, party.RELAY + ":443", lab.relay.cert, "--no-reconnect", wait=False, name="old-pin")
    assert old.wait_end() == 1 and "not the one in the file" in old.events("failed")[0]["text"]
    with open(lab.pem, encoding="ascii") as file:
        good = file.read()
    with open(lab.pem, "w", encoding="ascii") as file:
        file.write("this is no certificate\n")
    mark = lab.relay.mark()
    lab.relay.send_signal(signal.SIGHUP)
    try:
        assert "relay.pem" in lab.relay.wait_event("certificate_kept", after=mark)["reason"]
    finally:
        with open(lab.pem, "w", encoding="ascii") as file:
            file.write(good)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    events = [event["event"] for event in lab.gateway.events()[members:]]
    assert "reconnecting" not in events and "disconnected" not in events


def test_member_says_how_it_is(lab):
    """Status lines change only when the state changes; a snapshot has all figures."""
    client = Client(lab, lab.bob_host, party.RELAY + ":443", lab.certs.der("relay"), "--snapshot-interval", "1s",
                    name="client-talks")
    snapshot = client.wait_event("snapshot")
    assert snapshot["rtt_us"] > 0 and snapshot["budget"] >= 1150 and snapshot["device"] == TAP
    texts = [event["text"] for event in client.events("status")]
    assert texts and all(a != b for a, b in zip(texts, texts[1:]))
    assert client.stop() == 0


def policies(pid):
    """How each of a program's threads is scheduled, the first one's first."""
    return [os.sched_getscheduler(int(tid)) & ~os.SCHED_RESET_ON_FORK
            for tid in sorted(os.listdir(f"/proc/{pid}/task"), key=int)]


def real_time_permitted(lab):
    """Whether programs get real-time scheduling here."""
    return lab.bob_host.run("chrt", "--rr", "1", "true", check=False).returncode == 0


def test_priority(lab):
    """The threads that carry frames have real-time priority, no other thread does; --no-priority."""
    if not real_time_permitted(lab):
        pytest.skip("real-time scheduling is not permitted here")
    assert set(policies(lab.relay.pid)) == {os.SCHED_RR}  # its workers
    for program in (lab.gateway, lab.client):
        first, *others = policies(program.pid)
        assert first == os.SCHED_RR, program
        assert set(others) <= {os.SCHED_OTHER}, program
    plain = Client(lab, lab.bob_host, party.RELAY + ":443", lab.certs.der("relay"), "--no-priority")
    assert set(policies(plain.pid)) == {os.SCHED_OTHER}
    assert plain.stop() == 0


def test_connection_limit(lab):
    """Connections from one address beyond the limit are refused with a reason, others are not."""
    pin = lab.certs.der("relay")
    mark = lab.relay.mark()
    crowd = [Bare(lab, lab.bob_host, party.RELAY, pin, name=f"crowd-{n}", wait=False) for n in range(12)]
    wait_for(lambda: all("ready" in member.output() or member.closed() for member in crowd), "everybody's answer")
    refusal = lab.relay.wait_event("connection_refused", after=mark)
    assert refusal["reason"] == "too many from one address" and refusal["address"].startswith("100.64.2.52:"), refusal
    wait_for(lambda: sum("ready" in member.output() and not member.closed() for member in crowd) <= 8,
             "those who are too many to be closed")
    client = Client(lab, lab.bob_host, party.RELAY + ":443", pin, "--no-reconnect", name="client-late", wait=False)
    assert client.wait_end() == 1
    assert "too many connections" in client.events("failed")[0]["text"]
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    for member in crowd:
        member.tell("close")


def test_frame_log(fresh_party):
    """--frame-log of relay and gateway logs each frame with sender, destination and verdict."""
    lab = fresh_party()
    lab.start_relay("--frame-log", "all")
    gateway = lab.start_gateway("--frame-log", "all")
    client = lab.start_client(lab.alice_host)
    with wire.Tap(lab.alice_host, TAP) as alice, wire.Tap(lab.lan_host, "eth0") as lan:
        frame = wire.ethernet(lan.mac, alice.mac, 0x88B5, wire.payload("log", 100))
        lan.send(wire.ethernet(wire.BROADCAST, lan.mac, 0x88B5, wire.payload("hello", 100)))
        assert wire.carries(alice, lan, frame, PATIENCE_S)
        entry = lab.relay.wait_event("frame", source=alice.mac, destination=lan.mac)
        from_room = gateway.wait_event("frame", source=alice.mac, destination=lan.mac)
        from_lan = gateway.wait_event("frame", source=lan.mac, destination=wire.BROADCAST)
    assert entry["room"] == "PARTY-1" and entry["length"] == 114 and entry["targets"] == 1
    # The gateway's log names the sender of frames from the room; frames of the LAN have none.
    assert from_room["direction"] == "out" and from_room["peer"] == client.events("joined")[0]["peer"]
    assert from_lan["direction"] == "in" and not from_lan.get("peer")


def test_half_open_handshakes(fresh_party):
    """Handshakes that are never completed exhaust no table: new clients validate their address by Retry, and can
    join."""
    lab = fresh_party()
    lab.start_relay("--max-handshakes", "3", "--metrics", "127.0.0.1:9090")
    mute = Impair(lab, lab.inet, "100.64.2.1", 4433, party.RELAY, 443)
    mute.set("down", away=1)  # the relay's replies are lost: half-open
    for number in range(5):
        Bare(lab, lab.bob_host, "100.64.2.1", lab.relay.cert, name=f"half-{number}", port=4433, wait=False)
    wait_for(lambda: metric(lab, "lanparty_relay_retries_sent_total") > 0, "the relay to send a Retry")
    client = lab.start_client(lab.alice_host)
    assert client.events("joined")


def metric(lab, name):
    """A value of the relay's metrics; 0 if it is missing."""
    with lab.relay_host.inside():
        with urllib.request.urlopen("http://127.0.0.1:9090/metrics", timeout=PATIENCE_S) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name):
                    return float(line.rsplit(" ", 1)[1])
    return 0.0
