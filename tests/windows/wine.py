"""A Windows computer on a host of a lab: Wine in the host's namespace, the substitute for the TAP driver, the
client."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from netlab.daemon import Daemon, wait_for
from netlab.programs import Program, member_flags, binary, ROOM, SERVER_NAME

HERE = pathlib.Path(__file__).resolve().parent
WINE = "/usr/lib/wine/wine64"
WINESERVER = "/usr/lib/wine/wineserver64"
WINE_IPHLPAPI = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/iphlpapi.dll"
PYTHON = "/usr/bin/python3"
NET_CLASS = "{4D36E972-E325-11CE-BFC1-08002BE10318}"
TAP = "wtap0"
ADAPTER = "LAN Party"
MAC = "02:ff:41:0e:b4:9d"
DRIVER_PORT, BRIDGE_PORT, NETCTL_PORT = 45057, 45058, 45100
RELAY = "203.0.113.10"

# Decoy adapters, the TAP adapter, and a key that is not an adapter.
REGISTRY = """REGEDIT4

[{key}]
"Class"="Net"

[{key}\\0000]
"ComponentId"="pci\\\\ven_8086&dev_100e"
"NetCfgInstanceId"="{{00000000-1111-2222-3333-444444444444}}"
"DriverDesc"="A wired adapter"

[{key}\\0003]
"ComponentId"="tap0801"
"NetCfgInstanceId"="{{00000000-1111-2222-3333-555555555555}}"
"DriverDesc"="An old TAP adapter"

[{key}\\0004]
"ComponentId"="wintun"
"NetCfgInstanceId"="{{00000000-1111-2222-3333-666666666666}}"

[{key}\\0005]
"ComponentId"="tap0901"
"NetCfgInstanceId"="no GUID"

[{key}\\0006]
"ComponentId"="tap0901"
"NetCfgInstanceId"="{{00000000-1111-2222-3333-777777777777}}"
"DriverDesc"="A TAP adapter without a device: disabled"

[{key}\\0007]
"ComponentId"="ROOT\\\\TAP0901"
"NetCfgInstanceId"="{guid}"
"DriverDesc"="TAP-Windows Adapter V9"
"NetworkAddress"="{address}"
"TestLocalPort"=dword:{local:08x}
"TestPeerPort"=dword:{peer:08x}

[{key}\\Properties]

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Network\\{cls}\\{guid}\\Connection]
"Name"="{name}"
"PnpInstanceID"="ROOT\\\\NET\\\\0000"
"""


def windows_binary(name):
    """The path of a file of the Windows build."""
    folder = pathlib.Path(os.environ.get("LP_WINDOWS_BIN") or HERE.parents[1] / "build" / "windows")
    for path in sorted(folder.rglob(name), key=lambda p: len(p.parts)):
        if path.is_file():
            return str(path)
    raise FileNotFoundError(f"no {name} under {folder}: run scripts/windows-build first")


def environment(prefix, **more):
    """Wine's environment. It is silent, and does not download components."""
    return {**os.environ, "WINEPREFIX": prefix, "WINEARCH": "win64", "WINEDEBUG": "-all", "WINESERVER": WINESERVER,
            "WINEDLLOVERRIDES": "iphlpapi=n;wlanapi,powrprof=n,b;mscoree=;mshtml=;winemenubuilder.exe=", **more}


def make_prefix(folder):
    """Creates a prefix; none of its processes runs afterwards."""
    env = environment(folder, WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=")
    subprocess.run([WINE, "wineboot", "--init"], env=env, check=True, timeout=120, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    # Debian's Wine is Windows 7 otherwise.
    subprocess.run([WINE, "reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f"], env=env, check=True,
                   timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([WINESERVER, "-k"], env=env, check=False, timeout=60)
    subprocess.run([WINESERVER, "-w"], env=env, check=False, timeout=60)


class Client(Program):
    """The Windows client."""

    def __init__(self, machine, *args, relay=RELAY + ":443", room=ROOM, name="client-win", wait=True, cert=None):
        lab = machine.lab
        self.machine = machine
        flags = member_flags(relay, machine.path(cert or lab.relay.cert), room, SERVER_NAME)
        Daemon.__init__(self, lab, machine.host, name, WINE, machine.exe, *flags, "--identity", machine.identity,
                        "--log-format", "json", "--log-level", "debug", *args, env=machine.env)
        if wait:
            # By then the resume token is saved too.
            self.wait_event("gateway_present")

    def stop(self, number=signal.SIGINT, patience_s=10):
        """Ends it; Wine treats SIGTERM as a kill."""
        return super().stop(number, patience_s)

    def interrupt(self):
        """Ctrl-C; returns the exit code."""
        self.send_signal(signal.SIGINT)
        return self.process.wait(20)


class Machine:
    """Wine, the driver, and the adapter."""

    def __init__(self, lab, host, template, display=None):
        self.lab, self.host = lab, host
        self.prefix = lab.path("wine")
        self.env = environment(self.prefix, LP_TEST_NETCTL_PORT=str(NETCTL_PORT))
        self.env.pop("DISPLAY", None)
        if display:
            self.env["DISPLAY"] = display
        self.folder = os.path.join(self.prefix, "drive_c", "lanparty")
        self.exe = os.path.join(self.folder, "lanparty-client-win.exe")
        self.identity = "C:\\lanparty\\identity.json"
        self.journal = os.path.join(self.folder, "lanparty-client-journal.json")
        shutil.copytree(template, self.prefix, symlinks=True)
        self._install()
        self.bridge = Daemon(lab, host, "tapbridge", binary("lanparty-tapbridge"), TAP, BRIDGE_PORT, DRIVER_PORT,
                             pipe=True)
        self.bridge.wait_text("ready")
        host.ip(f"link set {TAP} address {MAC}", f"link set {TAP} up")
        self.netctl = Daemon(lab, host, "netctl", PYTHON, HERE / "netctl.py", NETCTL_PORT)
        self.netctl.wait_text("ready")
        self.server = Daemon(lab, host, "wineserver", WINESERVER, "-f", "-p", env=self.env)
        self._start_driver()

    def _install(self):
        """The client and the substitutes for Windows' own components."""
        os.makedirs(self.folder)
        for name in ("lanparty-client-win.exe", "iphlpapi.dll", "service.exe", "pipecall.exe", "lanparty.exe",
                     "windowctl.exe"):
            shutil.copy(windows_binary(name), self.folder)
        # Wine prefers its own implementation to a copy of its DLL.
        dll = pathlib.Path(WINE_IPHLPAPI).read_bytes()
        assert b"Wine builtin DLL" in dll
        pathlib.Path(self.folder, "iphlpbi.dll").write_bytes(dll.replace(b"Wine builtin DLL", bytes(16)))
        # Wine's service manager reads its environment once, when it starts.
        with open(os.path.join(self.prefix, "system.reg"), "a", encoding="ascii") as file:
            file.write("\n[System\\\\CurrentControlSet\\\\Control\\\\Session Manager\\\\Environment]\n"
                       f'"LP_TEST_NETCTL_PORT"="{NETCTL_PORT}"\n')
        for name in ("wlanapi.dll", "powrprof.dll"):
            shutil.copy(windows_binary(name), self.unix("C:\\windows\\system32"))
        self.driver = "C:\\windows\\system32\\drivers\\lanparty-test.sys"
        shutil.copy(windows_binary("lanparty-test.sys"), self.unix(self.driver))

    def _start_driver(self):
        """Describes the adapters in the registry and starts the driver."""
        index = self.host.ip_json("link", "show", "dev", TAP)[0]["ifindex"]
        # Wine's mapping from an index to a GUID: for Wine, this interface is the adapter.
        self.guid = f"{{{index:08X}-0000-0000-0000-4E6574446576}}"
        key = f"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{NET_CLASS}"
        text = REGISTRY.format(key=key, cls=NET_CLASS, guid=self.guid, address=MAC.replace(":", "").upper(),
                               local=DRIVER_PORT, peer=BRIDGE_PORT, name=ADAPTER)
        path = os.path.join(self.folder, "adapters.reg")
        pathlib.Path(path).write_text(text.replace("\n", "\r\n"), encoding="ascii")
        self.run("regedit", "/S", "C:\\lanparty\\adapters.reg")
        # Wine draws the frames of windows itself: there is no window manager.
        self.run("reg", "add", "HKCU\\Software\\Wine\\X11 Driver", "/v", "Managed", "/d", "N", "/f")
        # A service does not get this process's environment (below too).
        self.run("reg", "add", "HKCU\\Software\\Wine\\DllOverrides", "/v", "iphlpapi", "/d", "native", "/f")
        self.run("C:\\lanparty\\service.exe", "start", self.driver)

    def unix(self, path):
        """The file of a path on C:."""
        return os.path.join(self.prefix, "drive_c", *path.removeprefix("C:\\").split("\\"))

    @staticmethod
    def path(path):
        """A Linux file's name on Windows."""
        return "Z:" + path.replace("/", "\\")

    def run(self, *argv, check=True, timeout=60):
        """Runs a Windows program until it ends; returns its standard output."""
        # A file, not a pipe, because processes that Wine starts beside the program keep its output open.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out:
            self.host.run(WINE, *argv, env=self.env, check=check, timeout=timeout, stdout=out,
                          stderr=subprocess.DEVNULL)
            out.seek(0)
            return out.read()

    def client(self, *args, **options):
        """Starts the client."""
        return Client(self, *args, **options)

    def ask(self, *words):
        """Asks what stands in for Windows' IP Helper; the numbers of its answer."""
        with self.host.socket() as sock:
            sock.settimeout(5)
            sock.sendto(" ".join(str(word) for word in words).encode(), ("127.0.0.1", NETCTL_PORT))
            return tuple(int(word) for word in sock.recv(256).split()[1:])

    def settings(self, family=4):
        """(MTU, metric, automatic metric, no default routes) of the adapter, as the system has them."""
        return self.ask("get", int(self.guid[1:9], 16), family)[:4]

    def set(self, family, values):
        """Sets the same."""
        self.ask("set", int(self.guid[1:9], 16), family, *values)

    def calls(self, name):
        """How often the client called a function of IP Helper."""
        return self.ask("counted", name)[0]

    def pins(self):
        """Only the routes to the relay."""
        return self.host.ip_json("route", "show", RELAY + "/32")

    def set_enabled(self, on):
        """Disables or enables the adapter."""
        self.bridge.process.stdin.write(b"on\n" if on else b"off\n")
        self.bridge.process.stdin.flush()

    def drop_link(self):
        """The adapter loses its link, and its driver does not know."""
        self.bridge.process.stdin.write(b"coma\n")
        self.bridge.process.stdin.flush()

    def wait_carrier(self, on):
        """Waits until the adapter is connected, or disconnected."""
        wait_for(lambda: self.host.is_up(TAP) == on, f"the carrier of {TAP} to be {on}")

    def stop(self):
        """Ends everything that runs in the prefix."""
        self.host.run(WINESERVER, "-k", env=self.env, check=False)
