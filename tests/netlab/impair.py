"""The impairment proxy on a host: its address stands for the relay's, behind an impaired path."""

import json

from .daemon import Daemon
from .programs import binary


class Impair(Daemon):
    """A proxy in front of a UDP server. Settings: see tests/e2e/impair/lane.h, with '_' for '-'."""

    def __init__(self, lab, host, listen, port, to, to_port, name="impair", seed=1, **settings):
        super().__init__(lab, host, name, binary("lanparty-impair"), listen, port, to, to_port, seed, pipe=True)
        self.wait_text("ready")
        self.set(**settings)

    def ask(self, line):
        """Sends a command and returns the reply."""
        before = self.output().count("\n")
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.wait_lines(before + 1)[before]
        if answer.startswith("error"):
            raise ValueError(answer)
        return answer

    def set(self, lane=None, **settings):
        """Changes settings, of one lane ("up", "down") or of both."""
        for name, value in settings.items():
            self.ask(" ".join(filter(None, [lane, name.replace("_", "-"), str(value)])))

    def rebind(self):
        """From now on the server sees each client from a new port."""
        self.ask("rebind")

    def stats(self):
        """Counters of both lanes."""
        return json.loads(self.ask("stats"))
