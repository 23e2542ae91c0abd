"""A Windows player on the party's LAN: LAN protocols work through the tunnel, in both directions."""

import pytest
from netlab import party

import wine
from probes import PATIENCE_S, IMPATIENCE_S, download, lan_says, lease, listener, ping, question


@pytest.fixture(scope="module")
def dark(player):
    """Before the client runs the LAN is not reachable."""
    player.machine.run("C:\\lanparty\\lanparty-client-win.exe", "--help")
    player.alice_host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}")
    assert not ping(player.alice_host, party.LAN_HOST, IMPATIENCE_S)
    assert not question(player, player.alice_host, "255.255.255.255", IMPATIENCE_S, wine.TAP)
    player.alice_host.ip(f"addr del {party.ALICE}/24 dev {wine.TAP}")
    return player


@pytest.fixture(scope="module")
def lit(dark):
    """The client is in the room, and the adapter has an address of the LAN's DHCP server."""
    dark.client = dark.machine.client()
    dark.machine.wait_carrier(True)
    dark.address = lease(dark, dark.alice_host, wine.TAP)
    yield dark
    assert dark.client.interrupt() == 0


def test_list_adapters(player):
    """The adapter is found among others that resemble it."""
    said = player.machine.run("C:\\lanparty\\lanparty-client-win.exe", "--list-adapters")
    assert wine.ADAPTER in said and player.machine.guid in said
    assert "555555555555" not in said and "no GUID" not in said and "444444444444" not in said


def test_dhcp(lit):
    """The LAN's DHCP server gave the address, to the adapter's MAC."""
    assert lit.address and lit.dnsmasq.leases()[wine.MAC] == lit.address


def test_events(lit):
    """The client logs which adapter it uses, and its MAC in the room."""
    up = lit.client.events("tap_up")[0]
    assert (up["name"], up["mac"], up["mtu"]) == (wine.ADAPTER, wine.MAC, 1500)


def test_ping(lit):
    """In both directions, small and full size."""
    assert ping(lit.lan_host, lit.address, PATIENCE_S)
    assert ping(lit.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(lit.lan_host, lit.address, PATIENCE_S, "-s", 1472, "-M", "do")


def test_broadcast_to_lan(lit):
    """The player's broadcast finds the LAN's server."""
    assert question(lit, lit.alice_host, "255.255.255.255", PATIENCE_S, wine.TAP) == "lanhost is here"


@pytest.mark.parametrize("group", [None, "239.77.77.77"], ids=["broadcast", "multicast"])
def test_from_lan(lit, group):
    """A broadcast and a multicast from the LAN reach the player."""
    with listener(lit.alice_host, party.GAME_PORT + 1, wine.TAP, group) as sock:
        assert lan_says(lit, lit.alice_host, "lanhost shouts", sock, PATIENCE_S)


def test_download(lit):
    """TCP, 1 MB with checksum."""
    assert download(lit, lit.alice_host, 1 << 20, 60)


def test_linux_player(lit):
    """A Linux player and the Windows player reach each other."""
    bob = lit.start_client(lit.bob_host)
    assert ping(lit.bob_host, lit.address, PATIENCE_S)
    assert ping(lit.alice_host, party.BOB, PATIENCE_S)
    bob.stop()
