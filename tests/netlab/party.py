"""The party: a LAN with a host and a gateway, a relay on a public address, players elsewhere, routers between.

    host ── switch ── gateway ── inet ── relay
                                  ├── nat ── alice          (behind a home router)
                                  └── bob                   (a public address)
"""

import fcntl
import os
import socket
import struct
import sys

from .daemon import Daemon, wait_for
from .dhcp import Dnsmasq
from .lab import Lab
from .programs import Client, Gateway, Relay

LAN_HOST = "10.20.0.10"
LAN_HOST6 = "fd20::10"
RELAY = "203.0.113.10"
RELAY6 = "2001:db8:113::10"
ALICE = "10.20.0.51"
BOB = "10.20.0.52"
ALICE6 = "fd20::51"
BOB6 = "fd20::52"
HTTP_PORT = 8080
GAME_PORT = 27015
SERVICES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lan_server.py")

NAT_RULES = """
table ip home {
\tchain out {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\toifname "wan" masquerade
\t}
\tchain in {
\t\ttype filter hook forward priority filter; policy drop;
\t\tct state established,related accept
\t\tiifname "home" accept
\t}
}
"""


class Party(Lab):
    """Hosts and cables; programs start on request."""

    def __init__(self, prefix, keep=False, mtu=1500, alice_mtu=None):
        super().__init__(prefix, keep)
        try:
            self._build(mtu, alice_mtu or mtu)
        except BaseException:
            self.close()
            raise
        self.relay = self.gateway = None

    def _build(self, mtu, alice_mtu):
        """Hosts, cables, addresses."""
        self.inet = self.router("inet")
        self.relay_host = self.host("relay")
        self.gateway_host = self.host("gateway")
        self.switch_host = self.switch("switch")
        self.lan_host = self.host("lanhost")
        self.nat = self.router("nat")
        self.alice_host = self.host("alice")
        self.bob_host = self.host("bob")

        self.cable(self.inet, "relay", self.relay_host, "eth0", mtu)
        self.cable(self.inet, "gateway", self.gateway_host, "wan", mtu)
        self.cable(self.inet, "nat", self.nat, "wan", alice_mtu)
        self.cable(self.nat, "home", self.alice_host, "eth0", alice_mtu)
        self.cable(self.inet, "bob", self.bob_host, "eth0", mtu)
        self.port(self.switch_host, self.lan_host, "eth0")
        self.port(self.switch_host, self.gateway_host, "lan")

        self.inet.ip("addr add 203.0.113.1/24 dev relay", "addr add 2001:db8:113::1/64 dev relay",
                     "addr add 198.51.100.1/24 dev gateway", "addr add 2001:db8:100::1/64 dev gateway",
                     "addr add 192.0.2.1/24 dev nat", "addr add 2001:db8:2::1/64 dev nat",
                     "addr add 100.64.2.1/24 dev bob", "addr add 2001:db8:64::1/64 dev bob",
                     "route add 2001:db8:201::/64 via 2001:db8:2::2")
        self.relay_host.ip(f"addr add {RELAY}/24 dev eth0", f"addr add {RELAY6}/64 dev eth0",
                           "route add default via 203.0.113.1", "route add ::/0 via 2001:db8:113::1")
        self.gateway_host.ip("addr add 198.51.100.20/24 dev wan", "addr add 2001:db8:100::20/64 dev wan",
                             "route add default via 198.51.100.1", "route add ::/0 via 2001:db8:100::1")
        self.nat.ip("addr add 192.0.2.2/24 dev wan", "addr add 2001:db8:2::2/64 dev wan",
                    "route add default via 192.0.2.1", "route add ::/0 via 2001:db8:2::1",
                    "addr add 192.168.1.1/24 dev home", "addr add 2001:db8:201::1/64 dev home")
        self.nat.run("nft", "-f", "-", input=NAT_RULES)
        self.alice_host.ip("addr add 192.168.1.50/24 dev eth0", "addr add 2001:db8:201::50/64 dev eth0",
                           "route add default via 192.168.1.1", "route add ::/0 via 2001:db8:201::1")
        self.bob_host.ip("addr add 100.64.2.52/24 dev eth0", "addr add 2001:db8:64::52/64 dev eth0",
                         "route add default via 100.64.2.1", "route add ::/0 via 2001:db8:64::1")
        self.lan_host.ip(f"addr add {LAN_HOST}/24 dev eth0", f"addr add {LAN_HOST6}/64 dev eth0 nodad")

    def start_servers(self, *downloads):
        """The LAN host's servers: DHCP, HTTP (with downloads of these sizes generated beforehand), discovery."""
        self.dnsmasq = Dnsmasq(self, self.lan_host, "eth0", "10.20.0.100", "10.20.0.199")
        services = Daemon(self, self.lan_host, "lan-server", sys.executable, SERVICES, "lanhost", "eth0", HTTP_PORT,
                          GAME_PORT, *downloads)
        services.wait_text("ready")

    def start_relay(self, *args, **options):
        """Starts the relay."""
        self.relay = Relay(self, self.relay_host, *args, **options)
        return self.relay

    def start_gateway(self, *args, relay=RELAY + ":443", **options):
        """Starts the gateway."""
        self.gateway = Gateway(self, self.gateway_host, relay, self.relay.cert, *args, **options)
        return self.gateway

    def start_client(self, host, *args, relay=RELAY + ":443", **options):
        """Starts a client on that host; once its TAP is up, it has the player's addresses unless address=False or
        dhcp=True."""
        address = options.pop("address", not options.get("dhcp"))
        client = Client(self, host, relay, self.relay.cert, *args, **options)
        if address and options.get("wait", True):
            self.give_address(host, client.tap)
        return client

    def give_address(self, host, interface="lan0"):
        """The fixed LAN addresses of a player."""
        four, six = {"alice": (ALICE, ALICE6), "bob": (BOB, BOB6)}[host.name]
        host.ip(f"addr replace {four}/24 dev {interface}", f"addr replace {six}/64 dev {interface} nodad")

    def start_all(self, relay_args=(), clients=("alice", "bob"), client_args=()):
        """Starts everything: relay, gateway, clients with their addresses."""
        self.start_relay(*relay_args)
        self.start_gateway(wait=False)
        started = [self.start_client(getattr(self, f"{name}_host"), *client_args, wait=False) for name in clients]
        self.gateway.wait_joined()
        for client in started:
            client.wait_up()
            self.give_address(client.host)
        return started

    def start_dead_tap(self, host, interface="lan0"):
        """A TAP whose frames go nowhere, instead of a client in the dark party."""
        host.ip(f"tuntap add dev {interface} mode tap")
        with host.inside():
            tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", interface.encode(), 0x1002))  # TAP, no packet info
        self.daemons.append(_Closer(tun))
        host.ip(f"link set {interface} up")
        self.give_address(host, interface)

    def connect(self, host, address=LAN_HOST, port=HTTP_PORT, timeout_s=10):
        """A TCP connection from a host."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = host.socket(family, socket.SOCK_STREAM)
        sock.settimeout(timeout_s)
        sock.connect((address, port))
        return sock


class _Closer:
    """A file descriptor that ends with the lab."""

    def __init__(self, fd):
        self.fd = fd

    def stop(self):
        """Closes it."""
        os.close(self.fd)


__all__ = ["Party", "wait_for"]
