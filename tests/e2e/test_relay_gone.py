"""The relay ends or disappears: members report it."""

import signal

import pytest

from netlab import party

from probes import PATIENCE_S, TAP, ping


@pytest.fixture
def lab(fresh_party):
    """A party whose members do not reconnect."""
    made = fresh_party()
    made.start_servers()
    made.start_relay()
    made.start_gateway("--no-reconnect", wait=False)
    made.alice = made.start_client(made.alice_host, "--no-reconnect")
    made.gateway.wait_joined()
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    return made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_relay_stops(lab, number):
    """On SIGTERM a relay sends `disconnect`; with --no-reconnect members exit with 1 and clean up."""
    assert lab.relay.stop(number) == 0
    for member in (lab.alice, lab.gateway):
        assert member.wait_end() == 1
        assert member.events("failed")[0]["text"].endswith("is restarting")
    assert not lab.alice_host.has(TAP)


def test_relay_dies(lab):
    """A relay that disappears silently is detected."""
    lab.relay_host.ip("link set eth0 down")
    for member in (lab.alice, lab.gateway):
        assert member.wait_end(60) == 1
        assert "does not answer" in member.events("failed")[0]["text"]
    assert not lab.alice_host.has(TAP)
