"""The client gets an address from the LAN itself, and changes nothing else on the player's computer."""

import os
import re
import shutil
import signal

import pytest
from netlab import party
from netlab.daemon import Daemon, wait_for
from netlab.dhcp import Dnsmasq

from probes import PATIENCE_S, TAP, ping

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/usr/sbin/dhcpcd"),
                                reason="needs root and dhcpcd")


def pids(host, word):
    """The processes of a host whose command line contains a word."""
    found = []
    for pid in host.lab_pids():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                line += file.read()
        except OSError:
            continue
        if word in line:
            found.append(pid)
    return found


def address(lab, host, patience_s=PATIENCE_S * 2):
    """The address of the host's TAP, as soon as it has one."""
    return wait_for(lambda: host.addresses(TAP), f"an address on {TAP}\n{lab.alice.output()[-3000:]}", patience_s)[0]


@pytest.fixture
def lab(new_party):
    """A LAN whose DHCP server offers routes and names besides an address."""
    made = new_party()
    made.lan_dns = Dnsmasq(made, made.lan_host, "eth0", "10.20.0.100", "10.20.0.199", "--dhcp-option=3,10.20.0.10",
                           "--dhcp-option=6,10.20.0.10", "--dhcp-option=121,198.18.0.0/15,10.20.0.10")
    made.start_relay()
    return made


UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../dist/lanparty-client.service.in")


def as_unit():
    """A command that runs another one with the capabilities of the systemd unit, and with its read-only settings of the
    kernel."""
    with open(UNIT, encoding="utf-8") as file:
        names = re.search(r"^CapabilityBoundingSet=(.*)$", file.read(), re.M)[1].split()
    kept = ",".join("+" + name.removeprefix("CAP_").lower() for name in names)
    return ("sh", "-c", 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"', "sh",
            shutil.which("setpriv") or "/usr/bin/setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{kept}")


def test_address_and_nothing_else(lab):
    """An address of the LAN, while default route and name servers stay the player's. The client has the rights of its
    systemd unit."""
    routes = lab.alice_host.run("ip", "route", "show", "default").stdout
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        names = file.read()
    lab.start_gateway()
    lab.alice = lab.start_client(lab.alice_host, dhcp=True, wrapper=as_unit())
    mine = address(lab, lab.alice_host)
    assert lab.lan_dns.leases()[lab.alice_host.mac(TAP)] == mine
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    assert lab.alice_host.run("ip", "route", "show", "default").stdout == routes
    assert "dev " + TAP not in lab.alice_host.run("ip", "route", "get", "198.18.0.1").stdout
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        assert file.read() == names


def test_gateway_joins_later(lab):
    """A client that waited for the LAN asks as soon as the LAN is there; a relay that restarts changes no address."""
    lab.alice = lab.start_client(lab.alice_host, dhcp=True)
    lab.alice.wait_event("joined")
    assert not pids(lab.alice_host, "dhcpcd")
    lab.start_gateway()
    mine = address(lab, lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    mark = lab.alice.mark()
    lab.relay.stop()
    lab.start_relay()
    lab.alice.wait_event("joined", after=mark)
    lab.alice.wait_event("dhcp_client", after=mark, line=f"{TAP}: leased {mine} for 3600 seconds")
    assert lab.alice_host.addresses(TAP) == [mine]


def test_dhcpcd_dies(lab):
    """A dhcpcd that was killed is started again, which is logged."""
    lab.start_gateway()
    lab.alice = lab.start_client(lab.alice_host, dhcp=True)
    address(lab, lab.alice_host)
    old = lab.alice.mark()
    first = pids(lab.alice_host, f"dhcpcd: {TAP}")[0]
    os.kill(first, signal.SIGKILL)
    assert lab.alice.wait_event("dhcp_ended", after=old)["retry_us"] == 1000000
    lab.alice.wait_event("dhcp_client", after=old, line=f"dhcpcd-{version()} starting")
    wait_for(lambda: first not in lab.alice_host.lab_pids(), "the old dhcpcd's processes to end")


def version():
    """dhcpcd's version."""
    with os.popen("/usr/sbin/dhcpcd --version") as out:
        return re.search(r"dhcpcd ([0-9.]+)", out.read())[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(lab, number):
    """No process stays when the client ends or is killed, and the next client gets the same address."""
    lab.start_gateway()
    lab.alice = lab.start_client(lab.alice_host, dhcp=True)
    mine = address(lab, lab.alice_host)
    lab.alice.killed = True
    lab.alice.stop(number)
    wait_for(lambda: not lab.alice_host.lab_pids(), "dhcpcd and its keeper to end")
    lab.alice = lab.start_client(lab.alice_host, dhcp=True)
    assert address(lab, lab.alice_host) == mine


def test_fixed_address(lab):
    """--address needs no DHCP server."""
    lab.start_gateway()
    lab.alice = lab.start_client(lab.alice_host, "--address", "10.20.0.77/24", address=False)
    assert lab.alice_host.addresses(TAP) == ["10.20.0.77"]
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)


def test_autoconfiguration(lab):
    """A LAN whose router advertises a prefix gives an IPv6 address, and no default route."""
    lab.lan_host.ip("addr add fe80::10/64 dev eth0 nodad")
    conf = lab.path("radvd.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write("interface eth0 { AdvSendAdvert on; AdvDefaultPreference high; MaxRtrAdvInterval 4; MinRtrAdvInterval 3;"
                   " prefix fd20:1::/64 { AdvOnLink on; AdvAutonomous on; }; };\n")
    os.chmod(conf, 0o644)
    Daemon(lab, lab.lan_host, "radvd", "/usr/sbin/radvd", "-n", "-C", conf, "-p", lab.path("radvd.pid"), "-m", "stderr")
    lab.start_gateway()
    lab.alice = lab.start_client(lab.alice_host, address=False)
    wait_for(lambda: [a for a in lab.alice_host.addresses(TAP, "inet6") if a.startswith("fd20:1:")], "an IPv6 address")
    routes = lab.alice_host.run("ip", "-6", "route", "show", "default").stdout
    assert "dev eth0" in routes and TAP not in routes


def test_status_names_what_is_missing(lab):
    """Alone in the room, then without an address, then on the LAN: the status line names the one thing that is
    missing."""
    def says(text, after):
        lab.alice.wait_event("status", after=after, text=text)
    lab.lan_dns.stop()
    lab.alice = lab.start_client(lab.alice_host, dhcp=True)
    says("nobody else is in room PARTY-1. Check the spelling of the room code, or wait for the host", 0)
    mark = lab.alice.mark()
    lab.start_gateway("--name", "basement")
    says(f"in room PARTY-1, but {TAP} has no IP address of the LAN yet", mark)
    lab.alice_host.ip(f"addr add {party.ALICE}/24 dev {TAP}")
    says(f"in room PARTY-1 as {party.ALICE}, but nothing on the LAN has answered yet", mark)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
    says(f"on the LAN as {party.ALICE}, room PARTY-1, gateway 'basement'", mark)
