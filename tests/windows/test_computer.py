"""The client's changes of the computer, and that all of them are undone, however the client ends."""

import json
import os
import pathlib
import time

import pytest
from netlab import party
from netlab.daemon import wait_for

import certs
import wine
from probes import PATIENCE_S, ping

BEFORE = {4: (1400, 25, 1, 0), 6: (1400, 25, 1, 0)}
PLAYING = {4: (1500, 1, 0, 1), 6: (1500, 1, 0, 1)}
LINUX_MAC = "02:00:00:00:00:77"


@pytest.fixture
def machine(player):
    """The computer without the client; nothing of an earlier test may be left."""
    player.alice_host.ip(f"link set {wine.TAP} mtu 1400", f"addr flush dev {wine.TAP}")
    assert settings(player.machine) == BEFORE and not player.machine.pins()
    yield player.machine
    for daemon in player.daemons:
        if isinstance(daemon, wine.Client) and daemon.running():
            daemon.stop()
    leave_nothing(player.machine)


def settings(machine):
    """Of both families."""
    return {family: machine.settings(family) for family in (4, 6)}


def leave_nothing(machine):
    """All settings are restored."""
    assert not machine.pins()
    assert settings(machine) == BEFORE
    assert not os.path.exists(machine.journal)
    machine.wait_carrier(False)


def test_session(machine):
    """The relay's route and the adapter's settings are made, and removed after Ctrl-C."""
    client = machine.client()
    machine.wait_carrier(True)
    pins = machine.pins()
    assert [(pin["gateway"], pin["dev"]) for pin in pins] == [("192.168.1.1", "eth0")]
    assert settings(machine) == PLAYING
    assert [event["family"] for event in client.events("adapter_set")] == [4, 6]
    assert client.events("route_pinned")[0]["next_hop"] == "192.168.1.1"
    # In this order: the relay's route, the adapter, the cable.
    names = [event["event"] for event in client.events()]
    assert names.index("route_pinned") < names.index("joined") < names.index("adapter_set") < names.index("tap_up")
    kinds = [change["kind"] for change in json.loads(pathlib.Path(machine.journal).read_text())["changes"]]
    assert kinds == ["route", "settings", "settings"]
    assert client.interrupt() == 0


def test_killed(machine):
    """kill -9: the driver unplugs the cable, and the next start restores everything before it begins."""
    client = machine.client()
    client.kill()
    machine.wait_carrier(False)
    assert len(machine.pins()) == 1 and settings(machine) == PLAYING and os.path.exists(machine.journal)
    client = machine.client()
    assert client.wait_event("repaired")["count"] == 3
    assert len(machine.pins()) == 1 and settings(machine) == PLAYING
    assert client.interrupt() == 0


def test_killed_then_changed(machine):
    """Another program's setting after the client was killed stays."""
    machine.client().kill()
    machine.host.run("ip", "link", "set", wine.TAP, "mtu", 1300)
    client = machine.client("--no-reconnect", relay="203.0.113.77:443", wait=False)
    client.process.wait(40)
    assert machine.settings(4)[0] == 1300
    machine.host.ip(f"link set {wine.TAP} mtu 1400")


def test_damaged_journal(machine):
    """A damaged journal is kept aside, and nothing in it is undone."""
    pathlib.Path(machine.journal).write_text('{"version": 1, "changes": [{"kind": "route"}]}')
    client = machine.client()
    assert "change 1" in client.wait_event("journal_damaged")["reason"]
    aside = pathlib.Path(machine.journal + ".damaged")
    assert aside.exists()
    aside.unlink()
    assert client.interrupt() == 0


def test_foreign_route(machine):
    """Another program's route to the relay is used, and still exists at the end."""
    machine.host.ip(f"route add {wine.RELAY}/32 via 192.168.1.1 dev eth0")
    client = machine.client()
    client.wait_event("route_kept")
    assert client.interrupt() == 0
    assert len(machine.pins()) == 1
    machine.host.ip(f"route del {wine.RELAY}/32")


def test_route_is_held(machine):
    """A removed route of ours is added again; a better route through the tunnel is not used."""
    client = machine.client()
    machine.host.ip(f"route del {wine.RELAY}/32")
    wait_for(machine.pins, "the relay's route to come back")
    machine.host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}",
                    f"route add 203.0.113.0/24 via {party.LAN_HOST} dev {wine.TAP}")
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    assert machine.pins()[0]["dev"] == "eth0"
    assert not client.events("reconnecting")
    machine.host.ip(f"route del 203.0.113.0/24 dev {wine.TAP}")
    assert client.interrupt() == 0


def test_broadcast_self_test(machine):
    """Broadcasts that leave by another interface are logged, and so are those that reach the adapter."""
    client = machine.client()
    machine.host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}")
    client.wait_event("broadcast_astray")
    assert client.interrupt() == 0
    # The effect of metric 1 on Windows.
    machine.host.ip(f"route add 255.255.255.255/32 dev {wine.TAP}")
    client = machine.client()
    client.wait_event("broadcast_arrives")
    assert client.interrupt() == 0
    machine.host.ip(f"route del 255.255.255.255/32 dev {wine.TAP}")


def test_adapter_disabled(machine):
    """The adapter disappears during a session and returns: the session continues, with the adapter configured again."""
    client = machine.client()
    machine.host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}")
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    machine.set_enabled(False)
    client.wait_event("tap_down")
    machine.wait_carrier(False)
    after = client.mark()
    machine.set_enabled(True)
    client.wait_event("tap_up", after=after)
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    assert settings(machine) == PLAYING and not client.events("reconnecting")
    assert client.interrupt() == 0


def test_settings_forgotten(machine):
    """Windows makes the IP interface again and forgets what was set: the client sets it again."""
    client = machine.client()
    for family, values in BEFORE.items():
        machine.set(family, values)
    wait_for(lambda: settings(machine) == PLAYING, "the settings to come back")
    assert not client.events("adapter_foreign")
    assert client.interrupt() == 0


def test_gateway_after_client(player, machine):
    """The gateway comes after the player: the adapter is reconnected, which makes Windows ask for an address."""
    player.gateway.stop()
    client = machine.client(wait=False)
    client.wait_event("joined", 40)
    machine.wait_carrier(True)
    before = machine.bridge.output().count("media 1")
    player.start_gateway()
    client.wait_event("address_asked", 40)
    wait_for(lambda: machine.bridge.output().count("media 1") == before + 1, "the cable to come back")
    machine.wait_carrier(True)
    assert ping_through(machine) and settings(machine) == PLAYING
    # With an address the LAN's return is no reason.
    mark = client.mark()
    player.gateway.stop()
    client.wait_event("gateway_gone", 40, mark)
    player.start_gateway()
    client.wait_event("gateway_present", 40, mark)
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    assert machine.bridge.output().count("media 1") == before + 1
    assert client.interrupt() == 0


def test_adapter_in_coma(machine):
    """The computer wakes up, which Windows notifies of. The adapter has no link although its driver was asked for one, as
    after sleep: it is closed and opened again."""
    power = pathlib.Path(machine.folder, "power.txt")
    power.unlink(missing_ok=True)
    client = machine.client()
    pathlib.Path(machine.folder, "resume").touch()
    wait_for(lambda: "resume" in power.read_text(), "the notification")
    after = client.mark()
    machine.drop_link()
    client.wait_event("tap_down", 40, after)
    client.wait_event("tap_up", 40, after)
    machine.wait_carrier(True)
    assert ping_through(machine)
    assert client.interrupt() == 0
    said = power.read_text().split()
    assert said.count("register") == said.count("unregister") > 0


def test_no_enumeration(machine):
    """Adapters are not enumerated while frames are carried: that takes milliseconds on the thread that carries them."""
    client = machine.client("--no-inbound")  # which asks Wine's list of networks, on another thread
    before = machine.calls("GetAdaptersAddresses")
    ping_through(machine)
    time.sleep(10)
    assert machine.calls("GetAdaptersAddresses") - before <= 2  # 12 a minute
    assert client.interrupt() == 0


def test_new_room(machine):
    """The lease of another room's LAN is released; the same room's is kept."""
    pathlib.Path(machine.unix(machine.identity)).unlink(missing_ok=True)
    for releases in (1, 0):
        before = machine.calls("IpReleaseAddress"), machine.calls("IpRenewAddress")
        client = machine.client()
        wait_for(lambda: machine.calls("IpRenewAddress") == before[1] + releases, "the renewal")
        assert machine.calls("IpReleaseAddress") == before[0] + releases
        assert client.interrupt() == 0


def test_release(machine):
    """The LAN gets its address back when the player leaves, but not one that somebody set by hand."""
    client = machine.client()
    assert ping_through(machine)
    before = machine.calls("IpReleaseAddress")
    assert client.interrupt() == 0
    assert machine.calls("IpReleaseAddress") == before + 1
    key = f"HKLM\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\{machine.guid}"
    machine.run("reg", "add", key, "/v", "EnableDHCP", "/t", "REG_DWORD", "/d", "0", "/f")
    client = machine.client()
    assert client.wait_event("address_fixed", 40)["address"] == party.ALICE
    assert client.interrupt() == 0
    assert machine.calls("IpReleaseAddress") == before + 1
    machine.run("reg", "delete", key, "/f")


def test_wifi(machine):
    """Wi-Fi adapters do not scan while the client is joined; Windows ends that when the handle is closed."""
    log = pathlib.Path(machine.folder, "wifi.txt")
    log.unlink(missing_ok=True)
    client = machine.client()
    settings_made = ["open", "1 scan 0", "1 streaming 1", "2 scan 0", "2 streaming 1"]
    wait_for(lambda: log.exists() and log.read_text().split("\n")[:-1] == settings_made, "the settings to be made")
    assert client.interrupt() == 0
    assert log.read_text().split("\n")[:-1] == settings_made + ["close"]


def test_inbound(machine):
    """Wine cannot make a network private and pretends to add firewall rules: they are in the journal until the end."""
    client = machine.client()
    machine.host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}")
    assert "rules" in client.wait_event("inbound_open", 60)["how"]
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    kinds = [change["kind"] for change in json.loads(pathlib.Path(machine.journal).read_text())["changes"]]
    assert kinds == ["route", "settings", "settings", "firewall"]
    assert client.interrupt() == 0
    client = machine.client("--no-inbound")
    machine.host.ip(f"addr replace {party.ALICE}/24 dev {wine.TAP}")
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    assert client.interrupt() == 0
    assert not client.events("inbound_blocked") and not client.events("inbound_open")


def ends(client):
    """Waits until a failing client exits; its exit code."""
    return client.process.wait(40)


def test_wrong_certificate(player, machine):
    """A relay with another certificate than the player's file is refused, and nothing is left."""
    other = certs.Certificates(player.dir).authority("other")
    client = machine.client(wait=False, cert=other)
    assert ends(client) != 0
    assert "certificate" in client.events("failed")[-1]["text"]


def test_duplicate_mac(player, machine):
    """The MAC is in use: an error, and nothing is left."""
    bob = player.start_client(player.bob_host, mac=wine.MAC)
    client = machine.client("--no-reconnect", wait=False)
    assert ends(client) != 0
    assert "is already in room" in client.events("failed")[-1]["text"]
    bob.stop()


def test_no_relay(machine):
    """No reply: an error, and nothing is left."""
    client = machine.client("--no-reconnect", relay="203.0.113.77:443", wait=False)
    assert ends(client) != 0
    assert client.events("failed")


def test_relay_away(player, machine):
    """The relay ends during a session: the client reconnects automatically when it is back."""
    client = machine.client()
    machine.host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}")
    player.relay.stop()
    client.wait_event("reconnecting", 40)
    assert len(machine.pins()) == 1
    after = client.mark()
    gateway_after = player.gateway.mark()
    player.start_relay()
    client.wait_event("joined", 40, after)
    player.gateway.wait_joined(40, gateway_after)
    assert ping(machine.host, party.LAN_HOST, PATIENCE_S)
    assert client.interrupt() == 0


def test_second_client(machine):
    """A second client reports the first one, and leaves its changes alone."""
    first = machine.client()
    second = machine.client("--virtual-mac", LINUX_MAC, wait=False)
    assert ends(second) != 0
    assert "another client" in second.events("failed")[-1]["text"]
    assert len(machine.pins()) == 1 and settings(machine) == PLAYING
    assert ping_through(machine)
    assert first.interrupt() == 0


def ping_through(machine):
    """A LAN host replies."""
    machine.host.ip(f"addr add {party.ALICE}/24 dev {wine.TAP}")
    return ping(machine.host, party.LAN_HOST, PATIENCE_S)


def test_ipv6(machine):
    """A relay with an IPv6 address also gets a host route."""
    def pins():
        return machine.host.ip_json("-6", "route", "show", party.RELAY6 + "/128")
    assert not pins()
    client = machine.client(relay=f"[{party.RELAY6}]:443")
    assert [(pin["gateway"], pin["dev"]) for pin in pins()] == [("2001:db8:201::1", "eth0")]
    assert client.interrupt() == 0
    assert not pins()


def test_network_changes(player, machine):
    """Another router takes over: the relay's route moves there, and the session continues."""
    player.nat.ip("addr add 192.168.1.2/24 dev home")
    client = machine.client()
    machine.host.ip("route replace default via 192.168.1.2 dev eth0")
    wait_for(lambda: [pin["gateway"] for pin in machine.pins()] == ["192.168.1.2"], "the route to move")
    assert ping_through(machine) and not client.events("reconnecting")
    machine.host.ip("route replace default via 192.168.1.1 dev eth0")
    wait_for(lambda: [pin["gateway"] for pin in machine.pins()] == ["192.168.1.1"], "the route to move back")
    assert client.interrupt() == 0
