"""Other interfaces of a player's computer: games still find the LAN, or the client logs what conflicts."""

import contextlib
import socket

from netlab import lan_server, party
from netlab.daemon import wait_for

from probes import PATIENCE_S, TAP, ping


def found(host, target):
    """True if a game that binds to no interface finds the server."""
    with host.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.settimeout(1)
        sock.sendto(lan_server.QUESTION, (target, party.GAME_PORT))
        with contextlib.suppress(TimeoutError):
            return sock.recvfrom(2048)[1][0] == party.LAN_HOST
    return False


TARGETS = ("255.255.255.255", lan_server.GROUP)


def start(lab, *options):
    """The party with a game server, and a client with an address of the LAN."""
    lab.start_servers()
    lab.start_relay()
    lab.start_gateway()
    alice = lab.start_client(lab.alice_host, *options)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    return alice


def test_games_find_the_server(fresh_party):
    """Broadcasts go to the LAN although the default route is elsewhere, until the client ends, and also after the
    adapter was without an address for a while."""
    lab = fresh_party()
    before = lab.alice_host.run("ip", "route").stdout
    assert "default" in before
    alice = start(lab)
    for target in TARGETS:
        wait_for(lambda target=target: found(lab.alice_host, target), f"the server, by {target}")
    lab.alice_host.ip(f"addr flush dev {TAP} scope global")
    lab.give_address(lab.alice_host)
    for target in TARGETS:
        wait_for(lambda target=target: found(lab.alice_host, target), f"the server again, by {target}")
    assert not alice.events("broadcast_astray") and not alice.events("same_network")
    assert alice.stop() == 0
    assert lab.alice_host.run("ip", "route").stdout == before


def test_broadcasts_leave_by_another_interface(fresh_party):
    """With only the default route, they miss the LAN: the client logs it, and its advice works."""
    lab = fresh_party()
    alice = start(lab, "--no-broadcast-routes")
    assert not any(found(lab.alice_host, target) for target in TARGETS), "this proves nothing"
    advice = alice.wait_event("broadcast_astray", device=TAP)["advice"]
    commands = [part for part in advice.split("'") if part.startswith("sudo ip ")]
    assert "eth0" in advice and len(commands) == 2, advice
    lab.alice_host.ip(*(command.removeprefix("sudo ip ") for command in commands))
    for target in TARGETS:
        wait_for(lambda target=target: found(lab.alice_host, target), f"the server, by {target}")
    assert len(alice.events("broadcast_astray")) == 1


def test_same_network_at_home(fresh_party):
    """The LAN has the same addresses as the player's home."""
    lab = fresh_party()
    lab.start_relay()
    lab.start_gateway()
    lab.lan_host.ip("addr flush dev eth0", "addr add 192.168.1.10/24 dev eth0")
    alice = lab.start_client(lab.alice_host, address=False)
    assert not alice.events("same_network")
    lab.alice_host.ip(f"addr add 192.168.1.115/24 dev {TAP}")
    alice.wait_event("same_network", device=TAP, other="eth0")
    assert lab.alice_host.run("ping", "-c", 1, "-W", 1, "192.168.1.10", check=False).returncode
    lab.alice_host.ip(f"route add 192.168.1.10 dev {TAP}")
    assert ping(lab.alice_host, "192.168.1.10", PATIENCE_S)
