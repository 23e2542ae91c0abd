"""The members' LAN side: switches learn where remote players are, loops are detected, TCP's MSS avoids fragments, the
room's MTU is enforced."""

import pytest
from netlab import party, programs, wire
from netlab.daemon import wait_for
from scapy.layers.inet import TCP
from scapy.layers.l2 import Ether

from probes import IMPATIENCE_S, PATIENCE_S, TAP, download, ping

pytestmark = pytest.mark.usefixtures("tidy")
UPDATE = bytes.fromhex("0006 0001 af81 0100".replace(" ", ""))  # length 6, an XID response


@pytest.fixture(scope="module")
def lab(new_party):
    """A relay, and the LAN's servers."""
    made = new_party()
    made.start_servers()
    made.start_relay()
    return made


def test_switches_learn(lab):
    """When a player joins, the LAN's switches learn its port from a frame that IP stacks ignore."""
    lab.start_gateway()
    with wire.Tap(lab.lan_host, "eth0") as ear:
        lab.start_client(lab.alice_host)
        mac = lab.alice_host.mac(TAP)
        frame = ear.wait(lambda f: f[6:12] == wire.mac_bytes(mac) and f[12:20] == UPDATE, PATIENCE_S)
    assert frame[:6] == b"\xff" * 6 and frame[20:] == bytes(40)
    fdb = lab.switch_host.run("bridge", "-j", "fdb", "show", "br", "br0").stdout
    assert mac in fdb


def test_loop_is_noticed(lab):
    """A player that bridges its TAP to a cable into the same LAN makes a loop: the gateway logs it, and the room's
    limits bound it."""
    gateway = lab.start_gateway()
    lab.start_client(lab.alice_host)
    lab.port(lab.switch_host, lab.alice_host, "stray")
    lab.alice_host.ip("link add br1 type bridge stp_state 0", f"link set br1 address {lab.alice_host.mac(TAP)}",
                      f"link set {TAP} master br1", "link set stray master br1", "link set br1 up")
    try:
        gateway.wait_event("loop_detected", patience_s=PATIENCE_S * 2)
        before = lan_frames(lab)
        with wire.Tap(lab.lan_host, "eth0") as lan:
            lan.send(wire.ethernet(wire.BROADCAST, lan.mac, 0x88B5, wire.payload("storm", 100)))
            lan.wait(lambda frame: False, 1.0)
        assert lan_frames(lab) - before < 20000, "one broadcast became a storm"
    finally:
        lab.alice_host.ip("link del br1", "link del stray")


def lan_frames(lab):
    """Number of frames at the LAN host's port."""
    stats = lab.lan_host.ip_json("-s", "link", "show", "dev", "eth0")[0]["stats64"]
    return stats["rx"]["packets"] + stats["tx"]["packets"]


@pytest.mark.parametrize("clamp", [True, False], ids=["clamped", "no clamp"])
def test_mss(lab, clamp):
    """The MSS of SYN and SYN-ACK fits one packet of the path, IPv4 and IPv6; --no-mss-clamp leaves it unchanged; TCP
    works."""
    flag = () if clamp else ("--no-mss-clamp",)
    lab.start_gateway(*flag)
    lab.start_client(lab.alice_host, *flag)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    for address, plain in ((party.LAN_HOST, 1460), (party.LAN_HOST6, 1440)):
        with wire.Tap(lab.lan_host, "eth0") as lan, wire.Tap(lab.alice_host, TAP) as alice:
            assert download(lab, lab.alice_host, 1 << 20, PATIENCE_S, address)
            sizes = [mss(lan.read(), 0x02), mss(alice.read(), 0x12)]
        assert all((1000 < size < plain) if clamp else size == plain for size in sizes), sizes


def mss(frames, flags):
    """The MSS of the first SYN (0x02) or SYN-ACK (0x12) among frames."""
    for frame in frames:
        packet = Ether(frame)
        if TCP in packet and int(packet[TCP].flags) & 0x12 == flags:
            return dict(packet[TCP].options)["MSS"]
    return None


def test_room_mtu(fresh_party):
    """--room-mtu: the TAP has it, larger frames do not cross."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay("--room-mtu", "1400", "--frame-log", "drops")
    lab.start_gateway()
    lab.start_client(lab.alice_host)
    assert lab.alice_host.ip_json("link", "show", "dev", TAP)[0]["mtu"] == 1400
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1372, "-M", "do")
    with wire.Tap(lab.lan_host, "eth0") as lan, wire.Tap(lab.alice_host, TAP) as alice:
        fits = wire.ethernet(alice.mac, lan.mac, 0x88B5, wire.payload("fits", 1400))
        large = wire.ethernet(alice.mac, lan.mac, 0x88B5, wire.payload("large", 1401))
        assert wire.carries(lan, alice, fits, PATIENCE_S)
        assert not wire.carries(lan, alice, large, IMPATIENCE_S)


def test_lan_mtu(fresh_party):
    """A gateway whose interface has a larger MTU than the room warns once; with the room's MTU it does not."""
    lab = fresh_party()
    lab.start_relay()
    gateway = lab.start_gateway()
    assert gateway.stop() == 0 and "Larger packets" not in gateway.output()
    lab.gateway_host.ip("link set lan mtu 9000")
    gateway = lab.start_gateway(name="gateway-9000")
    gateway.wait_text("the MTU of lan is 9000, that of the room 1500")
    lab.relay.kill()
    lab.start_relay()
    wait_for(lambda: len(gateway.events("joined")) == 2, "the gateway to be back")
    assert gateway.output().count("Larger packets") == 1


def test_room_mtu_changes(fresh_party):
    """The relay returns with a smaller MTU: the client has dropped the right to set its TAP's MTU, and logs what to
    do."""
    lab = fresh_party()
    lab.start_servers()
    lab.start_relay()
    lab.start_gateway()
    alice = lab.start_client(lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1472, "-M", "do")
    for _ in range(2):  # logged once, not on each return
        mark = alice.mark()
        assert lab.relay.stop() == 0
        lab.start_relay("--room-mtu", "1400")
        wait_for(lambda: any(event["event"] == "joined" for event in alice.events()[mark:]), "the client to come back",
                 PATIENCE_S)
    told = [event["text"] for event in alice.events("warned")]
    assert len(told) == 1 and f"ip link set {TAP} mtu 1400" in told[0], told
    lab.alice_host.ip(f"link set {TAP} mtu 1400")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S, "-s", 1372, "-M", "do")


def test_device_changes(fresh_party):
    """Other programs change the members' devices: the members log it once, and continue when that is over."""
    lab = fresh_party()
    lab.start_servers()
    status_path = lab.path("status.sock")
    lab.start_relay("--stats-interval", "1s", "--status-socket", status_path)
    alice, gateway = lab.start_client(lab.alice_host), lab.start_gateway()
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    lab.gateway_host.ip("link set lan down")
    assert "is down" in gateway.wait_event("interface_down", name="lan")["reason"]
    gateway.wait_text("waiting for the LAN: lan is down")
    wait_for(lambda: "has no link" in alice.events("status")[-1]["text"], "the client to hear of it")
    told = lab.relay_host.run(programs.binary("lanparty-relay"), "status", "--status-socket", status_path).stdout
    assert "no link to its LAN" in told, told
    lab.gateway_host.ip("link set lan up")
    gateway.wait_event("interface_back", name="lan")
    wait_for(lambda: "on the LAN" in alice.events("status")[-1]["text"], "the client to hear that it is over")
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    lab.alice_host.ip(f"link set {TAP} down")
    assert f"ip link set {TAP} up" in alice.wait_event("interface_down", name=TAP)["reason"]
    alice.wait_text(f"waiting for the LAN: {TAP} is down")
    lab.alice_host.ip(f"link set {TAP} up")
    alice.wait_event("interface_back", name=TAP)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    mark = gateway.mark()
    lab.gateway_host.ip("link set lan mtu 1400")
    wait_for(lambda: [e for e in gateway.events("warned") if "lan has MTU 1400" in e["text"]], "a warning")
    lab.alice_host.ip(f"link set {TAP} address 02:00:00:00:00:99")
    wait_for(lambda: [e for e in alice.events("warned") if f"{TAP} has another MAC" in e["text"]], "a warning")
    assert not [e for e in gateway.events()[mark:] if e["event"] in ("joined", "reconnecting", "interface_down")]


def test_device_goes(fresh_party):
    """The TAP is removed: the client logs why it ends, and sends goodbye, so that its slot is free immediately."""
    lab = fresh_party()
    lab.start_relay()
    bob, client = lab.start_client(lab.bob_host), lab.start_client(lab.alice_host)
    mac = lab.alice_host.mac(TAP)
    lab.alice_host.ip(f"link del {TAP}")
    assert client.wait_end() == 1
    assert TAP in client.events("failed")[0]["text"]
    assert bob.wait_event("member_left", mac=mac)["reason"] == "goodbye"


def test_interface_replugged(fresh_party):
    """The gateway's adapter is unplugged and plugged in again, with the same MAC and another index: the gateway and the
    players say so, and the LAN is reached again, and the gateway's own computer."""
    lab = fresh_party()
    box = "10.20.0.5"
    lab.gateway_host.ip(f"addr add {box}/24 dev lan")
    lab.start_servers()
    lab.start_relay()
    gateway, client = lab.start_gateway(), lab.start_client(lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(lab.alice_host, box, PATIENCE_S)
    mac, before = lab.gateway_host.mac("lan"), lab.gateway_host.ip_json("link", "show", "lan")[0]["ifindex"]
    lab.gateway_host.ip("link del lan")
    gateway.wait_text("waiting for the LAN: lan is gone")
    client.wait_text("has no link to it")
    lab.port(lab.switch_host, lab.gateway_host, "lan")
    lab.gateway_host.ip("link set lan down", f"link set lan address {mac}", "link set lan up",
                        f"addr add {box}/24 dev lan")
    assert lab.gateway_host.ip_json("link", "show", "lan")[0]["ifindex"] != before
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert ping(lab.lan_host, party.ALICE, PATIENCE_S)
    assert ping(lab.alice_host, box, PATIENCE_S)
    assert ping(lab.gateway_host, party.ALICE, PATIENCE_S)
    assert gateway.running()
