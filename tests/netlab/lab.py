"""A lab: hosts, the cables between them, and their cleanup."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from .host import Host


def netns_names():
    """The names of all namespaces of `ip netns`."""
    try:
        return sorted(os.listdir("/run/netns"))
    except FileNotFoundError:
        return []


def netns_remove(names):
    """Ends every process in these namespaces, gracefully first, then removes the namespaces."""
    def pids():
        out = []
        for name in names:
            run = subprocess.run(["ip", "netns", "pids", name], text=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
            out += [int(pid) for pid in run.stdout.split()]
        return [pid for pid in out if pid != os.getpid()]

    for sig, patience_s in ((signal.SIGTERM, 3), (signal.SIGKILL, 3)):
        left = pids()
        for pid in left:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        end = time.monotonic() + patience_s
        while left and time.monotonic() < end:
            time.sleep(0.02)
            left = pids()
        if not left:
            break
    for name in names:
        subprocess.run(["ip", "netns", "del", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def netns_remove_stale(prefix):
    """Removes the namespaces of runs that were killed: names are PREFIX, the owner's pid, '-' and the host."""
    stale = []
    for name in netns_names():
        match = re.fullmatch(re.escape(prefix) + r"(\d+)-.*", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            stale.append(name)
    if stale:
        netns_remove(stale)


class Lab:
    """Namespaces with a common prefix, a scratch folder, and the processes in them. Use it as a context manager."""

    def __init__(self, prefix, keep=False):
        self.prefix = prefix
        self.keep = keep
        self.hosts = []
        self.daemons = []  # things with stop()
        self.dir = tempfile.mkdtemp(prefix=f"{prefix}-")
        os.chmod(self.dir, 0o755)
        self._cables = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def host(self, name):
        """A new host. It forwards nothing, and addresses are usable immediately (no duplicate address detection)."""
        ns = f"{self.prefix}-{name}"
        subprocess.run(["ip", "netns", "add", ns], check=True)
        host = Host(name, ns, keep=self.keep)
        self.hosts.append(host)
        host.ip("link set lo up")
        host.sysctl(net__ipv6__conf__all__accept_dad=0, net__ipv6__conf__default__accept_dad=0,
                    net__ipv6__conf__default__router_solicitations=0, net__ipv4__conf__all__rp_filter=0,
                    net__ipv4__conf__default__rp_filter=0)
        return host

    def router(self, name):
        """A new host that forwards."""
        host = self.host(name)
        host.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
        return host

    def switch(self, name):
        """A new host that is a switch: a bridge br0 without spanning tree and without netfilter."""
        host = self.host(name)
        if os.path.isdir("/proc/sys/net/bridge"):  # br_netfilter would truncate the padding of short IP frames
            host.sysctl(net__bridge__bridge_nf_call_iptables=0, net__bridge__bridge_nf_call_ip6tables=0,
                        net__bridge__bridge_nf_call_arptables=0)
        host.sysctl(net__ipv6__conf__default__disable_ipv6=1)
        host.ip("link add br0 type bridge stp_state 0 mcast_snooping 0", "link set br0 up")
        return host

    def cable(self, left, left_if, right, right_if, mtu=1500):
        """A cable between two hosts, plugged in and up. A side named "pN" of a switch goes into its bridge."""
        self._cables += 1
        left.ip(f"link add {left_if} mtu {mtu} type veth peer name {right_if} mtu {mtu} netns {right.ns}")
        for host, interface in ((left, left_if), (right, right_if)):
            lines = [f"link set {interface} up"]
            if re.fullmatch(r"p\d+", interface):
                lines.insert(0, f"link set {interface} master br0")
            host.ip(*lines)

    def port(self, switch, host, interface, mtu=1500):
        """A cable from a host into the next free port of a switch."""
        n = sum(1 for link in switch.ip_json("link") if re.match(r"p\d+$", link.get("ifname", "")))
        self.cable(host, interface, switch, f"p{n + 1}", mtu)
        return f"p{n + 1}"

    def path(self, name):
        """A path in the scratch folder."""
        return os.path.join(self.dir, name)

    def close(self):
        """Ends the daemons in reverse order, removes the namespaces and the scratch folder."""
        for daemon in reversed(self.daemons):
            try:
                daemon.stop()
            except Exception as error:  # the rest must still be cleaned up
                print(f"lab: while stopping {daemon}: {error}")
        self.daemons = []
        netns_remove([host.ns for host in self.hosts])
        self.hosts = []
        shutil.rmtree(self.dir, ignore_errors=True)
