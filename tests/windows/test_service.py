"""The service: it joins and leaves for a window that has no rights, and ends its client at its own end."""

import json
import pathlib
import re

import pytest
from netlab.daemon import Daemon, wait_for

import wine

EXE = "C:\\lanparty\\lanparty-client-win.exe"


class Service:
    """Requests to the service of a machine."""

    def __init__(self, machine):
        self.machine, self.last = machine, None

    def ask(self, command, **more):
        """Sends a request; the reply, or the text of the failure."""
        text = json.dumps({"command": command, **more})
        said = self.machine.run("C:\\lanparty\\pipecall.exe", text, check=False).strip()
        return json.loads(said) if said.startswith("{") else said

    def wait(self, what, **fields):
        """Waits until the reply, or the status in it, has these fields."""
        def look():
            self.last = reply = self.ask("status")
            if not isinstance(reply, dict):
                return None
            flat = {**reply.get("status", {}), **{key: value for key, value in reply.items() if key != "status"}}
            return reply if all(flat.get(key) == value for key, value in fields.items()) else None
        try:
            return wait_for(look, what, 30)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.last}") from error


@pytest.fixture
def service(invited):
    """The service in a terminal."""
    machine = invited.machine
    machine.daemon = Daemon(invited, machine.host, "service", wine.WINE, EXE, "--serve", env=machine.env)
    made = Service(machine)
    made.wait("the service to reply", phase="idle")
    yield made
    machine.daemon.stop(2)


def log_of(machine):
    """The log file."""
    return pathlib.Path(machine.unix("C:\\ProgramData\\lanparty\\client.log")).read_text(encoding="utf-8")


def test_join_and_leave(invited, service):
    """A join by invite, the state while it runs, and everything restored after leaving."""
    machine, before = invited.machine, invited.machine.settings()
    assert "phase" in service.ask("join", invite=invited.invite, name="Alice")
    reply = service.wait("the client to join", phase="running", summary="no address")
    assert reply["status"]["room"] == "FRIDAY"
    assert [member["name"] for member in reply["status"]["members"]] == ["basement"]
    assert machine.settings() != before and machine.pins()
    assert "runs already" in service.ask("join", invite=invited.invite, name="Alice")["failure"]
    # The others see the name, and the secret is in no log.
    invited.gateway.wait_event("member_joined", name="Alice")
    secret = invited.invite.split("#")[1]
    assert "joined room FRIDAY" in log_of(machine) and secret not in log_of(machine)
    assert service.ask("leave")["phase"] == "leaving"
    assert "failure" not in service.wait("the client to end", phase="ended")
    assert machine.settings() == before and not machine.pins()


def test_refused(invited, service):
    """What cannot be joined is said in the reply, and no client is left."""
    assert "invite" in service.ask("join", invite="lanparty://nowhere", name="Alice")["failure"]
    assert "quotes" in service.ask("join", invite=invited.invite, name='A" --identity "C:\\x')["failure"]
    assert "does not know" in service.ask("fly")["failure"]
    expired = invited.gateway_host.run(wine.binary("lanparty-gateway"), "invite", "--expires", "1s", "--state",
                                       invited.path("gateway.json")).stdout
    invite = re.search(r"lanparty://\S+", expired).group()
    invited.gateway_host.run("sleep", "2")
    service.ask("join", invite=invite, name="Alice")
    assert "expired" in service.wait("the client to end", phase="ended")["failure"]


def test_end_of_service(invited, service):
    """The end of the service ends its client, which restores the settings."""
    machine, before = invited.machine, invited.machine.settings()
    service.ask("join", invite=invited.invite, name="Alice")
    service.wait("the client to join", phase="running", summary="no address")
    assert machine.settings() != before
    assert machine.daemon.stop(2, 20) in (0, None)
    assert machine.settings() == before and not machine.pins()
    assert "not running" in service.ask("status")


def test_session_of_windows_ends(invited, service):
    """The service in a terminal ends with the session of Windows, as with its console, and so does its client."""
    machine, before = invited.machine, invited.machine.settings()

    def sessions():
        return machine.run("C:\\lanparty\\windowctl.exe", "sessions", check=False).split()
    own, = wait_for(sessions, "the service's window")
    service.ask("join", invite=invited.invite, name="Alice")
    service.wait("the client to join", phase="running", summary="no address")
    machine.run("C:\\lanparty\\windowctl.exe", "end-session", own)
    assert machine.daemon.process.wait(20) == 0
    assert machine.settings() == before and not machine.pins()


def test_client_of_a_terminal(invited, service):
    """A client that was started in a terminal is shown, and leaves when it is asked to."""
    client = Daemon(invited, invited.machine.host, "terminal", wine.WINE, EXE, invited.invite, "--name", "Anna",
                    env=invited.machine.env)
    service.wait("the client to be seen", phase="running", room="FRIDAY")
    service.ask("leave")
    assert client.process.wait(20) == 0
    service.wait("the client to be gone", phase="idle")


def test_windows_service(invited):
    """Installed, started by the service manager, stopped with a client, and removed."""
    machine, before = invited.machine, invited.machine.settings()
    service = Service(machine)
    for _ in range(2):  # an upgrade installs it again
        machine.run(EXE, "--install-service")
    machine.run("sc", "start", "lanparty")
    service.wait("the service to reply", phase="idle")
    service.ask("join", invite=invited.invite, name="Alice")
    service.wait("the client to join", phase="running", summary="no address")
    assert machine.settings() != before
    machine.run(EXE, "--uninstall-service")
    assert machine.settings() == before and not machine.pins()
    assert "not running" in service.ask("status")
    machine.run(EXE, "--uninstall-service")
