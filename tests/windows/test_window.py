"""The window: an invite, the party, the tray, and what it says when something is missing. It is driven by messages, on a
screen without a monitor; the pictures of docs/windows.md are made here (LP_PICTURES=FOLDER)."""

import os
import pathlib
import time

import pytest
from netlab.daemon import Daemon, wait_for
from netlab.programs import Program, binary

import wine
from probes import lease

HEADLINE, DETAIL, INVITE, NAME, BUTTON, ADDRESS, PATH = 100, 101, 103, 105, 106, 107, 108
MENU_EXIT = 3
EXE = "C:\\lanparty\\lanparty.exe"


class Window:
    """The window of a machine."""

    def __init__(self, lab):
        self.lab, self.machine = lab, lab.machine
        self.daemon = None

    def start(self, *args):
        """Starts the program, which may pass its argument to a window that is open."""
        daemon = Daemon(self.lab, self.machine.host, "window", wine.WINE, EXE, *args, env=self.machine.env)
        self.daemon = self.daemon or daemon
        return daemon

    def ctl(self, *words):
        """Runs windowctl."""
        return self.machine.run("C:\\lanparty\\windowctl.exe", *(str(word) for word in words), check=False).strip()

    def get(self, control):
        """The text of a control."""
        return self.ctl("get", control)

    def rows(self):
        """The list of players."""
        return [line.split("|") for line in self.ctl("rows").splitlines()]

    def wait(self, headline, patience_s=30):
        """Waits for a headline."""
        seen = []

        def look():
            seen.append(self.get(HEADLINE))
            return seen[-1] == headline
        try:
            wait_for(look, f"'{headline}'", patience_s)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {sorted(set(seen))}, {self.get(DETAIL)}") from error

    def visible(self):
        """True if it is not hidden."""
        return self.ctl("rect").endswith(" 1")

    def size(self):
        """Width and height."""
        left, top, right, bottom, _ = (int(word) for word in self.ctl("rect").split())
        return right - left, bottom - top

    def shot(self, name):
        """Keeps a picture; its rows."""
        folder = pathlib.Path(os.environ.get("LP_PICTURES") or self.lab.path("pictures"))
        folder.mkdir(parents=True, exist_ok=True)
        box = [int(word) for word in self.ctl("rect").split()[:4]]
        return self.lab.screen.shot(folder / f"windows-{name}.png", box)


@pytest.fixture(scope="module")
def window(invited):
    """The service is installed, and no window is open."""
    invited.machine.run("C:\\lanparty\\lanparty-client-win.exe", "--install-service")
    made = Window(invited)
    yield made
    made.ctl("command", MENU_EXIT)
    if made.daemon:
        made.daemon.process.wait(30)
    invited.machine.run("C:\\lanparty\\lanparty-client-win.exe", "--uninstall-service")


def colours(rows):
    """The number of different colours of a picture."""
    return len({row[i:i + 3] for row in rows for i in range(0, len(row), 3)})


def test_link(window):
    """A clicked link is shown, and nothing is joined without the user. The service starts with the window."""
    window.start(window.lab.invite)
    window.wait("Not joined")
    wait_for(lambda: window.get(DETAIL) == "This is an invite to room FRIDAY at 203.0.113.10. Join it?", "the invite")
    assert window.get(INVITE) == window.lab.invite and window.get(BUTTON) == "&Join"
    assert not window.machine.pins()
    window.ctl("set", NAME, "Alice")
    assert colours(window.shot("invite")) > 8


def test_join(window):
    """Join, wait for an address, see who is there, with the figures of the way to them."""
    lab = window.lab
    window.ctl("click", BUTTON)
    window.wait("Waiting for an address")
    assert window.get(BUTTON) == "&Leave" and window.get(INVITE) == ""
    address = lease(lab, lab.alice_host, wine.TAP)
    lab.alice_host.run("ping", "-c", "1", "-W", "5", "192.168.77.1", check=False)
    window.wait("On the LAN")
    assert window.get(ADDRESS) == f"Your address: {address}"
    assert "jitter" in window.get(PATH)
    lab.bob = Program(lab, lab.bob_host, "bob", "lanparty-client", lab.invite, "--name", "Bob", "--identity",
                      lab.path("bob.json"))
    wait_for(lambda: len(window.rows()) == 2, "Bob's row")
    host, bob = window.rows()
    assert host[0] == "basement (host)" and host[2].endswith(" ms")
    assert bob[0] == "Bob"
    assert {host[1], bob[1]} <= {"relay", "forwarded", "direct"}
    # The graph has a line.
    wait_for(lambda: b"\x20\x60\xa8" in b"".join(window.shot("joined")), "the graph")
    if os.environ.get("LP_PICTURES"):  # a longer line looks better
        since = time.monotonic()
        wait_for(lambda: time.monotonic() > since + 50, "samples", 60)
        window.shot("joined")


def test_close(window):
    """Closing the window keeps the session; a second start shows the window again."""
    window.ctl("close")
    wait_for(lambda: not window.visible(), "the window to hide")
    assert window.machine.pins() and window.daemon.running()
    second = window.start()
    assert second.process.wait(20) == 0
    assert window.visible() and window.get(HEADLINE) == "On the LAN"


def test_host_away(window):
    """What is missing is said in words, and who left is gone from the list."""
    lab = window.lab
    lab.gateway.stop()
    window.wait("The host is away")
    assert "gateway 'basement' is gone" in window.get(DETAIL)
    wait_for(lambda: [row[0] for row in window.rows()] == ["Bob"], "the host's row to go")
    window.shot("host-away")
    lab.gateway = Program(lab, lab.gateway_host, "gateway-again", "lanparty-gateway", "--name", "basement",
                          *lab.gateway_words)
    lab.gateway.wait_event("joined")
    lab.alice_host.run("ping", "-c", "1", "-W", "5", "192.168.77.1", check=False)
    wait_for(lambda: window.get(HEADLINE) in ("On the LAN", "Almost there"), "the host to be back", 30)


def test_dpi(window):
    """On a monitor of 144 DPI everything is half as large again."""
    before = window.size()
    window.ctl("dpi", 144)
    assert window.size() == (870, 810)
    assert colours(window.shot("large")) > 8
    window.ctl("dpi", 96)
    assert window.size() == (580, 540) and before[0] > 500


def test_leave(window):
    """Leave restores the computer's settings."""
    window.ctl("click", BUTTON)
    window.wait("Not joined")
    assert not window.machine.pins() and window.get(BUTTON) == "&Join" and window.get(ADDRESS) == ""
    window.lab.bob.stop()


def test_failure(window):
    """An invite that cannot be used says why."""
    window.ctl("set", INVITE, window.lab.invite[:-3] + "xyz")
    window.ctl("click", BUTTON)
    window.wait("Could not join")
    assert "damaged" in window.get(DETAIL)
    window.shot("failure")


def test_last_party(window):
    """Without an invite the last party is joined again, and Exit leaves it."""
    window.ctl("set", INVITE, "")
    window.ctl("click", BUTTON)
    wait_for(window.machine.pins, "the client to join", 30)
    window.ctl("command", MENU_EXIT)
    window.daemon.process.wait(30)
    window.daemon = None
    wait_for(lambda: not window.machine.pins(), "the client to leave", 30)


def test_no_service(window):
    """Without the service the window says so."""
    window.machine.run("C:\\lanparty\\lanparty-client-win.exe", "--uninstall-service")
    window.start()
    window.wait("Service not running")
    assert "not installed" in window.get(DETAIL)
    window.ctl("close")
    assert window.daemon.process.wait(20) == 0
    window.daemon = None
    window.machine.run("C:\\lanparty\\lanparty-client-win.exe", "--install-service")
