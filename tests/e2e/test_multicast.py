"""IP multicast goes to the players that joined the group, and to the LAN (IGMP and MLD snooping at the relay)."""

import select
import socket
import struct
import time

import pytest
from netlab import wire
from netlab.daemon import wait_for

from probes import PATIENCE_S, TAP

PORT = 5004
GROUPS = {"239.9.9.9": socket.AF_INET, "ff05::9:9": socket.AF_INET6}
QUIET_S = 1.0


def join(host, group, interface=TAP):
    """A socket that is a member of the group."""
    family = GROUPS[group]
    with host.inside():
        sock = socket.socket(family, socket.SOCK_DGRAM)
        index = socket.if_nametoindex(interface)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            struct.pack("4s4si", socket.inet_aton(group), b"\0" * 4, index))
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                            socket.inet_pton(family, group) + struct.pack("I", index))
        sock.bind((group, PORT))
    return sock


class Stream:
    """A sender on a host's interface."""

    def __init__(self, host, group, interface):
        family = GROUPS[group]
        with host.inside():
            self.sock = socket.socket(family, socket.SOCK_DGRAM)
            index = socket.if_nametoindex(interface)
            if family == socket.AF_INET:
                self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                     struct.pack("4s4si", b"\0" * 4, b"\0" * 4, index))
            else:
                self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
                self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 4)
        self.target = (group, PORT)

    def until(self, done, patience_s=PATIENCE_S):
        """Sends until done() holds; False after the timeout."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            self.sock.sendto(b"softlan stream", self.target)
            if done():
                return True
            time.sleep(0.02)
        return False


def arrived(sock):
    """True if the socket received something; reads it."""
    if not select.select([sock], [], [], 0)[0]:
        return False
    sock.recv(2048)
    return True


def passed(tap):
    """The frames of a stream that arrived at a TAP since the last call."""
    return sum(b"softlan stream" in frame for frame in tap.read())


# Where computers report the groups that they are in: IGMPv3 and MLDv2.
REPORTS = (bytes.fromhex("01005e000016"), bytes.fromhex("333300000016"))


def reported(tap, group):
    """True if a report of the group arrived at an interface since the last call."""
    wanted = socket.inet_pton(GROUPS[group], group)
    return any(frame[:6] in REPORTS and wanted in frame for frame in tap.read())


def quiet(stream, tap):
    """True once a stream does not arrive at the TAP for a second."""
    def silent():
        passed(tap)
        stream.until(lambda: False, QUIET_S)
        return passed(tap) == 0
    return any(silent() for _ in range(15))


@pytest.fixture
def lab(fresh_party):
    """Relay, gateway and two players."""
    made = fresh_party()
    made.players = made.start_all()
    return made


@pytest.mark.parametrize("group", GROUPS)
def test_only_members_receive(lab, group):
    """Of two players only the one that joined receives a stream of the LAN, also after the relay restarted; the other
    one does when it joins. After the last leave no player receives it."""
    stream = Stream(lab.lan_host, group, "eth0")
    with wire.Tap(lab.alice_host, TAP) as alice_tap, wire.Tap(lab.bob_host, TAP) as bob_tap:
        # A group without reports is flooded: the stream would reach Bob.
        assert stream.until(lambda: passed(bob_tap) > 0) and stream.until(lambda: passed(alice_tap) > 0)
        with join(lab.alice_host, group) as alice:
            assert stream.until(lambda: arrived(alice))
            assert quiet(stream, bob_tap)
            assert stream.until(lambda: arrived(alice))

            # The relay has forgotten the group; the client's query makes the computer report it again.
            lab.relay.kill()
            lab.start_relay()
            for member in (lab.gateway, *lab.players):
                wait_for(lambda member=member: len(member.events("joined")) == 2, "the member to be back")
            assert stream.until(lambda: passed(alice_tap) > 0)
            assert quiet(stream, bob_tap)
            assert stream.until(lambda: passed(alice_tap) > 0)

            with join(lab.bob_host, group) as bob:
                assert stream.until(lambda: arrived(bob))
            assert quiet(stream, bob_tap)
        assert quiet(stream, alice_tap)


@pytest.mark.parametrize("group", GROUPS)
def test_lan_receives_all(lab, group):
    """A player's stream reaches the LAN and the player that joined, and not the one that did not."""
    stream = Stream(lab.alice_host, group, TAP)
    with wire.Tap(lab.lan_host, "eth0") as lan, wire.Tap(lab.bob_host, TAP) as bob_tap:
        with join(lab.bob_host, group) as bob:
            # Until then the stream is flooded, and a leave would be that of a group that the relay does not know.
            assert stream.until(lambda: reported(lan, group))
            assert stream.until(lambda: arrived(bob))
            assert stream.until(lambda: passed(lan) > 0)
        assert quiet(stream, bob_tap)
        passed(lan)
        assert stream.until(lambda: passed(lan) > 0)


def test_too_many_groups(lab):
    """A player in more groups than the relay keeps for a member: it receives all groups, and the relay logs that once."""
    socks = []
    for n in range(36):
        GROUPS[f"239.7.7.{n}"] = socket.AF_INET
        socks.append(join(lab.bob_host, f"239.7.7.{n}"))
    event = lab.relay.wait_event("groups_overflowed")
    assert event["mac"] == lab.bob_host.mac(TAP)
    for sock in socks:
        sock.close()
