"""The command `capture`: pcapng that Wireshark's tools read, with the verdict of each frame in its comment."""

import os
import re
import subprocess

import pytest
from netlab import party, programs, wire
from netlab.daemon import Daemon, wait_for

from probes import PATIENCE_S, TAP, ping

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party):
    """A party whose programs have status sockets."""
    made = new_party()
    made.start_servers()
    made.start_relay("--status-socket", made.path("relay.sock"))
    made.start_gateway("--name", "basement", "--status-socket", made.path("gateway.sock"))
    made.client = made.start_client(made.alice_host, "--name", "Alice", "--status-socket", made.path("client.sock"))
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    return made


class Capture(Daemon):
    """A running `capture` into a file."""

    def __init__(self, lab, host, program, *args):
        self.path = lab.path(f"{program}.pcapng")
        super().__init__(lab, host, f"capture-{program}", programs.binary(f"lanparty-{program}"), "capture",
                         "--status-socket", lab.path(f"{program}.sock"), "-w", self.path, *args)

    def fields(self, *names, display=""):
        """What tshark reads in the file: a list of values per frame."""
        command = ["tshark", "-r", self.path, "-T", "fields", "-E", "separator=|"]
        for name in names:
            command += ["-e", name]
        run = subprocess.run(command + ([display] if display else []), capture_output=True, text=True, check=False)
        return [line.split("|") for line in run.stdout.splitlines()]

    def wait_comment(self, pattern):
        """Waits until a frame has such a comment."""
        wait_for(lambda: any(re.search(pattern, row[0]) for row in self.fields("frame.comment")),
                 f"a frame with the comment {pattern}:\n{self.output()}")


def test_sides(lab):
    """A ping from the player to the LAN is seen on each side of each program."""
    captures = {program: Capture(lab, host, program) for program, host in
                (("client", lab.alice_host), ("relay", lab.relay_host), ("gateway", lab.gateway_host))}
    for program, log in (("client", lab.client), ("relay", lab.relay), ("gateway", lab.gateway)):
        log.wait_event("capture_started")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    captures["client"].wait_comment(r"^from peer \d+ \(basement\), room PARTY-1, route relay: forwarded")
    captures["relay"].wait_comment(r"^from peer \d+ \(Alice\), room PARTY-1: forwarded to 1 member$")
    captures["relay"].wait_comment(r"^to peer \d+ \(basement\), room PARTY-1: sent$")
    captures["gateway"].wait_comment(r"^from peer \d+ \(Alice\), room PARTY-1, route relay: forwarded")
    sides = {"client": {"lan", "tunnel-in", "tunnel-out"}, "relay": {"tunnel-in", "tunnel-out"},
             "gateway": {"lan", "tunnel-in", "tunnel-out"}}
    for program, capture in captures.items():
        rows = capture.fields("frame.interface_name", "icmp.type", "frame.packet_flags_direction", display="icmp")
        assert {row[0] for row in rows} == sides[program], program
        assert {row[1] for row in rows} == {"0", "8"}, program
        run = subprocess.run(["capinfos", "-c", "-M", capture.path], capture_output=True, text=True, check=False)
        assert run.returncode == 0 and not run.stderr, run.stderr
    for program, log in (("client", lab.client), ("relay", lab.relay), ("gateway", lab.gateway)):
        captures[program].stop()
        log.wait_event("capture_ended")


def test_drops(lab):
    """--drops and --peer: a frame with another source is dropped, and its comment says why; others are not in the
    file."""
    mark = lab.relay.mark()
    capture = Capture(lab, lab.relay_host, "relay", "--drops", "--peer", "Alice", "--room", "party-1")
    lab.relay.wait_event("capture_started", after=mark)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    with wire.Tap(lab.alice_host, TAP) as alice:
        alice.send(wire.ieee8023("01:80:c2:00:00:00", alice.mac, b"\x42\x42\x03" + bytes(35)))
    capture.wait_comment(r"^from peer \d+ \(Alice\), room PARTY-1: dropped, switch_control: ")
    assert all(": dropped," in row[0] for row in capture.fields("frame.comment"))
    capture.stop()


def test_bounds(lab):
    """--seconds ends a capture; the files keep the newest frames; what does not exist is refused."""
    def run(*args):
        return lab.relay_host.run(programs.binary("lanparty-relay"), "capture", "--status-socket",
                                  lab.path("relay.sock"), *args, check=False)
    assert run("-w", lab.path("short.pcapng"), "--seconds", "1").returncode == 0
    gone = run("-w", lab.path("none.pcapng"), "--peer", "Nemo")
    assert gone.returncode == 1 and "no member 'Nemo'" in gone.stderr
    mark = lab.gateway.mark()
    capture = Capture(lab, lab.gateway_host, "gateway", "--file-size", "1M")
    lab.gateway.wait_event("capture_started", after=mark)
    with lab.alice_host.inside():
        subprocess.run(["ping", "-q", "-f", "-c", "800", "-s", "1400", party.LAN_HOST], check=False,
                       capture_output=True)
    old = capture.path + ".old"
    wait_for(lambda: subprocess.run(["capinfos", "-c", old], capture_output=True, check=False).returncode == 0,
             f"the first file to be renamed:\n{capture.output()}")
    capture.stop()
    for path in (capture.path, old):
        assert subprocess.run(["capinfos", "-M", path], capture_output=True, check=False).returncode == 0


def test_keylog(new_party):
    """--keylog warns, and with its file and the dissector tshark reads the tunnel's packets: control messages, the
    overlay header and the frames; without the file it does not."""
    lab = new_party()
    lab.start_relay("--keylog", lab.path("keys.txt"), "--listen-tls", "443/tcp")
    assert "SECRETS" in lab.relay.wait_event("warned")["text"]
    assert os.stat(lab.path("keys.txt")).st_mode & 0o777 == 0o600
    record = Daemon(lab, lab.relay_host, "dumpcap", "dumpcap", "-q", "-i", "eth0", "-f", "udp port 443", "-w",
                    lab.path("outside.pcapng"))
    wait_for(lambda: os.path.exists(lab.path("outside.pcapng")), f"dumpcap:\n{record.output()}")
    lab.start_gateway("--name", "basement")
    lab.start_client(lab.alice_host, "--name", "Alice")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)

    def fields(name, *options):
        command = ["tshark", "-r", lab.path("outside.pcapng"), "-X",
                   f"lua_script:{programs.ROOT}/dist/wireshark/lanparty.lua", "-d", "udp.port==443,quic", *options,
                   "-T", "fields", "-E", "occurrence=a", "-e", name]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Lua" not in run.stderr, run.stderr
        return {word for line in run.stdout.splitlines() for word in line.split(",") if word}

    keys = ["-o", f"tls.keylog_file:{lab.path('keys.txt')}"]
    wait_for(lambda: {"hello", "peer_joined"} <= fields("lanparty.message_type", *keys), "control messages")
    wait_for(lambda: {"0", "8"} <= fields("icmp.type", *keys), "frames")
    assert "0" in fields("lanparty.kind", *keys) and "2" in fields("lanparty.source", *keys)
    assert not fields("lanparty.kind")
    record.stop()

    def sessions():
        with open(lab.path("keys.txt"), encoding="ascii") as file:
            return {line.split()[1] for line in file if line.startswith("SERVER_TRAFFIC_SECRET_0 ")}

    before = sessions()
    lab.start_client(lab.bob_host, "--name", "Bob", "--transport", "tls")
    assert len(sessions() - before) == 2  # the stream over TCP, and the connection inside
