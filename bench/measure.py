"""The measurements on a pair of wires, with the same commands for each."""

import json
import os
import re
import subprocess
import time

from netlab.daemon import Daemon

HZ = os.sysconf("SC_CLK_TCK")
GAME_HZ, GAME_BYTES = 60, 22  # 64 bytes of Ethernet without its checksum
# The measuring programs have a higher priority than the measured ones, so that they do not wait for a CPU.
INSTRUMENT = ("chrt", "--rr", "2")
UDP_BYTES, UDP_LOSS = 100, 0.01
UDP_FIRST, UDP_LAST, UDP_STEP_S = 10000, 1280000, 0.6


def strangers_s():
    """CPU seconds used so far by processes that this run did not start."""
    parents, used = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        used[int(name)] = sum(int(x) for x in fields[11:15]) / HZ

    def ours(pid):
        while pid > 2:
            if pid == os.getpid():
                return True
            pid = parents.get(pid, 0)
        return pid == 2  # kernel threads
    return sum(seconds for pid, seconds in used.items() if not ours(pid))


class Meter:
    """CPU of our programs, of the machine, and of other processes, over a period."""

    worst_strangers = 0.0  # maximum of CPUs that other processes used during a measurement
    worst_stolen = 0.0  # maximum share of the machine that its hypervisor gave to others

    def __init__(self, wires):
        self.wires = wires
        self.strangers_s = strangers_s()
        self.start_s = time.monotonic()
        self.before = self._now()

    def _now(self):
        """CPU seconds so far: {program: s}, of the whole machine, and stolen by the hypervisor."""
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(x) / HZ for x in file.readline().split()[1:9]]
        stolen = fields[7]
        busy = sum(fields) - fields[3] - fields[4] - stolen
        return {name: sum(daemon.cpu_s()) for name, daemon in self.wires.programs.items()}, busy, stolen

    def stop(self):
        """{"seconds", "programs": {name: s}, "machine"} since the start."""
        programs, busy, stolen = self._now()
        seconds = time.monotonic() - self.start_s
        Meter.worst_stolen = max(Meter.worst_stolen, (stolen - self.before[2]) / seconds / os.cpu_count())
        strangers = max(0.0, strangers_s() - self.strangers_s) / seconds
        Meter.worst_strangers = max(Meter.worst_strangers, strangers)
        return {"seconds": seconds, "strangers": strangers, "machine": busy - self.before[1],
                "programs": {name: cpu - self.before[0][name] for name, cpu in programs.items()}}


class Bench:
    """The measurements on one pair of wires."""

    def __init__(self, wires, tools, seconds):
        self.wires = wires
        self.tools = tools
        self.seconds = seconds
        self.port = 20000

    def _next_port(self):
        """An unused port."""
        self.port += 1
        return self.port

    def _iperf_server(self):
        """An iperf3 server for one test, at the right end; its port."""
        port = self._next_port()
        server = Daemon(self.wires, self.wires.right, "iperf3", "iperf3", "-s", "-1", "-p", port, "--forceflush")
        server.wait_text("Server listening")
        return port

    def _iperf_client(self, port, seconds, *options):
        """The command of an iperf3 client at the left end."""
        return ["iperf3", "-J", "-c", self.wires.right_address, "-p", port, "-t", seconds, "--connect-timeout", 5000,
                *options]

    def tcp(self, *options):
        """TCP for the given time: {"gbps", "retransmits", "cpu_s_per_gb": {program: s}, "machine_s_per_gb"}."""
        port = self._iperf_server()
        meter = Meter(self.wires)
        run = self.wires.left.run(*self._iperf_client(port, self.seconds, *options), check=False,
                                  timeout=self.seconds + 60)
        cpu = meter.stop()
        try:
            end = json.loads(run.stdout)["end"]
            gigabytes = end["sum_received"]["bytes"] / 1e9
            return {"gbps": end["sum_received"]["bits_per_second"] / 1e9,
                    "retransmits": end["sum_sent"].get("retransmits"),
                    "cpu_s_per_gb": {name: s / gigabytes for name, s in cpu["programs"].items()},
                    "strangers": cpu["strangers"],
                    "programs_s_per_gb": sum(cpu["programs"].values()) / gigabytes,
                    "machine_s_per_gb": cpu["machine"] / gigabytes}
        except (ValueError, KeyError, ZeroDivisionError):
            return {"error": (run.stdout + run.stderr)[-300:]}

    def rtt(self):
        """Consecutive pings: {"median_us", "p99_us", "loss"}."""
        run = self.wires.left.run("ping", "-n", "-A", "-s", 36, "-c", 1000, "-w", 20, self.wires.right_address,
                                  check=False)
        times = sorted(float(t) * 1000 for t in re.findall(r"time=([0-9.]+) ms", run.stdout))
        sent = re.search(r"(\d+) packets transmitted", run.stdout)
        if not times:
            return {"error": run.stdout[-300:]}
        return {"median_us": times[len(times) // 2], "p99_us": times[int(len(times) * 0.99)],
                "loss": 1 - len(times) / int(sent[1])}

    def _udp_step(self, rate):
        """One rate for a short time: (sent per second, received per second, share lost)."""
        port = self._next_port()
        receiver = Daemon(self.wires, self.wires.right, "udp-receive", self.tools["udp_rate"], "receive", port,
                          UDP_STEP_S + 4)
        receiver.wait_text("ready")
        run = self.wires.left.run(self.tools["udp_rate"], "send", self.wires.right_address, port, rate, UDP_STEP_S,
                                  UDP_BYTES)
        sent = json.loads(run.stdout)
        receiver.wait_end(20)
        arrived = json.loads(receiver.output().splitlines()[-1])["received"]
        self.wires.daemons.remove(receiver)
        return sent["sent"] / sent["seconds"], arrived / sent["seconds"], 1 - arrived / max(1, sent["sent"])

    def udp(self):
        """The highest rate of 100-byte packets with less than 1 % loss: {"pps", "sender_limited"}."""
        best, low, high, sender_limited = 0.0, 0, None, False
        rate = UDP_FIRST
        for _ in range(16):
            sent, arrived, lost = self._udp_step(round(rate))
            if lost >= UDP_LOSS:  # repeated, because another virtual machine may have had the CPU
                sent, arrived, lost = self._udp_step(round(rate))
            if lost < UDP_LOSS:
                best, low = max(best, arrived), rate
                if sent < 0.95 * rate or rate >= UDP_LAST:
                    sender_limited = True
                    break
            else:
                high = rate
            if high and low and high / low < 1.08:
                break
            rate = rate * 2 if high is None else (low * high) ** 0.5 if low else rate / 2
            if rate < 500:
                break
        return {"pps": best, "sender_limited": sender_limited}

    def game(self, streams):
        """60 Hz beside this many TCP streams: {"median_us", "p99_us", "max_us", "loss", "gap_ms", "gbps"}."""
        echo_port = self._next_port()
        echo = Daemon(self.wires, self.wires.right, "game-echo", *INSTRUMENT, self.tools["game"], "echo", echo_port)
        echo.wait_text("ready")
        bulk = None
        if streams:
            options = ("-P", str(streams)) if streams > 1 else ()
            client = self._iperf_client(self._iperf_server(), self.seconds + 2, *options)
            bulk = Daemon(self.wires, self.wires.left, "iperf3-client", *client)
            time.sleep(1)  # for the streams to open their windows
        meter = Meter(self.wires)
        run = self.wires.left.run(*INSTRUMENT, self.tools["game"], "play", self.wires.right_address, echo_port, GAME_HZ,
                                  self.seconds, GAME_BYTES, timeout=self.seconds + 60)
        strangers = meter.stop()["strangers"]
        echo.kill()
        self.wires.daemons.remove(echo)
        result = json.loads(run.stdout)
        result["loss"] = 1 - result["received"] / max(1, result["sent"])
        result["strangers"] = strangers
        if bulk:
            try:
                bulk.wait_end(self.seconds + 60)
                result["gbps"] = json.loads(bulk.output())["end"]["sum_received"]["bits_per_second"] / 1e9
            except (ValueError, KeyError, TimeoutError):
                result["gbps"] = None
        return result

    def shaped(self, kbps, queue_ms):
        """game(1) through a slow link."""
        self.wires.shape(kbps, queue_ms)
        try:
            return self.game(1)
        finally:
            self.wires.unshape()

    def memory(self):
        """Resident memory of each program in MiB."""
        return {name: daemon.memory_kib() / 1024 for name, daemon in self.wires.programs.items()}


def build_tools(folder):
    """Compiles the traffic tools; {name: path}."""
    here = os.path.dirname(os.path.realpath(__file__))
    tools = {}
    for name in ("udp_rate", "game"):
        tools[name] = os.path.join(folder, name)
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O2", "-Wall", "-o", tools[name],
                        os.path.join(here, f"{name}.c")], check=True)
    return tools
