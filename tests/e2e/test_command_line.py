"""Invalid input on the command line and from the system: one line with advice, an exit code, nothing left behind."""

import os
import re
import socket
import stat
import subprocess

import pytest
from netlab import party, programs

PROGRAMS = ("lanparty-relay", "lanparty-gateway", "lanparty-client")
USAGE, FAILURE = 2, 1

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party):
    """Hosts only; a relay for tests that need one."""
    made = new_party()
    made.start_relay()
    return made


def run(host, program, *args, **options):
    """Runs a program until it exits: exit code, output, lines of standard error."""
    done = host.run(programs.binary(program), *args, check=False, timeout=90, **options)
    return done.returncode, done.stdout, done.stderr


def member(lab, program, *more, **changes):
    """The arguments of a member, with changes; a change to None leaves the option out."""
    own = {"--tap": "lan0", "--identity": lab.path("identity.json")} if program == "lanparty-client" else {
        "--interface": "lan", "--state": lab.path("gateway.json")}
    options = {"--relay": f"{party.RELAY}:443", "--server-name": programs.SERVER_NAME,
               "--relay-ca-cert": lab.relay.cert, "--room": programs.ROOM, **own}
    options.update({"--" + name.replace("_", "-"): value for name, value in changes.items()})
    args = [arg for name, value in options.items() if value is not None for arg in (name, value)]
    return [*args, *more]


def complains(result, code, *words):
    """True if it exited with that code and one error line that contains all the words."""
    lines = [line for line in result[2].splitlines() if " error: " in line or line.startswith("lanparty-")]
    assert result[0] == code, result
    assert len(lines) == 1, result[2]
    assert all(word.lower() in lines[0].lower() for word in words), (words, result[2])
    return True


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_version(lab, program):
    """--help lists every option with a text; --version prints program and version."""
    code, out, err = run(lab.relay_host, program, "--help")
    assert code == 0 and not err
    rows = re.findall(r"^\s+(?:-\w, )?(--[a-z0-9-]+)", out, re.M)
    assert len(rows) == len(set(rows)) > 5
    assert {"--help", "--version", "--config", "--log-format", "--log-level"} <= set(rows)
    code, out, err = run(lab.relay_host, program, "--version")
    assert code == 0 and re.fullmatch(program + r" \d+\.\d+\.\d+.*", out.strip()) and not err


@pytest.mark.parametrize("words, expected", [
    ("sta", ["status"]),
    ("--log-lev", ["--log-level"]),
    ("--log-format j", ["json"]),
    ("--log-format = j", ["json"]),
    ("--no-prio", ["--no-priority"]),
    ("--version sta", []),
])
@pytest.mark.parametrize("program", PROGRAMS)
def test_bash_completion(lab, program, words, expected):
    """The completion script, run by bash, completes commands, options and their values."""
    _, script, _ = run(lab.relay_host, program, "--completion", "bash")
    function = "_" + program.replace("-", "_")
    result = subprocess.run(
        ["bash", "-c", f"{script}\nCOMP_WORDS=({program} {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
         f'{function} {program} "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"\n'
         'printf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True)
    assert result.stdout.split() == expected and not result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_completion_syntax(lab, program, shell, tmp_path):
    """Each shell accepts its completion script."""
    _, script, _ = run(lab.relay_host, program, "--completion", shell)
    (tmp_path / "script").write_text(script)
    result = subprocess.run([shell, "-n", str(tmp_path / "script")], capture_output=True, text=True, check=False)
    assert script and result.returncode == 0 and not result.stderr


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("args, words", [
    (["--no-such-option"], ["--no-such-option"]),
    (["--log-level", "loud"], ["loud"]),
    (["--log-format"], ["--log-format"]),
    (["stray"], ["stray"]),
], ids=["unknown", "value", "missing value", "stray word"])
def test_bad_options(lab, program, args, words):
    """Unknown options, or with an invalid value: usage, exit code 2."""
    assert complains(run(lab.relay_host, program, *args), USAGE, *words)


RELAY_CASES = {
    "bad port": (["--listen", "70000/udp"], USAGE, ["70000"]),
    "bad listen": (["--listen", "nonsense"], USAGE, ["nonsense"]),
    "tcp": (["--listen", "443/tcp"], USAGE, ["443/tcp", "PORT/udp"]),
    "metrics by tcp": (["--metrics", "9464/tcp"], USAGE, ["9464/tcp", "Use ADDR:PORT|PORT or"]),
    "metrics everywhere": (["--metrics", "*:9464"], USAGE, ["'*:9464' is not an address", "0.0.0.0:PORT"]),
    "limit": (["--limit-total", "10M"], USAGE, ["10M", "kbit per second", "1000/2000"]),
    "no such address": (["--listen", "192.0.2.77:443"], FAILURE, ["192.0.2.77"]),
    "bad name": (["--server-name", "play.example.org:443"], USAGE, ["--server-name", "play.example.org:443"]),
    "no key": (["--cert", "/etc/hostname"], USAGE, ["--key"]),
    "unreadable certificate": (["--cert", "/no/such.pem", "--key", "/no/such.key"], FAILURE,
                               ["--cert: /no/such.pem: cannot be read", "Check the path"]),
    "certificate is a folder": (["--cert", "/etc", "--key", "/no/such.key"], FAILURE, ["--cert: /etc: cannot be read"]),
    "unreadable key": (["--cert", "/etc/hostname", "--key", "/no/such.key"], FAILURE, ["--key: /no/such.key"]),
    "pin to nowhere": (["--dev-cert-der-out", "-"], USAGE, ["--dev-cert-der-out", "/dev/stdout"]),
    "unwritable pin": (["--dev-cert-der-out", "/proc/no/such.der"], FAILURE, ["--dev-cert-der-out: /proc/no/such.der"]),
    "not a certificate": (["--cert", "/etc/hostname", "--key", "/etc/hostname"], FAILURE, ["/etc/hostname", "pem"]),
    "state is a file": (["--state-dir", "/etc/hostname"], FAILURE, ["--state-dir: /etc/hostname"]),
    "config missing": (["--config", "/no/such.conf"], USAGE, ["/no/such.conf", "Check the path"]),
}


@pytest.mark.parametrize("case", RELAY_CASES)
def test_relay(lab, case):
    """Configurations with which a relay does not start."""
    args, code, words = RELAY_CASES[case]
    if "--listen" not in args:
        args = ["--listen", "10443/udp", *args]
    if "--state-dir" not in args:
        args = [*args, "--state-dir", lab.path("scratch")]
    assert complains(run(lab.relay_host, "lanparty-relay", *args), code, *words)


def test_port_in_use(lab):
    """A second relay on the same port."""
    result = run(lab.relay_host, "lanparty-relay", "--listen", "443/udp", "--state-dir", lab.path("scratch"))
    assert complains(result, FAILURE, "443", "in use")


MEMBER_CASES = {
    "no relay": ({"relay": None}, USAGE, ["--relay"]),
    "no room": ({"room": None}, USAGE, ["--room"]),
    "bad relay": ({"relay": "host:port"}, USAGE, ["host:port"]),
    "bad room": ({"room": "a room!"}, USAGE, ["a room!"]),
    "short room": ({"room": "AB"}, USAGE, ["AB"]),
    "unreadable pin": ({"relay_ca_cert": "/no/such.der"}, FAILURE, ["--relay-ca-cert: /no/such.der", "check the path"]),
    "pin is a folder": ({"relay_ca_cert": "/etc"}, FAILURE, ["--relay-ca-cert: /etc: cannot be read"]),
    "not a pin": ({"relay_ca_cert": "/etc/hostname"}, FAILURE, ["/etc/hostname"]),
}

UNREACHABLE_CASES = {
    "unresolvable": ("no.such.host.invalid:443", ["no.such.host.invalid"]),
    "unreachable": ("203.0.113.99:443", ["203.0.113.99"]),
    "nobody there": (f"{party.RELAY}:444", [f"{party.RELAY}:444", "nothing listens"]),
}


@pytest.mark.parametrize("program", PROGRAMS[1:])
@pytest.mark.parametrize("case", MEMBER_CASES)
def test_member(lab, program, case):
    """Configurations with which a member does not start."""
    changes, code, words = MEMBER_CASES[case]
    host = lab.alice_host if program == "lanparty-client" else lab.gateway_host
    assert complains(run(host, program, *member(lab, program, "--no-reconnect", **changes)), code, *words)
    assert not lab.alice_host.has("lan0")


def test_unreachable(lab):
    """Relays that cannot be resolved or do not reply, in parallel because each takes time: with --no-reconnect members
    exit and log why."""
    started = []
    for program, host in zip(PROGRAMS[1:], (lab.gateway_host, lab.alice_host)):
        for number, (case, (relay, words)) in enumerate(UNREACHABLE_CASES.items()):
            device = {"tap": f"lan{number}"} if program == "lanparty-client" else {}
            args = member(lab, program, "--no-reconnect", relay=relay, **device)
            started.append((words, programs.Daemon(lab, host, f"{program} {case}", programs.binary(program), *args)))
    for words, daemon in started:
        code = daemon.wait_end(60)
        assert complains((code, "", daemon.output()), FAILURE, *words)
    assert not [link for link in lab.alice_host.ip_json("link") if link["ifname"].startswith("lan")]


@pytest.mark.parametrize("relay, host", [("8.8.8.8:443", "8.8.8.8"), ("[2001:db8::1]:443", "2001:db8::1")])
def test_no_route(lab, relay, host):
    """A computer without a route to the relay: nothing was sent, so the error is not a missing reply."""
    result = run(lab.lan_host, "lanparty-client", *member(lab, "lanparty-client", relay=relay), "--no-reconnect")
    assert complains(result, FAILURE, f"this computer has no route to {host}", "network connection")
    assert f"connecting to {relay}\n" in result[2]


def test_missing_interface(lab):
    """A gateway on a missing interface, or on the loopback."""
    result = run(lab.gateway_host, "lanparty-gateway", *member(lab, "lanparty-gateway", interface="eth7"))
    assert complains(result, FAILURE, "eth7")


@pytest.mark.parametrize("mac", ["02:00:00:00:00", "01:00:5e:00:00:01", "00:1b:21:00:00:01", "00:00:00:00:00:00"])
def test_bad_mac(lab, mac):
    """A virtual MAC that is invalid, multicast, a vendor's, or zero."""
    result = run(lab.alice_host, "lanparty-client", *member(lab, "lanparty-client", virtual_mac=mac))
    assert complains(result, USAGE, "--virtual-mac")


def test_tap_name(lab):
    """A TAP name that is used by another kind of interface, or too long."""
    result = run(lab.alice_host, "lanparty-client", *member(lab, "lanparty-client", tap="eth0"))
    assert complains(result, FAILURE, "eth0")
    result = run(lab.alice_host, "lanparty-client", *member(lab, "lanparty-client", tap="a-name-that-is-too-long"))
    assert complains(result, USAGE, "a-name-that-is-too-long")


def test_bad_identity(lab, tmp_path):
    """An identity file with invalid content."""
    path = tmp_path / "identity.json"
    path.write_text("{\"mac\": 7}")
    result = run(lab.alice_host, "lanparty-client", *member(lab, "lanparty-client", identity=str(path)))
    assert complains(result, FAILURE, str(path))
    assert path.read_text() == "{\"mac\": 7}"


def test_read_only_folder(lab, tmp_path):
    """An identity on a read-only file system: the error does not blame missing rights."""
    script = f'mount -t tmpfs -o ro none {tmp_path} && exec "$@"'
    args = member(lab, "lanparty-client", identity=str(tmp_path / "identity.json"))
    done = lab.alice_host.run("unshare", "--mount", "sh", "-c", script, "sh", programs.binary("lanparty-client"), *args,
                              check=False)
    assert complains((done.returncode, done.stdout, done.stderr), FAILURE, "identity.json", "read-only")
    assert "sudo" not in done.stderr


def test_no_rights(lab):
    """Without the capability for devices: the error states which right is missing."""
    for program, host in (("lanparty-client", lab.bob_host), ("lanparty-gateway", lab.gateway_host)):
        drop = ["setpriv", "--bounding-set=-net_admin,-net_raw", "--inh-caps=-net_admin,-net_raw"]
        done = host.run(*drop, programs.binary(program), *member(lab, program), check=False)
        assert complains((done.returncode, done.stdout, done.stderr), FAILURE, "cap_net_")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a device")
def test_closed_device(lab, tmp_path):
    """A client with all rights except to open /dev/net/tun: the error states the mode, not the rights that it has."""
    tun = tmp_path / "tun"
    os.mknod(tun, stat.S_IFCHR, os.makedev(10, 200))
    enter = ["unshare", "--mount", "sh", "-c", f'mount --bind {tun} /dev/net/tun && exec "$@"', "sh"]
    drop = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    done = lab.bob_host.run(*enter, *drop, programs.binary("lanparty-client"), *member(lab, "lanparty-client"),
                            check=False)
    assert complains((done.returncode, done.stdout, done.stderr), FAILURE, "/dev/net/tun", "mode", "chmod 666")


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever is not root is somebody already")
def test_not_root(lab):
    """Started by a normal user: the client states what to do."""
    somebody = ["setpriv", "--reuid=65534", "--clear-groups"]
    args = member(lab, "lanparty-client", identity="/var/lib/no-such-folder/identity.json")
    done = lab.bob_host.run(*somebody, programs.binary("lanparty-client"), *args, check=False)
    assert complains((done.returncode, done.stdout, done.stderr), FAILURE, "identity.json", "sudo")


def test_config_file(lab, tmp_path):
    """--config: the same names; options take precedence; an invalid line is reported with its number."""
    config = tmp_path / "client.conf"
    config.write_text("# a comment\nrelay = 203.0.113.99:443\nroom = A\nno-such-key = 1\n")
    result = run(lab.alice_host, "lanparty-client", "--config", str(config))
    assert complains(result, USAGE, "client.conf", "no-such-key", "4")

    config.write_text(f"relay = 192.0.2.99:443\nroom = PARTY-1\nserver-name = {programs.SERVER_NAME}\n"
                      f"relay-ca-cert = {lab.relay.cert}\nreconnect = no\ntap = lan7\n"
                      f"identity = {lab.path('config-identity.json')}\nlog-format = json\n")
    client = programs.Daemon(lab, lab.alice_host, "client-config", programs.binary("lanparty-client"), "--config",
                             str(config), "--relay", f"{party.RELAY}:443")
    client.wait_event("joined")
    programs.wait_for(lambda: lab.alice_host.is_up("lan7"), "lan7")
    assert client.stop() == 0
    assert not lab.alice_host.has("lan7")


def test_identity_is_kept(lab):
    """The generated MAC is locally administered, saved, and readable by its owner only."""
    path, macs = lab.path("kept.json"), []
    for _ in range(2):
        client = programs.Daemon(lab, lab.alice_host, "client-kept", programs.binary("lanparty-client"),
                                 *member(lab, "lanparty-client", identity=path), "--log-format", "json")
        client.wait_event("joined")
        programs.wait_for(lambda: lab.alice_host.is_up("lan0"), "lan0")
        macs.append(lab.alice_host.mac("lan0"))
        assert client.stop() == 0
    assert macs[0] == macs[1] and int(macs[0][:2], 16) & 3 == 2
    assert os.stat(path).st_mode & 0o077 == 0


def test_text_log(lab):
    """--log-format text prints one readable line per event, json one object."""
    client = programs.Client(lab, lab.alice_host, f"{party.RELAY}:443", lab.relay.cert, log_format="text",
                             log_level="info")
    assert client.stop() == 0
    text = client.output()
    assert "joined room PARTY-1" in text and "{" not in text


@pytest.mark.parametrize("streams", ["2>&-", "<&- >&- 2>&-"])
def test_closed_streams(lab, streams):
    """Started without standard streams: log lines are discarded, and nothing else is affected."""
    shell = f'umask 077; exec "$@" {streams}'
    relay = [programs.binary("lanparty-relay"), "--listen", "127.0.0.1:10444", "--state-dir", lab.path("closed")]
    started = [programs.Daemon(lab, lab.relay_host, "closed-relay", "sh", "-c", shell, "sh", *relay,
                               "--status-socket", lab.path("closed.sock")),
               programs.Daemon(lab, lab.alice_host, "closed-client", "sh", "-c", shell, "sh",
                               programs.binary("lanparty-client"), *member(lab, "lanparty-client"))]
    programs.wait_for(lambda: os.path.exists(lab.path("closed.sock")), "the relay's status socket")
    programs.wait_for(lambda: lab.alice_host.is_up("lan0"), "lan0")
    assert [daemon.stop() for daemon in started] == [0, 0]


def test_reader_ends(lab):
    """The log's reader ends ('| head'): the program continues, and leaves gracefully on SIGTERM."""
    shell = 'exec "$@" 2> >(exec head -n 1)'
    client = programs.Daemon(lab, lab.alice_host, "unread-client", "bash", "-c", shell, "bash",
                             programs.binary("lanparty-client"), *member(lab, "lanparty-client"), "--log-level", "debug")
    programs.wait_for(lambda: lab.alice_host.is_up("lan0"), "lan0")
    assert client.stop() == 0


def test_nothing_left(lab):
    """At the end: no TAP, no stray process, no temporary file beside the identities."""
    for host in (lab.alice_host, lab.bob_host):
        assert {link["ifname"] for link in host.ip_json("link")} == {"lo", "eth0"}
        run_left = subprocess.run(["ip", "netns", "pids", host.ns], check=True, text=True, stdout=subprocess.PIPE)
        assert not run_left.stdout.strip()
    assert not [name for name in os.listdir(lab.dir) if name.endswith((".tmp", ".new", "~"))]
    with lab.relay_host.socket(socket.AF_INET6) as sock:
        sock.bind(("::", 10443))
