"""DHCP with real programs: dnsmasq as the server, udhcpc (busybox) as the client."""

import os
import shutil
import subprocess

from .daemon import Daemon

SCRIPT = """#!/bin/sh
# Called by udhcpc: sets the address and notes what the server said.
case $1 in
bound|renew)
\tip addr replace "$ip/$mask" dev "$interface"
\tfor v in ip mask serverid lease router dns hostname domain; do eval "echo $v=\\$$v"; done >"$LEASE_FILE.new"
\tmv "$LEASE_FILE.new" "$LEASE_FILE" ;;
deconfig) ip link set "$interface" up ;;
esac
exit 0
"""


class Dnsmasq(Daemon):
    """A DHCP server on a host's interface."""

    def __init__(self, lab, host, interface, first, last, *extra, name="dnsmasq"):
        self.leases_path = lab.path(f"{name}.leases")
        super().__init__(lab, host, name, shutil.which("dnsmasq") or "/usr/sbin/dnsmasq", "--no-daemon",
                         "--conf-file=/dev/null", "--port=0", "--no-ping", "--log-dhcp", "--bind-interfaces",
                         f"--interface={interface}", "--except-interface=lo", "--pid-file=",
                         f"--dhcp-leasefile={self.leases_path}", "--dhcp-authoritative",
                         f"--dhcp-range={first},{last},255.255.255.0,1h", *extra)
        self.wait_text("DHCP, ")

    def leases(self):
        """{mac: address} of its leases."""
        try:
            with open(self.leases_path, encoding="ascii") as file:
                rows = [line.split() for line in file]
        except FileNotFoundError:
            return {}
        return {row[1]: row[2] for row in rows if len(row) >= 4}


def lease(lab, host, interface, tries=5, pause_s=2):
    """Requests an address and sets it. Returns the server's reply, or None if there was none."""
    script, answer = lab.path("udhcpc.sh"), lab.path(f"lease-{host.name}-{interface}")
    if not os.path.exists(script):
        with open(script, "w", encoding="ascii") as file:
            file.write(SCRIPT)
        os.chmod(script, 0o755)
    if os.path.exists(answer):
        os.unlink(answer)
    host.run("env", f"LEASE_FILE={answer}", "busybox", "udhcpc", "-f", "-n", "-q", "-i", interface, "-s", script,
             "-t", tries, "-T", pause_s, "-A", "1", check=False, timeout=tries * pause_s + 20,
             stderr=subprocess.DEVNULL)
    if not os.path.exists(answer):
        return None
    with open(answer, encoding="ascii") as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file)
