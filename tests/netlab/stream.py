"""A steady stream of numbered frames from one place to another, and their arrival."""

import select
import struct
import threading
import time

from . import wire


class Stream:
    """Frames of one length at a fixed interval, from one wire tap to another, for the duration of the `with` block."""

    def __init__(self, sender, receiver, interval_s=0.01, body_bytes=1500, kind=0x88B5):
        self.sender = sender
        self.receiver = receiver
        self.interval_s = interval_s
        self.filling = wire.payload("stream", body_bytes - 16)
        self.head = wire.mac_bytes(receiver.mac) + wire.mac_bytes(sender.mac) + struct.pack("!H", kind)
        self.lock = threading.Lock()
        self.arrivals = []  # (time, number)
        self.sent = self.duplicates = self.corrupted = 0
        self._numbers = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _frame(self, number):
        """Frame number n."""
        return self.head + b"STREAM!!" + struct.pack("!Q", number) + self.filling

    def _run(self):
        """Sends and receives until the end."""
        next_s = time.monotonic()
        while not self._ended.is_set():
            now_s = time.monotonic()
            if now_s >= next_s:
                try:
                    self.sender.send(self._frame(self.sent))
                except OSError:  # the interface is missing for the moment
                    pass
                self.sent += 1
                next_s = max(next_s + self.interval_s, now_s - 1)
            select.select([self.receiver.sock], [], [], max(0, next_s - time.monotonic()))
            self._take()

    def _take(self):
        """Counts received frames."""
        for frame in self.receiver.read():
            if frame[:22] != self.head + b"STREAM!!":
                continue
            number, = struct.unpack_from("!Q", frame, 22)
            with self.lock:
                if frame != self._frame(number):
                    self.corrupted += 1
                elif number in self._numbers:
                    self.duplicates += 1
                else:
                    self._numbers.add(number)
                    self.arrivals.append((time.monotonic(), number))
        self.receiver.seen.clear()

    @property
    def received(self):
        """Number of received frames."""
        return len(self.arrivals)

    def since(self, start_s):
        """The arrival times of frames after a point in time."""
        with self.lock:
            return [arrival for arrival in self.arrivals if arrival[0] > start_s]

    def gap_ms(self, start_s, end_s=None):
        """The longest gap between frames from start_s on."""
        times = [start_s, *(at for at, _ in self.since(start_s)), end_s or time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:])) * 1000
