"""A host: one network namespace, and operations on it."""

import contextlib
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import threading

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIGKILL = 9
SIOCGIFHWADDR = 0x8927
SIOCGIFFLAGS = 0x8913

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    """Runs in the child before exec, so that no process outlives its parent."""
    _libc.prctl(PR_SET_PDEATHSIG, SIGKILL)


class Host:
    """One namespace. `name` is the host's name, `ns` the name for `ip netns`."""

    def __init__(self, name, ns, keep=False):
        self.name = name
        self.ns = ns
        self.keep = keep  # processes outlive us

    def __repr__(self):
        return self.name

    def ip(self, *lines, check=True):
        """Runs lines of `ip` commands in one call."""
        run = subprocess.run(["ip", "-n", self.ns, "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and run.returncode:
            raise RuntimeError(f"{self.name}: ip: {run.stderr.strip()}\n" + "\n".join(lines))
        return run.returncode == 0

    def ip_json(self, *args):
        """The output of `ip -j`; [] if it fails (no such interface)."""
        run = subprocess.run(["ip", "-n", self.ns, "-j", *args], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        return [x for x in json.loads(run.stdout or "[]") if x] if run.returncode == 0 else []

    def command(self, *argv):
        """The command line that runs argv here."""
        return ["ip", "netns", "exec", self.ns, *map(str, argv)]

    def run(self, *argv, check=True, timeout=60, **options):
        """Runs argv until it ends; stdout and stderr are text by default."""
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("text", True)
        options.setdefault("stdin", subprocess.DEVNULL if "input" not in options else None)
        if options["stdin"] is None:
            del options["stdin"]
        done = subprocess.run(self.command(*argv), timeout=timeout, **options)
        if check and done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(map(str, argv))}: exit code {done.returncode}: "
                               f"{done.stderr or done.stdout}")
        return done

    def spawn(self, *argv, **options):
        """Starts argv; the caller owns the process. It ends with us, unless this host is kept."""
        options.setdefault("stdin", subprocess.DEVNULL)
        if not self.keep:
            options.setdefault("preexec_fn", _die_with_parent)
        return subprocess.Popen(self.command(*argv), start_new_session=True, **options)

    @contextlib.contextmanager
    def inside(self):
        """The calling thread is in this namespace; sockets that it opens stay there."""
        back = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.ns}", os.O_RDONLY)
        try:
            if _libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {self.ns}")
            yield self
        finally:
            _libc.setns(back, CLONE_NEWNET)
            os.close(there)
            os.close(back)

    def lab_pids(self):
        """The processes in this namespace, without ours."""
        out = subprocess.run(["ip", "netns", "pids", self.ns], text=True, stdout=subprocess.PIPE).stdout.split()
        mine = {os.getpid()}
        return [int(pid) for pid in out if int(pid) not in mine and os.path.exists(f"/proc/{pid}")]

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_DGRAM, proto=0):
        """A socket of this host."""
        with self.inside():
            return socket.socket(family, kind, proto)

    def sysctl(self, **settings):
        """Sets kernel settings; `net__ipv4__ip_forward=1` is net.ipv4.ip_forward."""
        with self.inside():
            for key, value in settings.items():
                with open("/proc/sys/" + key.replace("__", "/").replace("bridge_nf_call_", "bridge-nf-call-"), "w", encoding="ascii") as file:
                    file.write(str(value))

    def ethtool(self, interface, *features):
        """Sets offload features: "tx", "off", ..."""
        self.run("ethtool", "-K", interface, *features)

    def has(self, interface):
        """True if the interface exists."""
        with self.socket() as sock:
            try:
                fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16s24x", interface.encode()))
                return True
            except OSError:
                return False

    def is_up(self, interface):
        """True if the interface exists, is up, and has a carrier."""
        with self.socket() as sock:
            try:
                reply = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16s24x", interface.encode()))
            except OSError:
                return False
        return struct.unpack_from("H", reply, 16)[0] & 0x41 == 0x41

    def mac(self, interface):
        """The interface's MAC as text."""
        with self.socket() as sock:
            reply = fcntl.ioctl(sock, SIOCGIFHWADDR, struct.pack("16s24x", interface.encode()))
        return ":".join(f"{byte:02x}" for byte in reply[18:24])

    def addresses(self, interface, family="inet"):
        """The interface's addresses, without prefix lengths."""
        return [a["local"] for link in self.ip_json("addr", "show", "dev", interface)
                for a in link.get("addr_info", []) if a["family"] == family]
