"""The programs under test, on the hosts of a lab."""

import functools
import os
import pathlib

from .daemon import Daemon, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER_NAME = "lanparty-relay.local"
ROOM = "PARTY-1"


@functools.lru_cache(None)
def binary(name):
    """The path of a program below the folders of LP_BIN, a list as in PATH; the first folder that has it counts,
    because the tests' own tools are not installed. The default is the release build, then other builds beside it."""
    folders = os.environ.get("LP_BIN") or f"{ROOT}/build/release:{ROOT}/build"
    for folder in folders.split(":"):
        for path in sorted(pathlib.Path(folder).rglob(name), key=lambda p: len(p.parts)):
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
    raise FileNotFoundError(f"no {name} under {folders}: build it first, or let LP_BIN name the build folder")


class Program(Daemon):
    """One of our programs, with its log as JSON lines."""

    def __init__(self, lab, host, name, program, *args, env=None, log_format="json", log_level="debug", wrapper=()):
        logging = ["--log-format", log_format, "--log-level", log_level]
        super().__init__(lab, host, name, *wrapper, binary(program), *args, *logging, env=env)


class Relay(Program):
    """A relay; its certificate is in `cert` as soon as it listens. LP_RELAY_ARGS are more arguments for every relay, such
    as "--peer-links on", which repeats the tests over peer links."""

    def __init__(self, lab, host, *args, listen="443/udp", name="relay", state="relay-state", wait=True, **options):
        self.cert = lab.path(f"{state}.der")
        super().__init__(lab, host, name, "lanparty-relay", "--listen", listen, "--state-dir", lab.path(state),
                         "--dev-cert-der-out", self.cert, *os.environ.get("LP_RELAY_ARGS", "").split(), *args,
                         **options)
        if wait:
            self.wait_listening()

    def wait_listening(self):
        """Waits until it accepts connections."""
        def look():
            if not self.running():
                raise RuntimeError(f"the relay ended:\n{self.output()}")
            return "listening" in self.output() and os.path.exists(self.cert)
        wait_for(look, f"the relay to listen:\n{self.output()}")


def member_flags(relay, cert, room, server_name=SERVER_NAME):
    """The flags that a client and a gateway share; cert None: the system's CAs decide."""
    flags = ["--relay", relay, "--server-name", server_name, "--room", room]
    return flags + (["--relay-ca-cert", cert] if cert else [])


class Gateway(Program):
    """A gateway; wait=True: until it is in the room."""

    def __init__(self, lab, host, relay, cert, *args, interface="lan", room=ROOM, name="gateway", wait=True,
                 server_name=SERVER_NAME, **options):
        super().__init__(lab, host, name, "lanparty-gateway", *member_flags(relay, cert, room, server_name),
                         "--interface", interface, "--state", lab.path(f"{name}.state/{name}.json"), *args, **options)
        if wait:
            self.wait_joined()

    def wait_joined(self, patience_s=None, after=0):
        """Waits until the relay has welcomed it."""
        return self.wait_event("joined", patience_s, after)


# Hosts of a lab share the file system, but each host's dhcpcd must have its own files.
OWN_DHCPCD = ("sh", "-c", "for d in /run/dhcpcd /var/lib/dhcpcd; do mkdir -p $d && mount -t tmpfs none $d; done; exec \"$@\"",
              "sh")


class Client(Program):
    """A client; wait=True: until its TAP is up. dhcp=True: it gets an address itself, as it does by default."""

    def __init__(self, lab, host, relay, cert, *args, tap="lan0", room=ROOM, mac=None, name=None, wait=True,
                 server_name=SERVER_NAME, dhcp=False, **options):
        self.tap = tap
        if dhcp:
            options["wrapper"] = (*OWN_DHCPCD, *options.get("wrapper", ()))
        else:
            args += ("--no-dhcp",)
        name = name or f"client-{host.name}"
        if mac:
            args += ("--virtual-mac", mac)
        super().__init__(lab, host, name, "lanparty-client", *member_flags(relay, cert, room, server_name),
                         "--tap", tap, "--identity", lab.path(f"{name}.state/{name}.json"), *args, **options)
        if wait:
            self.wait_up()

    def wait_joined(self, patience_s=None, after=0):
        """Waits until the relay has welcomed it."""
        return self.wait_event("joined", patience_s, after)

    def wait_up(self, patience_s=None):
        """Waits until its TAP is up."""
        def look():
            if not self.running():
                raise RuntimeError(f"{self.name} ended (exit code {self.process.returncode}):\n{self.output()}")
            return self.host.is_up(self.tap)
        wait_for(look, f"{self.name} to bring {self.tap} up:\n{self.output()}", patience_s)
