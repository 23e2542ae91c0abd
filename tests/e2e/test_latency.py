"""Round trips in the status, compared with what ping measures."""

import json

from netlab import party
from netlab.daemon import wait_for
from netlab.impair import Impair

from probes import PATIENCE_S, ping

DELAY_MS = 40  # each way between relay and one player


def test_against_ping(fresh_party):
    """The estimates of the LAN and of another player agree with ping, for a path of 80 ms: the peer's ACK delay of 20 ms
    would show."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay()
    lab.start_gateway()
    Impair(lab, lab.relay_host, party.RELAY, 1443, party.RELAY, 443, delay_ms=DELAY_MS)
    clients = [lab.start_client(host, "--name", name, "--status-socket", lab.path(f"{name}.sock"), relay=relay)
               for host, name, relay in ((lab.alice_host, "Far", party.RELAY + ":1443"),
                                         (lab.bob_host, "Near", party.RELAY + ":443"))]
    assert all(client.running() for client in clients)

    def status(host, name):
        return json.loads(host.run("curl", "-sS", "--unix-socket", lab.path(f"{name}.sock"), "http://x/status").stdout)

    def rtt_of_far():
        for member in status(lab.bob_host, "Near")["members"]:
            if member["name"] == "Far" and member["rtt_us"] > 0:
                return member["rtt_us"] / 1000
        return None

    def quickest(source, address):
        return min(ping(source, address, PATIENCE_S)[0] for _ in range(5))
    lan_ms = wait_for(lambda: status(lab.alice_host, "Far")["lan_rtt_us"] / 1000 or None, "the LAN's round trip", 30)
    player_ms = wait_for(rtt_of_far, "the player's round trip", 30)
    lan_ping_ms, player_ping_ms = quickest(lab.alice_host, party.LAN_HOST), quickest(lab.bob_host, party.ALICE)
    print(f"LAN {lan_ms:.1f} ms, ping {lan_ping_ms:.1f} ms; player {player_ms:.1f} ms, ping {player_ping_ms:.1f} ms")
    assert 0.8 < lan_ms / lan_ping_ms < 1.25
    assert 0.8 < player_ms / player_ping_ms < 1.25
