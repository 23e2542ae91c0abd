"""Raw Ethernet on a host's interface: send frames and receive them, byte for byte."""

import select
import socket
import struct
import time

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_AUXDATA = 8
PACKET_IGNORE_OUTGOING = 23
PACKET_MR_PROMISC = 1
SO_RCVBUFFORCE = 33
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6

BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac_bytes(mac):
    """A MAC's six bytes."""
    return bytes.fromhex(mac.replace(":", ""))


class Tap:
    """A raw socket on an interface. Every frame that arrives is kept in `seen`, including tags."""

    def __init__(self, host, interface):
        self.host = host
        self.interface = interface
        self.mac = host.mac(interface)
        with host.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
            except PermissionError:  # in a user namespace
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            self.sock.bind((interface, ETH_P_ALL))
            self.sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                                 struct.pack("iHH8s", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0, b""))
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, *frames):
        """Sends frames unchanged."""
        for frame in frames:
            self.sock.send(bytes(frame))

    def read(self):
        """Reads the frames that have arrived; returns only the new ones."""
        new = []
        while True:
            try:
                data, ancillary, _, _ = self.sock.recvmsg(70000, 256, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            for level, kind, aux in ancillary:
                if level == SOL_PACKET and kind == PACKET_AUXDATA:
                    status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", aux)
                    if status & TP_STATUS_VLAN_VALID:
                        if not status & TP_STATUS_VLAN_TPID_VALID:
                            tpid = 0x8100
                        data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
            new.append(data)
        self.seen += new
        return new

    def wait(self, match, patience_s):
        """The first frame since the last read for which match(frame) holds; None after the timeout."""
        end = time.monotonic() + patience_s
        while True:
            for frame in self.read():
                if match(frame):
                    return frame
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None


def carries(sender, receiver, frame, patience_s, expected=None):
    """Sends the frame until the receiver sees exactly `expected` (default: the frame itself); False after the
    timeout."""
    want = bytes(frame if expected is None else expected)
    end = time.monotonic() + patience_s
    receiver.read()
    while True:
        sender.send(frame)
        left = end - time.monotonic()
        if receiver.wait(lambda seen: seen == want, max(0.05, min(left, 0.5))) is not None:
            return True
        if time.monotonic() >= end:
            return False


def carries_all(sender, receiver, frames, patience_s):
    """Like carries() for many frames: {name: frame} in, the set of names that arrived intact out."""
    end = time.monotonic() + patience_s
    receiver.read()
    arrived, want = set(), {bytes(frame): name for name, frame in frames.items()}
    while True:
        sender.send(*(frame for name, frame in frames.items() if name not in arrived))
        turn = min(end, time.monotonic() + 0.5)
        while len(arrived) < len(frames) and (left := turn - time.monotonic()) > 0:
            select.select([receiver.sock], [], [], left)
            arrived |= {want[seen] for seen in receiver.read() if seen in want}
        if len(arrived) == len(frames) or time.monotonic() >= end:
            return arrived


def payload(name, length):
    """length bytes with a text, different at each position."""
    text = f"softlan test {name} ".encode()
    return (text + bytes((i * 7 + len(name)) & 0xFF for i in range(length)))[:length]


def ethernet(dst, src, kind, body, tags=()):
    """An Ethernet II frame, padded to 60 bytes; tags are 802.1Q TCIs, outermost first."""
    frame = mac_bytes(dst) + mac_bytes(src)
    for tci in tags:
        frame += struct.pack("!HH", 0x8100, tci)
    frame += struct.pack("!H", kind) + bytes(body)
    return frame.ljust(60, b"\0")


def ieee8023(dst, src, body):
    """An IEEE 802.3 frame with a length field, padded to 60 bytes."""
    return (mac_bytes(dst) + mac_bytes(src) + struct.pack("!H", len(body)) + bytes(body)).ljust(60, b"\0")


def ipx_packet(length, name):
    """An IPX packet of that many bytes (RFC 1132's header: checksum FFFF, length, hops, type, two addresses)."""
    header = struct.pack("!HHBB", 0xFFFF, length, 0, 4)
    header += bytes.fromhex("00000000") + b"\xff" * 6 + struct.pack("!H", 0x869C)
    header += bytes.fromhex("00000000") + bytes.fromhex("02dead00beef") + struct.pack("!H", 0x869C)
    return header + payload(name, length - len(header))


def ipx_frames(dst, src, length, prefix=""):
    """The four framings of IPX, {name: frame}, each with an IPX packet of that many bytes."""
    return {
        f"{prefix}ipx ethernet ii": ethernet(dst, src, 0x8137, ipx_packet(length, "e2")),
        f"{prefix}ipx 802.3 raw": ieee8023(dst, src, ipx_packet(length, "raw")),
        f"{prefix}ipx 802.2": ieee8023(dst, src, b"\xe0\xe0\x03" + ipx_packet(length, "llc")),
        f"{prefix}ipx snap": ieee8023(dst, src, b"\xaa\xaa\x03\x00\x00\x00\x81\x37" + ipx_packet(length, "snap")),
    }
