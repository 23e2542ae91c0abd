"""The end-to-end tests: real programs on the hosts of a small internet in network namespaces.

Run:  LP_BIN=<build folder> python3 -m pytest tests/e2e      as root, or as a user (then inside `unshare -Urn`)

The tests run in a new mount and network namespace, so that nothing is left behind in any case. They have their own
/etc/hosts, and an /etc/resolv.conf that names no server: the machine's server cannot be reached from a host of a lab, so
every look-up would wait for its timeout, and a DHCP client of a test would change the machine's file. LP_PATIENCE=3 makes
every timeout three times as long (slow builds with sanitizers).
"""

import os
import re
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))

from netlab import party, programs  # noqa: E402  pylint: disable=wrong-import-position

INSIDE = "LP_E2E_INSIDE"
HOSTS = f"127.0.0.1 localhost\\n{party.RELAY} relay.test\\n{party.RELAY6} relay.test\\n"
SANITIZER = re.compile(r"(ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:).*")


def pytest_configure(config):
    """Runs pytest again inside new namespaces, and ends with its exit code."""
    if INSIDE in os.environ or config.option.collectonly:
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture:
        capture.stop_global_capturing()
    unshare = ["unshare", "--mount", "--net"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    if subprocess.run(unshare + ["true"], check=False).returncode:
        print("tests/e2e: no namespaces here: run them as root, or allow user namespaces", file=sys.stderr)
        os._exit(1)
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        print("tests/e2e: this user may not open /dev/net/tun: run them as root", file=sys.stderr)
        os._exit(1)
    inner = ("mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up && printf '%b' \"$LP_E2E_HOSTS\" "
             ">/run/hosts && mount --bind /run/hosts /etc/hosts && >/run/resolv.conf && "
             "{ [ ! -e /etc/resolv.conf ] || mount --bind /run/resolv.conf /etc/resolv.conf; } && exec \"$@\"")
    args = list(config.invocation_params.args)
    os.execvpe(unshare[0], unshare + ["sh", "-c", inner, "sh", sys.executable, "-B", "-m", "pytest", *args],
               {**os.environ, INSIDE: "1", "LP_E2E_HOSTS": HOSTS})


MEASURED = []


@pytest.fixture
def measured(request):
    """Records a figure; all figures are printed at the end of the run."""
    def note(what, value_ms):
        MEASURED.append((request.node.name, what, value_ms))
    return note


def pytest_terminal_summary(terminalreporter):
    """Prints the recorded figures."""
    if MEASURED:
        terminalreporter.section("measured")
        for test, what, value_ms in MEASURED:
            terminalreporter.write_line(f"{value_ms:9.0f} ms  {what}  ({test})")


class Session:
    """The running labs, so that a failed test can show their programs' output."""

    def __init__(self):
        self.labs = []
        self.serial = 0

    def party(self, **options):
        """A new lab."""
        self.serial += 1
        lab = party.Party(f"t{self.serial}", **options)
        self.labs.append(lab)
        return lab

    def close(self, lab):
        """Ends a lab; fails if one of its programs crashed or a sanitizer reported an error."""
        self.labs.remove(lab)
        daemons, complaints = list(lab.daemons), []
        outputs = {}
        for daemon in reversed(daemons):
            if isinstance(daemon, programs.Program):
                daemon.stop()
                outputs[daemon] = daemon.output()
        lab.close()
        for daemon, output in outputs.items():
            if found := SANITIZER.search(output):
                complaints.append(f"{daemon.name}: {found[0]}\n{output[-6000:]}")
            elif daemon.process.returncode < 0 and not daemon.killed:
                complaints.append(f"{daemon.name}: ended by signal {-daemon.process.returncode}:\n{output[-3000:]}")
        assert not complaints, "\n".join(complaints)


@pytest.fixture(scope="session")
def _session():
    """All labs of the run."""
    session = Session()
    yield session
    for lab in list(session.labs):
        session.close(lab)


SESSION = []


@pytest.fixture(scope="module")
def new_party(_session):
    """Creates labs that end with the module."""
    SESSION[:] = [_session]
    made = []

    def make(**options):
        made.append(_session.party(**options))
        return made[-1]
    yield make
    for lab in made:
        if lab in _session.labs:
            _session.close(lab)


@pytest.fixture
def fresh_party(_session):
    """Creates labs that end with the test."""
    SESSION[:] = [_session]
    made = []

    def make(**options):
        made.append(_session.party(**options))
        return made[-1]
    yield make
    for lab in made:
        if lab in _session.labs:
            _session.close(lab)


@pytest.fixture
def tidy(_session):
    """Ends programs that a test started in a module's lab, so that its failure does not affect other tests."""
    before = {lab: list(lab.daemons) for lab in _session.labs}
    yield
    for lab, daemons in before.items():
        for daemon in reversed(lab.daemons):
            if daemon not in daemons:
                daemon.stop()


@pytest.fixture(scope="session")
def dark(_session):
    """The party without the tunnel: the same hosts and cables, and TAPs whose frames go nowhere."""
    lab = _session.party()
    lab.start_servers()
    for host in (lab.alice_host, lab.bob_host):
        lab.start_dead_tap(host)
    return lab


@pytest.fixture(scope="module")
def lit(new_party):
    """The party with relay, gateway and two clients."""
    lab = new_party()
    lab.start_servers()
    lab.alice, lab.bob = lab.start_all()
    return lab


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Prints the last lines of every program of every lab after a failed test."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed or not SESSION:
        return
    for lab in SESSION[0].labs:
        for daemon in lab.daemons:
            if isinstance(daemon, programs.Program):
                state = "running" if daemon.running() else f"exit code {daemon.process.returncode}"
                report.sections.append((f"{lab.prefix} {daemon.name}: {state}", daemon.output()[-3000:]))
