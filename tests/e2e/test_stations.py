"""Computers behind a player: bridged to the TAP, with MACs of their own."""

from netlab import party

from probes import PATIENCE_S, TAP, ping

MAC = "02:00:00:00:00:5a"


def test_console_behind_a_player(fresh_party):
    """A console on the player's second port, bridged to the TAP: without --stations the client says what it dropped, with
    it the console and the LAN reach each other, and a second console is one too many."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay()
    lab.start_gateway()
    player = lab.alice_host
    consoles = [lab.host(name) for name in ("console1", "console2")]

    def plug(number):
        lab.cable(player, f"port{number}", consoles[number], "eth0")
        consoles[number].ip(f"addr add 10.20.0.{60 + number}/24 dev eth0")

    def bridge():
        player.ip("link add br0 type bridge", f"link set {TAP} master br0", "link set br0 up")
        for link in player.ip_json("link"):
            if link["ifname"].startswith("port"):
                player.ip(f"link set {link['ifname']} master br0")
    plug(0)
    alice = lab.start_client(player, "--no-dhcp", address=False)
    bridge()
    assert not ping(consoles[0], party.LAN_HOST, 2)
    assert alice.wait_event("station_refused")["needed"] == 2
    alice.stop()
    player.ip("link del br0")
    alice = lab.start_client(player, "--no-dhcp", "--stations", "2", address=False, mac=MAC)
    bridge()
    player.ip(f"link set br0 address {MAC}")
    assert ping(consoles[0], party.LAN_HOST, PATIENCE_S)
    assert ping(lab.lan_host, "10.20.0.60", PATIENCE_S)
    plug(1)
    player.ip("link set port1 master br0")
    assert not ping(consoles[1], party.LAN_HOST, 2)
    assert ping(consoles[0], party.LAN_HOST, PATIENCE_S)
