"""A process on a host, with its output, and waiting for log lines."""

import json
import os
import signal
import subprocess
import time

PATIENCE_S = 20 * float(os.environ.get("LP_PATIENCE", "1"))


def wait_for(condition, what, patience_s=None):
    """Waits until condition() is true and returns its value; TimeoutError states what was awaited."""
    end = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.01)


class Daemon:
    """A process of a lab. Standard output and error go to files in the lab's folder."""

    def __init__(self, lab, host, name, *argv, env=None, pipe=False):
        self.lab = lab
        self.host = host
        self.name = name
        self.argv = [str(arg) for arg in argv]
        self.killed = False  # by the test, on purpose
        serial = sum(1 for daemon in lab.daemons if daemon.name == name)
        stem = lab.path(f"{name}.{serial}" if serial else name)
        self.out_path, self.err_path = stem + ".out", stem + ".log"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            options = {} if env is None else {"env": {**os.environ, **env}}
            if pipe:
                options["stdin"] = subprocess.PIPE
            self.process = host.spawn(*self.argv, stdout=out, stderr=err, **options)
        lab.daemons.append(self)

    def __repr__(self):
        return self.name

    @property
    def pid(self):
        """The process id (`ip netns exec` becomes the program)."""
        return self.process.pid

    def running(self):
        """True until the process has ended."""
        return self.process.poll() is None

    def output(self):
        """Its output: standard error, then standard output."""
        text = ""
        for path in (self.err_path, self.out_path):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return text

    def events(self, event=None, **fields):
        """The JSON lines of its log of one event whose fields have these values."""
        found = []
        for line in self.output().splitlines():
            if not line.startswith("{"):
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if event is not None and entry.get("event") != event:
                continue
            if all(entry.get(key) == value for key, value in fields.items()):
                found.append(entry)
        return found

    def mark(self):
        """The current number of events, for wait_event(after=)."""
        return len(self.events())

    def wait_event(self, event, patience_s=None, after=0, **fields):
        """Waits for an event of the JSON log and returns it."""
        def look():
            everything = self.events()[after:]
            for entry in everything:
                if entry.get("event") == event and all(entry.get(k) == v for k, v in fields.items()):
                    return entry
            if not self.running():
                raise RuntimeError(f"{self.name} ended (exit code {self.process.returncode}) before "
                                   f"'{event}':\n{self.output()[-3000:]}")
            return None
        return wait_for(look, f"{self.name}: {event} {fields or ''}\n{self.output()[-3000:]}", patience_s)

    def wait_text(self, text, patience_s=None, after=0):
        """Waits for a text in its output."""
        def look():
            found = text in self.output()[after:]
            if not found and not self.running():
                raise RuntimeError(f"{self.name} ended (exit code {self.process.returncode}) before "
                                   f"'{text}':\n{self.output()[-3000:]}")
            return found
        return wait_for(look, f"{self.name} to say '{text}'\n{self.output()[-3000:]}", patience_s)

    def wait_lines(self, count, patience_s=None):
        """Waits until there are that many lines of output, and returns them."""
        return wait_for(lambda: (lines := self.output().splitlines()) and len(lines) >= count and lines,
                        f"{self.name} to say {count} lines", patience_s)

    def send_signal(self, number):
        """Sends a signal."""
        if self.running():
            self.process.send_signal(number)

    def wait_end(self, patience_s=None):
        """Waits until it ends and returns the exit code."""
        try:
            return self.process.wait(PATIENCE_S if patience_s is None else patience_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} does not end:\n{self.output()[-3000:]}") from None

    def kill(self):
        """Kills it."""
        self.killed = True
        self.process.kill()
        self.process.wait()

    def stop(self, number=signal.SIGTERM, patience_s=10):
        """Ends it and returns the exit code; kills it if it does not end in time."""
        self.send_signal(number)
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def cpu_s(self):
        """CPU time in seconds, user and system."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        hz = os.sysconf("SC_CLK_TCK")
        return int(fields[11]) / hz, int(fields[12]) / hz

    def memory_kib(self):
        """Current resident memory."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0
