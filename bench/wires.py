"""The benchmark's three hosts, the wire between them, and the tunnels that it compares.

    a ── switch ── r          g and r and a have one cable each; when a relay is measured, a and g can reach r only
            └───── g ── h     (h: the LAN host behind the gateway, in that case only)

A packet on the wire is never larger than its MTU, as on a real link: the veths do no segmentation, the hosts
coalesce by GRO.
"""

import time

from netlab.daemon import wait_for
from netlab.lab import Lab
from netlab.programs import Client, Gateway, Relay

UNDERLAY = {"a": "10.99.0.1", "r": "10.99.0.2", "g": "10.99.0.3"}
OVERLAY = {"a": "10.88.0.1", "g": "10.88.0.3"}
PLAIN = ("tso", "off", "tx-udp-segmentation", "off", "tx-gso-list", "off", "tx-gre-segmentation", "off",
         "tx-udp_tnl-segmentation", "off", "tx-udp_tnl-csum-segmentation", "off", "tx-ipxip4-segmentation", "off",
         "tx-ipxip6-segmentation", "off")
ROOM = "BENCH"


class Wires(Lab):
    """Hosts a, r, g on one switch. `left` and `right` are the ends that are measured, with their addresses."""

    title = ""
    isolated = True

    def __init__(self, prefix):
        super().__init__(prefix)
        self.programs = {}  # name: Daemon, whose CPU and memory are counted
        self.switch_host = self.switch("switch")
        self.a, self.r, self.g = (self.host(name) for name in "arg")
        self.ports = {}
        for host in (self.a, self.r, self.g):
            host.sysctl(net__ipv6__conf__default__disable_ipv6=1)
            port = self.port(self.switch_host, host, "eth0")
            self.ports[host.name] = port
            host.ethtool("eth0", *PLAIN, "gro", "on")
            self.switch_host.ethtool(port, *PLAIN)
            host.ip(f"addr add {UNDERLAY[host.name]}/24 dev eth0")
        if self.isolated:
            for name in "ag":
                self.switch_host.run("bridge", "link", "set", "dev", self.ports[name], "isolated", "on")
        self.left, self.right = self.a, self.g
        self.left_address, self.right_address = OVERLAY["a"], OVERLAY["g"]
        self.tunnel()
        self.wait_ready()

    def tunnel(self):
        """Builds the tunnel."""

    def wait_ready(self):
        """Waits until the ends reach one another and PMTUD has finished."""
        wait_for(lambda: self.left.run("ping", "-c", 1, "-W", 1, self.right_address, check=False).returncode == 0,
                 f"{self.title}: an answer to a ping")
        self.left.run("ping", "-q", "-i", "0.01", "-c", 100, "-s", 1400, self.right_address, check=False)
        time.sleep(0.5)

    def overlay(self, host, interface):
        """Gives an end its overlay address."""
        host.ip(f"addr add {OVERLAY[host.name]}/24 dev {interface}", f"link set {interface} up")

    def access_line(self):
        """Both ends of the cable of a, [(host, interface)]: each shapes one direction."""
        return [(self.a, "eth0"), (self.switch_host, self.ports["a"])]

    def shape(self, kbps, queue_ms):
        """Makes the cable of a slow in both directions, like an access line."""
        for host, interface in self.access_line():
            host.run("tc", "qdisc", "replace", "dev", interface, "root", "tbf", "rate", f"{kbps}kbit", "burst", "3000",
                     "latency", f"{queue_ms}ms")

    def unshape(self):
        """Makes the cable fast again."""
        for host, interface in self.access_line():
            host.run("tc", "qdisc", "del", "dev", interface, "root", check=False)


class Wire(Wires):
    """No tunnel."""

    title = "bare wire"
    isolated = False

    def tunnel(self):
        """The ends are the underlay's."""
        self.left_address, self.right_address = UNDERLAY["a"], UNDERLAY["g"]


class Vxlan(Wires):
    """Kernel VXLAN without encryption: r bridges two tunnels."""

    title = "kernel VXLAN through R"

    def tunnel(self):
        """One VXLAN from each end to r."""
        for number, host in ((41, self.a), (42, self.g)):
            own, relay = UNDERLAY[host.name], UNDERLAY["r"]
            host.ip(f"link add vx0 mtu 1500 type vxlan id {number} local {own} remote {relay} dstport 4789")
            self.r.ip(f"link add vx{host.name} mtu 1500 type vxlan id {number} local {relay} remote {own} dstport 4789")
            self.overlay(host, "vx0")
        self.r.ip("link add br0 mtu 1500 type bridge stp_state 0 mcast_snooping 0", "link set br0 up",
                  "link set vxa master br0 up", "link set vxg master br0 up")


class Softlan(Wires):
    """The common part of our programs."""

    links = "off"  # --peer-links of the relay
    direct = "off"  # --direct of the clients
    route = None  # that the clients must have before anything is measured
    relay_args = ()
    member_args = ()

    def start_relay(self):
        """The relay at r."""
        relay = Relay(self, self.r, "--peer-links", self.links, *self.relay_args, log_level="info")
        self.programs["relay"] = relay
        return relay

    def start_client(self, host, relay):
        """A client at an end."""
        self.programs[f"client {host.name}"] = client = Client(
            self, host, UNDERLAY["r"] + ":443", relay.cert, "--direct", self.direct, *self.member_args, room=ROOM,
            wait=False, log_level="info")
        return client

    def wait_ready(self):
        """Waits for the route, too."""
        super().wait_ready()
        for name, program in self.programs.items():
            if self.route and name.startswith("client"):
                program.wait_event("link_up" if self.route == "forwarded" else "link_route", route=self.route)


class SoftlanClients(Softlan):
    """Two clients."""

    title = "softlan client - relay - client"

    def tunnel(self):
        """Relay, client a, client g."""
        relay = self.start_relay()
        for client in [self.start_client(host, relay) for host in (self.a, self.g)]:
            client.wait_up()
            self.overlay(client.host, client.tap)


class SoftlanLinks(SoftlanClients):
    """Two clients with a peer link, which the relay passes on unopened."""

    title = "softlan peer link through the relay"
    links, route = "on", "forwarded"


class SoftlanDirect(SoftlanClients):
    """Two clients with a direct route."""

    title = "softlan peer link, direct"
    links, direct, route = "on", "all", "direct"
    isolated = False


class SoftlanTls(SoftlanClients):
    """Two clients, both by TLS over TCP."""

    title = "softlan client - relay - client, over TCP"
    relay_args = ("--listen-tls", "443/tcp")
    member_args = ("--transport", "tls")


class SoftlanGateway(Softlan):
    """A client, and a LAN host behind a gateway."""

    title = "softlan client - relay - gateway - LAN host"

    def tunnel(self):
        """Relay, client a, gateway g with host h behind it."""
        host = self.host("h")
        host.sysctl(net__ipv6__conf__default__disable_ipv6=1)
        self.cable(self.g, "lan", host, "eth0")
        host.ip(f"addr add {OVERLAY['g']}/24 dev eth0")
        self.right = host
        relay = self.start_relay()
        self.programs["gateway"] = gateway = Gateway(self, self.g, UNDERLAY["r"] + ":443", relay.cert, room=ROOM,
                                                     wait=False, log_level="info")
        client = self.start_client(self.a, relay)
        gateway.wait_joined()
        client.wait_up()
        self.overlay(self.a, client.tap)


CASES = {"wire": Wire, "vxlan": Vxlan, "clients": SoftlanClients, "links": SoftlanLinks, "direct": SoftlanDirect,
         "tls": SoftlanTls, "gateway": SoftlanGateway}
