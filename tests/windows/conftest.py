"""The Windows client under Wine: the unmodified program on a host of the party, with a substitute for the TAP driver.

Run:  LP_BIN=<Linux build> LP_WINDOWS_BIN=<Windows build> python3 -m pytest tests/windows      as root

The tests run in new namespaces (tests/e2e/conftest.py), with a new Wine prefix in a folder that is removed at the end.
"""

import importlib.util
import os
import shutil
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

# These tests use the namespaces, labs and reports of the end-to-end tests.
_spec = importlib.util.spec_from_file_location("e2e_conftest", os.path.join(HERE, "..", "e2e", "conftest.py"))
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
globals().update({name: value for name, value in vars(_module).items() if not name.startswith("__")})

from netlab import party  # noqa: E402  pylint: disable=wrong-import-position
from netlab.programs import Program, binary  # noqa: E402  pylint: disable=wrong-import-position
import wine  # noqa: E402  pylint: disable=wrong-import-position
from screen import Screen  # noqa: E402  pylint: disable=wrong-import-position
from computer import Computer  # noqa: E402  pylint: disable=wrong-import-position


@pytest.fixture(scope="session")
def prefix():
    """A fresh Wine prefix, which every lab copies."""
    folder = tempfile.mkdtemp(prefix="lanparty-wine-")
    wine.make_prefix(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def invited(new_party, prefix):
    """A party that players join by invite alone; Alice has Windows, and no client runs."""
    lab = new_party()
    lab.start_servers()
    lab.start_relay("--rooms", "keyed", "--public", party.RELAY)
    added = lab.relay_host.run(binary("lanparty-relay"), "room", "add", "FRIDAY", "--public", party.RELAY, "--state-dir",
                               lab.path("relay-state"))
    lab.gateway_words = ["--interface", "lan", "--state", lab.path("gateway.json")]
    host_invite, = [word for word in added.stdout.split() if word.startswith("lanparty://")]
    lab.gateway = Program(lab, lab.gateway_host, "gateway", "lanparty-gateway", host_invite, "--name", "basement",
                          *lab.gateway_words)
    lab.gateway.wait_event("joined")
    made = lab.gateway_host.run(binary("lanparty-gateway"), "invite", "--name", "players", "--state",
                                lab.path("gateway.json"))
    lab.invite, = [word for word in made.stdout.split() if word.startswith("lanparty://")]
    lab.screen = Screen(lab.path("screen"))
    lab.machine = wine.Machine(lab, lab.alice_host, prefix, lab.screen.display)
    yield lab
    lab.machine.stop()
    lab.screen.stop()


@pytest.fixture
def computer(prefix, tmp_path):
    """A fresh computer."""
    made = Computer(prefix, tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def player(new_party, prefix):
    """A party whose Alice has Windows; relay, gateway and the LAN's servers run, her client does not."""
    lab = new_party()
    lab.start_servers()
    lab.start_relay()
    lab.start_gateway()
    machine = wine.Machine(lab, lab.alice_host, prefix)
    lab.machine = machine
    yield lab
    machine.stop()
