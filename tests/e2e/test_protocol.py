"""The protocol from the outside: a member that may violate it against the relay (docs/protocol.md)."""

import signal

import pytest
from netlab import party, wire
from netlab.bare import Bare
from netlab.daemon import wait_for

from probes import PATIENCE_S, TAP, ping

APP_PROTOCOL, APP_REJECTED, APP_TIMEOUT, APP_MALFORMED = 1, 2, 3, 4

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party):
    """A relay with short timeouts and a low limit, a gateway, Alice; the bare members are on Bob's host."""
    made = new_party()
    made.start_servers()
    made.start_relay("--hello-timeout", "1s", "--malformed-limit", "5", "--stats-interval", "1s", "--frame-log",
                     "drops")
    made.start_gateway("--name", "basement")
    made.start_client(made.alice_host, "--name", "Alice")
    assert ping(made.alice_host, party.LAN_HOST, PATIENCE_S)
    return made


def bare(lab, **options):
    """A connection."""
    return Bare(lab, lab.bob_host, options.pop("address", party.RELAY), lab.relay.cert, **options)


def joined(lab, **hello):
    """A bare member in the room."""
    member = bare(lab)
    member.hello(**hello)
    member.wait_message("welcome")
    return member


HELLOS = {
    "version": ({"version": 2}, "bad_version"),
    "version 0": ({"version": 0}, "bad_version"),
    "short room": ({"room": "AB"}, "bad_room"),
    "long room": ({"room": "A" * 33}, "bad_room"),
    "room with a space": ({"room": "A ROOM"}, "bad_room"),
    "empty room": ({"room": ""}, "bad_room"),
    "zero mac": ({"mac": "00:00:00:00:00:00"}, "bad_mac"),
    "group mac": ({"mac": "03:00:00:00:00:01"}, "bad_mac"),
    "vendor mac": ({"mac": "00:1b:21:00:00:01"}, "bad_mac"),
    "budget": ({"datagram_budget": 100}, "mtu_too_small"),
    "unknown role": ({"role": "king"}, "bad_role"),
    "second gateway": ({"role": "gateway"}, "gateway_exists"),
}


@pytest.mark.parametrize("case", HELLOS)
def test_rejects(lab, case):
    """Each reject has its code and a message for people; then the connection ends."""
    changes, code = HELLOS[case]
    member = bare(lab)
    member.hello(**changes)
    kind, number, _ = member.wait_closed()
    reject, = member.messages("reject")
    assert reject["code"] == code and len(reject["message"]) > 5
    assert (kind, number) == ("app", APP_REJECTED)
    assert not member.messages("welcome")
    assert lab.relay.events("peer_rejected", code=code)


BREAKAGES = {
    "not json": lambda m: m.control("{nonsense"),
    "not an object": lambda m: m.control("[1, 2]"),
    "no type": lambda m: m.control("{\"version\": 1}"),
    "duplicate keys": lambda m: m.control("{\"type\": \"hello\", \"type\": \"hello\"}"),
    "missing field": lambda m: m.hello(mac=None),
    "wrong type": lambda m: m.hello(room=7),
    "bad mac text": lambda m: m.hello(mac="zz"),
    "not utf-8": lambda m: m.tell("raw 00000009" + b'{"a":"\xff"}'.hex()),
    "length 0": lambda m: m.tell("raw 00000000"),
    "length 16385": lambda m: m.tell("raw 00004001" + "20" * 100),
    "length 4 GB": lambda m: m.tell("raw ffffffff" + "20" * 100),
    "welcome from a member": lambda m: m.control({"type": "welcome", "peer_id": 1, "room": "PARTY-1", "mtu": 1500,
                                                  "gateway_present": True, "limits": {}}),
    "stats before hello": lambda m: m.control({"type": "stats"}),
}


@pytest.mark.parametrize("case", BREAKAGES)
def test_broken_control_stream(lab, case):
    """A protocol error ends the connection with a code and a reason, and no other connection."""
    member = bare(lab)
    BREAKAGES[case](member)
    kind, number, reason = member.wait_closed()
    assert (kind, number) == ("app", APP_PROTOCOL) and reason
    assert not member.messages("welcome")


def test_second_hello(lab):
    """A member sends hello once."""
    member = joined(lab)
    member.hello()
    assert member.wait_closed()[:2] == ("app", APP_PROTOCOL)


def test_no_hello(lab):
    """A member that sends no hello before the timeout is disconnected."""
    member = bare(lab)
    assert member.wait_closed()[:2] == ("app", APP_TIMEOUT)
    assert lab.relay.events("hello_timeout")


def test_unknown_is_ignored(lab):
    """Unknown fields and types are ignored, so that version 1 can be extended."""
    member = joined(lab, future={"x": [1, 2, {"y": None}]}, another="field")
    member.control({"type": "tomorrow", "n": 1})
    member.wait_message("stats")
    assert not member.closed()
    member.tell("close")
    member.wait_closed()


def test_welcome_and_peers(lab):
    """The content of welcome; existing members are announced with role, MAC and name."""
    member = joined(lab, name="Bare")
    welcome = member.wait_message("welcome")
    assert welcome["room"] == "PARTY-1" and welcome["mtu"] == 1500 and welcome["gateway_present"] is True
    assert 1 <= welcome["peer_id"] <= 65535 and isinstance(welcome["limits"], dict)
    wait_for(lambda: len(member.messages("peer_joined")) == 2, "the peers")
    peers = {(p["role"], p["name"]): p["mac"] for p in member.messages("peer_joined")}
    assert peers == {("client", "Alice"): lab.alice_host.mac(TAP), ("gateway", "basement"): lab.gateway_host.mac("lan")}
    stats = member.wait_message("stats")
    assert stats["gateway_present"] is True
    member.tell("close")
    member.wait_closed()


def test_frames_by_hand(lab):
    """Frames as in docs/protocol.md: complete, in fragments in any order; the relay sets the source peer id."""
    member = joined(lab)
    mac = "02:00:00:00:00:01"
    with wire.Tap(lab.lan_host, "eth0") as lan:
        whole = wire.ethernet(lan.mac, mac, 0x88B5, wire.payload("whole", 300))
        member.frame(whole, header=b"\x10\0\x12\x34")
        assert lan.wait(lambda seen: seen == whole, PATIENCE_S)

        big = wire.ethernet(lan.mac, mac, 0x88B5, wire.payload("fragments", 1500))
        cut = 800
        for index, piece in ((1, big[cut:]), (0, big[:cut])):
            member.datagram(b"\x11\0\0\0" + b"\x00\x07" + bytes([index, 2]) + piece)
        assert lan.wait(lambda seen: seen == big, PATIENCE_S)

        answer = wire.ethernet(mac, lan.mac, 0x88B5, wire.payload("answer", 100))
        lan.send(answer)
        wait_for(lambda: any(d[4:] == answer for d in member.datagrams()), "the answer")
        found = next(d for d in member.datagrams() if d[4:] == answer)
        gateway_id = next(p["peer_id"] for p in member.messages("peer_joined") if p["role"] == "gateway")
        assert found[:2] == b"\x10\0" and int.from_bytes(found[2:4], "big") == gateway_id
    member.tell("close")
    member.wait_closed()


def test_malformed_limit(lab):
    """Malformed DATAGRAMs beyond the limit end the member, with the reason; the others play on."""
    member = joined(lab, mac="02:00:00:00:00:07")
    mark = lab.relay.mark()
    for data in (b"", b"\x10", b"\x20\0\0\0" + bytes(60), b"\x1f\0\0\0" + bytes(60), b"\x10\x01\0\0" + bytes(60),
                 b"\x11\0\0\0\0\x01\x02\x02" + bytes(60), b"\x11\0\0\0\0\x01\x00\x05" + bytes(60), b"\x10\0\0\0"):
        if data:
            member.datagram(data)
    assert member.wait_closed()[:2] == ("app", APP_MALFORMED)
    assert lab.relay.wait_event("malformed_limit", after=mark)
    assert lab.relay.wait_event("peer_left", after=mark, mac="02:00:00:00:00:07")["reason"] == "malformed"
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)


def test_frames_before_hello(lab):
    """DATAGRAMs before a join are dropped."""
    member = bare(lab)
    with wire.Tap(lab.lan_host, "eth0") as lan:
        early = wire.ethernet(lan.mac, "02:00:00:00:00:01", 0x88B5, wire.payload("early", 100))
        member.frame(early)
        member.hello()
        member.wait_message("welcome")
        late = wire.ethernet(lan.mac, "02:00:00:00:00:01", 0x88B5, wire.payload("late", 100))
        member.frame(late)
        assert lan.wait(lambda seen: seen == late, PATIENCE_S)
        assert early not in lan.seen
    member.tell("close")
    member.wait_closed()


def test_drops_are_told(lab):
    """Frames over a member's limits are counted by reason, and reported to it in `stats`."""
    member = joined(lab, mac="02:00:00:00:00:09")
    chatter = wire.ethernet("01:00:5e:00:00:fb", "02:00:00:00:00:09", 0x0800, bytes.fromhex(
        "4500002400000000ff1100000a140009e00000fb14e914e900100000") + b"mdnsmdns")

    def flood():
        """More of them, because a member without a queue sends only what its window permits; True once drops are
        reported."""
        for _ in range(100):
            member.frame(chatter)
        return any(stats.get("drops", {}).get("limit_broadcast") for stats in member.messages("stats"))
    wait_for(flood, "stats with the drops")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    member.tell("close")
    member.wait_closed()


def test_place_is_not_taken_by_mac_alone(lab):
    """A member's MAC without its token does not give its membership."""
    member = bare(lab)
    member.hello(mac=lab.alice_host.mac(TAP), resume="00" * 32)
    member.wait_closed()
    assert [m["code"] for m in member.messages("reject")] == ["duplicate_mac"]
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)


def test_member_that_does_not_read(lab):
    """A member that is stopped (SIGSTOP) while frames flood to it delays no other, and is removed after its timeout."""
    member = joined(lab, mac="02:00:00:00:00:08", name="asleep")
    member.send_signal(signal.SIGSTOP)
    before_kib = lab.relay.memory_kib()
    with wire.Tap(lab.lan_host, "eth0") as lan, wire.Tap(lab.alice_host, TAP) as alice:
        for number in range(100):
            frame = wire.ethernet(wire.BROADCAST, lan.mac, 0x88B5, wire.payload(f"flood {number}", 1400))
            lan.send(*[frame] * 15)
            assert alice.wait(lambda seen: seen == frame, PATIENCE_S)
    assert lab.relay.memory_kib() - before_kib < 16 << 10
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    member.send_signal(signal.SIGCONT)
    member.kill()
