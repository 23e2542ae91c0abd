"""A relay with several workers: rooms are spread over them, and nobody notices."""

import json
import os
import signal

import pytest
from certs import Certificates
from netlab import party, programs
from netlab.bare import Bare
from netlab.daemon import Daemon, wait_for
from netlab.programs import ROOM, Client

from probes import PATIENCE_S, ping

pytestmark = pytest.mark.usefixtures("tidy")
WORKERS = 3


def steer(code):
    """The first byte of the first destination connection ID (docs/protocol.md)."""
    value = 2166136261
    for byte in code.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    value ^= value >> 16
    return (value ^ value >> 8) & 0xFF


def room_of(worker):
    """A room code that this worker has."""
    return next(code for code in (f"ROOM-{i}" for i in range(1000)) if steer(code) % WORKERS == worker)


@pytest.fixture(scope="module")
def lab(new_party, tmp_path_factory):
    """A party with three workers and a certificate that can be replaced."""
    made = new_party()
    made.start_servers()
    made.certs = Certificates(tmp_path_factory.mktemp("certs"))
    made.pem, made.key = made.certs.server("relay", programs.SERVER_NAME)
    made.status_path = made.path("status.sock")
    made.start_relay("--workers", str(WORKERS), "--listen-tls", "443/tcp", "--cert", made.pem, "--key", made.key, "--status-socket",
                     made.status_path, "--max-connections-per-address", "7", "--limit-joins", "off")
    made.start_gateway("--name", "basement")
    made.start_client(made.alice_host, "--name", "Alice")
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    return made


def status(lab):
    """The relay's status document."""
    return json.loads(lab.relay_host.run("curl", "-sS", "--fail", "--unix-socket", lab.status_path,
                                         "http://localhost/status").stdout)


def test_rooms_on_every_worker(lab):
    """Members of one room meet, whichever worker has it; the status has them all."""
    clients = []
    for worker in range(WORKERS):
        room = room_of(worker)
        for host, name in ((lab.alice_host, "a"), (lab.bob_host, "b")):
            clients.append(Client(lab, host, f"{party.RELAY}:443", lab.relay.cert, "--name", f"{name}{worker}",
                                  tap=f"w{worker}", room=room, name=f"{name}{worker}"))
        lab.alice_host.ip(f"addr add 10.9{worker}.0.1/24 dev w{worker}")
        lab.bob_host.ip(f"addr add 10.9{worker}.0.2/24 dev w{worker}")
        assert ping(lab.alice_host, f"10.9{worker}.0.2", PATIENCE_S)
    now = status(lab)
    assert now["rooms"] == 1 + WORKERS
    assert {peer["name"] for peer in now["peers"]} == {"Alice", "basement"} | {
        f"{name}{worker}" for name in "ab" for worker in range(WORKERS)}
    # Each came to the right worker with its first connection.
    assert now["joins"] == len(now["peers"]) and now["rejects"] == 0
    for client in clients:
        client.stop()
    wait_for(lambda: status(lab)["rooms"] == 1, "the rooms to end")


def test_redirect(lab):
    """A member that did not choose by the room is redirected."""
    room = room_of((steer(ROOM) + 1) % WORKERS)
    bare = Bare(lab, lab.bob_host, party.RELAY, lab.relay.cert)
    bare.hello(room=room)
    reject = bare.wait_message("reject")
    assert reject["code"] == "redirect" and reject["steer"] == f"{steer(room):02x}"
    assert bare.wait_closed()[:2] == ("app", 2)
    bare.stop()


def test_over_tcp(lab):
    """A stream over TCP moves to the worker of its room, where its member meets one on UDP. None is redirected."""
    clients, rejects = [], status(lab)["rejects"]
    for worker in range(WORKERS):
        room = room_of(worker)
        for host, transport in ((lab.alice_host, "udp"), (lab.bob_host, "tls")):
            clients.append(Client(lab, host, f"{party.RELAY}:443", lab.relay.cert, "--transport", transport, "--name",
                                  f"{transport}{worker}", tap=f"t{worker}", room=room, name=f"{transport}{worker}"))
        lab.alice_host.ip(f"addr add 10.8{worker}.0.1/24 dev t{worker}")
        lab.bob_host.ip(f"addr add 10.8{worker}.0.2/24 dev t{worker}")
        assert ping(lab.alice_host, f"10.8{worker}.0.2", PATIENCE_S)
    now = status(lab)
    assert now["rooms"] == 1 + WORKERS and now["tls_opened"] == now["tls_streams"] == WORKERS
    assert now["rejects"] == rejects
    for client in clients:
        client.stop()
    wait_for(lambda: status(lab)["rooms"] == 1 and not status(lab).get("tls_streams"), "the rooms and streams to end")


def test_one_limit_for_all_workers(lab):
    """The limit on connections of an address holds for all workers together."""
    clients = [Client(lab, lab.bob_host, f"{party.RELAY}:443", lab.relay.cert, tap=f"l{i}", room=f"LIMIT-{i}",
                      name=f"limit{i}", wait=False) for i in range(8)]
    wait_for(lambda: sum("joined" in {event["event"] for event in client.events()} for client in clients) == 7,
             "seven to join")
    assert wait_for(lambda: [client for client in clients if "too many connections from your address" in client.output()],
                    "the eighth to be refused")
    assert len([peer for peer in status(lab)["peers"] if peer["room"].startswith("LIMIT-")]) == 7
    for client in clients:
        client.stop()
    wait_for(lambda: status(lab)["rooms"] == 1, "the rooms to end")


def test_operator(lab):
    """The operator removes a member of any room; a capture has frames of any room."""
    room = room_of((steer(ROOM) + 2) % WORKERS)
    client = Client(lab, lab.bob_host, f"{party.RELAY}:443", lab.relay.cert, "--name", "Mallory", tap="op0", room=room,
                    name="op0")
    relay = [programs.binary("lanparty-relay"), "--status-socket", lab.status_path]
    lab.relay_host.run(relay[0], "kick", room, "Mallory", *relay[1:])
    wait_for(lambda: not client.running(), f"the removed member to end:\n{client.output()}")
    captured = lab.path("workers.pcapng")
    writer = Daemon(lab, lab.relay_host, "capture", relay[0], "capture", "--seconds", "3", "-w", captured, *relay[1:])
    wait_for(lambda: "capture_started" in lab.relay.output(), "the capture")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    wait_for(lambda: not writer.running(), "the capture to end")
    assert writer.process.returncode == 0 and os.path.getsize(captured) > 1000


def test_certificate_for_all_workers(lab):
    """SIGHUP gives every worker the new certificate."""
    pem, key = lab.certs.server("renewed", programs.SERVER_NAME)
    os.replace(pem, lab.pem)
    os.replace(key, lab.key)
    lab.relay.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "reloaded" in lab.relay.output(), "the new certificate")
    for worker in range(WORKERS):
        client = Client(lab, lab.bob_host, f"{party.RELAY}:443", lab.pem, tap="cert0", room=room_of(worker),
                        name=f"cert{worker}")
        client.wait_joined()
        client.stop()


def test_end(lab):
    """The relay notifies the members of all workers and ends."""
    clients = [Client(lab, lab.bob_host, f"{party.RELAY}:443", lab.pem, tap=f"e{worker}", room=room_of(worker),
                      name=f"end{worker}") for worker in range(WORKERS)]
    lab.relay.process.send_signal(signal.SIGTERM)
    wait_for(lambda: not lab.relay.running(), "the relay to end")
    assert lab.relay.process.returncode == 0
    for client in clients:
        wait_for(lambda client=client: "restarting" in client.output(), client.output())
        client.stop()
