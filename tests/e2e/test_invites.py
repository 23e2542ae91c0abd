"""Rooms with keys: the operator makes a room, the host and the players join with nothing but invites."""

import json
import os

import pytest
from netlab import party
from netlab.programs import Program, binary

from probes import IMPATIENCE_S, PATIENCE_S, ping

pytestmark = pytest.mark.usefixtures("tidy")


def invites_of(text):
    """The invites in the output of a command."""
    return [word for word in text.split() if word.startswith("lanparty://")]


class Lab:
    """A party with a relay that admits members by invite alone."""

    def __init__(self, made, rooms="keyed"):
        self.party = made
        self.state = made.path("relay-state")
        made.start_servers()
        made.start_relay("--rooms", rooms, "--public", party.RELAY)
        added = self.room("add", "FRIDAY", "--public", party.RELAY)
        self.host_invite, = invites_of(added.stdout)

    def room(self, *args, check=True):
        """Runs a command of the relay's operator."""
        return self.party.relay_host.run(binary("lanparty-relay"), "room", *args, "--state-dir", self.state,
                                         check=check)

    def gateway_command(self, *args, check=True):
        """Runs a command of the host."""
        return self.party.gateway_host.run(binary("lanparty-gateway"), *args, "--state",
                                           self.party.path("gateway.json"), check=check)

    def start_gateway(self, *args):
        """Starts the gateway with the host's invite, or with what it remembers."""
        gateway = Program(self.party, self.party.gateway_host, "gateway", "lanparty-gateway", *args, "--interface", "lan",
                          "--state", self.party.path("gateway.json"))
        gateway.wait_event("joined")
        return gateway

    def start_client(self, host, *args, name=None, wait=True, env=None):
        """Starts a client with these arguments and no others that name a relay or a room."""
        name = name or f"client-{host.name}"
        client = Program(self.party, host, name, "lanparty-client", *args, "--identity",
                         self.party.path(f"{name}.json"), env=env)
        if wait:
            client.wait_event("tap_up")
            self.party.give_address(host)
        return client


@pytest.fixture(scope="module")
def lab(new_party):
    """The party of this module; its gateway runs."""
    made = Lab(new_party())
    made.gateway = made.start_gateway(made.host_invite)
    made.invite, = invites_of(made.gateway_command("invite", "--name", "players").stdout)
    return made


def failure_of(program):
    """The reason of a program that ends by itself."""
    program.process.wait(30 * PATIENCE_S)
    return json.loads([line for line in program.output().splitlines() if '"failed"' in line][-1])["text"]


def test_party(lab):
    """Everyone is in by the invite alone, and the next start needs no argument."""
    alice = lab.party.alice_host
    assert len(lab.invite) <= 180
    client = lab.start_client(alice, lab.invite)
    assert ping(alice, party.LAN_HOST, PATIENCE_S)
    client.stop()
    client = lab.start_client(alice)
    assert ping(alice, party.LAN_HOST, PATIENCE_S)
    client.stop()


def test_operator_invite(lab):
    """The operator prints the host's invite again, alone or with the room."""
    alone = lab.room("invite", "FRIDAY", "--public", party.RELAY).stdout
    assert alone == lab.host_invite + "\n"
    assert invites_of(lab.room("show", "FRIDAY", "--public", party.RELAY).stdout) == [lab.host_invite]
    assert "no room NOWHERE" in lab.room("invite", "NOWHERE", "--public", party.RELAY, check=False).stderr


def test_new_room(fresh_party):
    """A gateway creates a room at an open relay; players join by its invite, and its next start needs no option."""
    made = fresh_party()
    made.start_relay()
    state = made.path("gateway.json")
    gateway = ["--interface", "lan", "--state", state]
    create = ["--relay", f"{party.RELAY}:443", "--relay-ca-cert", made.relay.cert, "--new-room"]
    room = None
    for options in (create, create, []):  # the same room each time
        host = Program(made, made.gateway_host, "gateway", "lanparty-gateway", *options, *gateway)
        joined = host.wait_event("joined")
        room = room or joined["room"]
        assert joined["room"] == room
        if options or not room:
            assert host.stop() == 0
    invite, = invites_of(made.gateway_host.run(binary("lanparty-gateway"), "invite", "--state", state).stdout)
    client = Program(made, made.bob_host, "client", "lanparty-client", invite, "--identity", made.path("bob.json"))
    client.wait_event("tap_up")
    made.give_address(made.bob_host)
    assert ping(made.bob_host, party.LAN_HOST, PATIENCE_S)
    listed = made.relay_host.run(binary("lanparty-relay"), "room", "list", "--state-dir", made.path("relay-state"))
    assert listed.stdout.split()[0] == room and "by its gateway" in listed.stdout
    assert client.stop() == 0 and host.stop() == 0


def test_welcome(lab):
    """The first command after an installation makes a room, and prints the same invite each time."""
    state = lab.party.path("welcome-state")

    def welcome(host, *args, check=True):
        return host.run(binary("lanparty-relay"), "welcome", "--state-dir", state, *args, check=check)

    # Behind a router the address of the relay is not known.
    assert "Pass --public" in welcome(lab.party.alice_host, check=False).stderr
    invite, = invites_of(welcome(lab.party.relay_host).stdout)
    assert invites_of(welcome(lab.party.relay_host).stdout) == [invite]
    assert invites_of(welcome(lab.party.alice_host, "--public", party.RELAY).stdout) == [invite]
    assert invites_of(welcome(lab.party.relay_host, "--public", "play.example.org").stdout) != [invite]


def test_listed_rooms(fresh_party):
    """A relay that lists its rooms admits members to a plain room that was added, while it runs, and to no other."""
    made = fresh_party()
    made.start_relay("--rooms", "listed")
    state = made.path("relay-state")
    outside = made.start_client(made.bob_host, "--no-reconnect", room="PLAIN", wait=False)
    assert "only the rooms of its operator" in failure_of(outside)
    added = made.relay_host.run(binary("lanparty-relay"), "room", "add", "PLAIN", "--plain", "--state-dir", state)
    assert "without keys" in added.stdout
    client = made.start_client(made.bob_host, room="PLAIN")
    listed = made.relay_host.run(binary("lanparty-relay"), "room", "list", "--state-dir", state).stdout
    assert listed.split()[0] == "PLAIN" and listed.rstrip().endswith("plain")
    assert client.stop() == 0


def test_invite_file(lab):
    """An invite in a file; the list of the host has it."""
    bob = lab.party.bob_host
    path = lab.party.path("invite.txt")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"<{lab.invite}>\n")
    client = lab.start_client(bob, "--invite-file", path)
    assert ping(bob, party.LAN_HOST, PATIENCE_S)
    client.stop()
    assert lab.invite in invites_of(lab.gateway_command("invites").stdout)


def test_plain_room_refused(lab):
    """A relay for invites alone has no plain rooms, and a room code is no invite."""
    bob = lab.party.bob_host
    plain = ["--relay", f"{party.RELAY}:443", "--relay-ca-cert", lab.party.relay.cert, "--server-name",
             "lanparty-relay.local", "--room"]
    for room in "FRIDAY", "OTHER":
        client = lab.start_client(bob, *plain, room, name=f"plain-{room}", wait=False)
        assert "by invite alone" in failure_of(client)


def test_invite_for_one(lab):
    """An invite for one member admits one, who comes back."""
    once, = invites_of(lab.gateway_command("invite", "--uses", "1").stdout)
    client = lab.start_client(lab.party.bob_host, once, name="first")
    client.stop()
    client = lab.start_client(lab.party.bob_host, name="first")
    assert ping(lab.party.bob_host, party.LAN_HOST, PATIENCE_S)
    client.stop()
    assert "as many members" in failure_of(lab.start_client(lab.party.bob_host, once, name="second", wait=False))


def test_refused_before_anything_is_sent(lab):
    """Damaged, expired and wrong invites end the program with the reason, without a packet."""
    run = lab.party.bob_host.run
    expired, = invites_of(lab.gateway_command("invite", "--expires", "1s").stdout)
    for invite, reason in ((lab.invite[:-2] + "xx", "damaged"), (lab.host_invite, "lanparty-gateway"),
                           (lab.invite[:60], "missing"), ("sttaus", "no command")):
        done = run(binary("lanparty-client"), invite, "--identity", lab.party.path("none.json"), check=False)
        assert done.returncode in (1, 2) and reason in done.stderr, done.stderr
    run("sleep", "2")
    done = run(binary("lanparty-client"), expired, "--identity", lab.party.path("none.json"), check=False)
    assert done.returncode == 1 and "expired" in done.stderr, done.stderr
    done = run(binary("lanparty-client"), lab.invite, "--room", "X-1", "--identity", lab.party.path("none.json"), check=False)
    assert done.returncode == 2 and "one or the other" in done.stderr, done.stderr


@pytest.fixture
def bob(lab):
    """A client called Bob, on the LAN."""
    client = lab.start_client(lab.party.bob_host, lab.invite, "--name", "Bob", name="bob")
    assert ping(lab.party.bob_host, party.LAN_HOST, PATIENCE_S)
    yield client
    client.stop()


def test_kick(lab, bob):
    """A kicked player leaves at once, with the reason, and may come back."""
    assert "Bob" in lab.gateway_command("players").stdout
    assert "was removed" in lab.gateway_command("kick", "bob").stdout
    assert "removed from the room by its host" in failure_of(bob)
    assert "Bob" not in lab.gateway_command("players").stdout
    again = lab.start_client(lab.party.bob_host, name="bob")
    again.stop()
    done = lab.gateway_command("kick", "nobody", check=False)
    assert done.returncode == 1 and "no member 'nobody'" in done.stderr


def test_ban(lab, bob):
    """A banned player leaves at once and stays out, after a new start too, until the ban is lifted."""
    assert "was banned" in lab.gateway_command("ban", "Bob").stdout
    assert "banned from the room by its host" in failure_of(bob)
    assert "you are banned" in failure_of(lab.start_client(lab.party.bob_host, name="bob", wait=False))
    assert "Bob" in lab.room("show", "FRIDAY", "--public", party.RELAY).stdout
    assert "may join again" in lab.gateway_command("unban", "Bob").stdout
    lab.start_client(lab.party.bob_host, name="bob").stop()


def test_operator(lab, bob):
    """The operator removes a member of any room."""
    assert "was removed" in lab.party.relay_host.run(binary("lanparty-relay"), "kick", "friday", "Bob").stdout
    assert "removed from the room" in failure_of(bob)
    done = lab.party.relay_host.run(binary("lanparty-relay"), "ban", "FRIDAY", "Nobody", check=False)
    assert done.returncode == 1 and "no member 'Nobody'" in done.stderr


def test_lock(lab, bob):
    """A locked room admits no newcomers; who is in it stays."""
    lab.gateway_command("lock")
    refused = lab.start_client(lab.party.alice_host, lab.invite, name="newcomer", wait=False)
    assert "is locked" in failure_of(refused)
    assert ping(lab.party.bob_host, party.LAN_HOST, PATIENCE_S)
    assert bob.running()
    lab.gateway_command("unlock")
    lab.start_client(lab.party.alice_host, lab.invite, name="newcomer-2").stop()


def test_revoke(lab):
    """A revoked invite admits nobody; the others stay valid."""
    invite, = invites_of(lab.gateway_command("invite", "--name", "leaked").stdout)
    line, = [text for text in lab.gateway_command("invites").stdout.splitlines() if "leaked" in text]
    assert "admits nobody" in lab.gateway_command("revoke", line.split()[0]).stdout
    assert "was revoked" in failure_of(lab.start_client(lab.party.bob_host, invite, name="thief", wait=False))
    listed = lab.gateway_command("invites").stdout
    line, = [text for text in listed.splitlines() if "leaked" in text]
    assert line.endswith(", revoked") and invite not in invites_of(listed) and lab.invite in invites_of(listed)


def test_another_gateway(lab):
    """A client refuses another gateway than the one that it met, until it is told to accept it."""
    bob = lab.party.bob_host
    client = lab.start_client(bob, lab.invite, name="bob")
    client.wait_event("gateway_present")
    client.stop()
    lab.gateway.stop()
    os.rename(lab.party.path("gateway.json"), lab.party.path("kept.json"))
    other = lab.start_gateway(lab.host_invite)
    assert "is not the one that was there before" in failure_of(lab.start_client(bob, name="bob", wait=False))
    client = lab.start_client(bob, "--accept-new-gateway", name="bob")
    client.wait_event("gateway_present")
    client.stop()
    lab.start_client(bob, name="bob").stop()
    other.stop()
    os.rename(lab.party.path("kept.json"), lab.party.path("gateway.json"))
    lab.gateway = lab.start_gateway()


def test_room_commands(lab):
    """The operator's list; a room that is removed while the relay runs is closed to newcomers."""
    assert "FRIDAY" in lab.room("list").stdout
    assert invites_of(lab.room("show", "friday", "--public", party.RELAY).stdout) == [lab.host_invite]
    assert lab.room("add", "FRIDAY", "--public", party.RELAY, check=False).returncode == 1
    added = lab.room("add", "--public", party.RELAY).stdout
    code = added.split()[1]
    assert lab.room("remove", code).returncode == 0
    assert code not in lab.room("list").stdout
    client = lab.start_client(lab.party.bob_host, lab.invite, name="late")
    assert not ping(lab.party.bob_host, "10.20.0.77", IMPATIENCE_S)
    client.stop()
