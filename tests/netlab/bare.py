"""A bare member on a host, which may violate the protocol: it sends what a test requests, and records the relay's
messages."""

import json

from .daemon import Daemon, wait_for
from .programs import SERVER_NAME, binary


class Bare(Daemon):
    """A QUIC connection to the relay with direct access to its control stream and DATAGRAMs."""

    def __init__(self, lab, host, address, cert, name="bare", port=443, wait=True):
        super().__init__(lab, host, name, binary("lanparty-bare-member"), address, port, cert, SERVER_NAME, pipe=True)
        if wait:
            self.wait_text("ready")

    def tell(self, line):
        """Sends a command (tests/e2e/bare_member.c)."""
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def control(self, message):
        """Sends a message: an object as JSON, or text unchanged."""
        self.tell("control " + (message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))))

    def hello(self, **changes):
        """Sends a hello like a normal client, with changes; a change to None leaves the field out."""
        message = {"type": "hello", "version": 1, "role": "client", "room": "PARTY-1", "mac": "02:00:00:00:00:01",
                   "datagram_budget": 1200, "name": "bare", "software": "bare 1", **changes}
        self.control({key: value for key, value in message.items() if value is not None})

    def datagram(self, data):
        """Sends a DATAGRAM."""
        self.tell("datagram " + bytes(data).hex())

    def frame(self, frame, header=b"\x10\0\0\0"):
        """Sends a whole frame in a DATAGRAM."""
        self.datagram(header + bytes(frame))

    def messages(self, kind=None):
        """The messages that the relay sent on the control stream."""
        found = [json.loads(line[8:]) for line in self.output().splitlines() if line.startswith("control ")]
        return [message for message in found if kind in (None, message["type"])]

    def datagrams(self):
        """The received DATAGRAMs."""
        return [bytes.fromhex(line[9:]) for line in self.output().splitlines() if line.startswith("datagram ")]

    def closed(self):
        """How it ended: (kind, code, reason), or None."""
        for line in self.output().splitlines():
            if line.startswith("closed "):
                _, kind, code, reason = (line + " ").split(" ", 3)
                return kind, int(code), reason.strip()
        return None

    def wait_message(self, kind):
        """Waits for a message from the relay and returns it."""
        return wait_for(lambda: self.messages(kind), f"a {kind}:\n{self.output()}")[0]

    def wait_closed(self, patience_s=None):
        """Waits for the end."""
        return wait_for(self.closed, f"the end:\n{self.output()}", patience_s)
