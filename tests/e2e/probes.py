"""What a player's interface reaches on a LAN. A test runs each probe twice: in the dark party, without the tunnel, it
must fail, in the lit one it must succeed."""

import hashlib
import os
import re
import select
import socket
import struct
import time

from netlab import dhcp, lan_server, party, wire

PATIENCE_S = 15.0 * float(os.environ.get("LP_PATIENCE", "1"))
IMPATIENCE_S = 0.3  # in the dark
TAP = "lan0"


def both(probe, dark, lit):
    """Shows that a probe fails without the tunnel, and succeeds with it."""
    assert not probe(dark, IMPATIENCE_S), "this works without the tunnel: it proves nothing"
    result = probe(lit, PATIENCE_S)
    assert result, "this does not work through the tunnel"
    return result


def ping(source, address, patience_s, *options):
    """A ping that gets a reply; returns the round trips in ms."""
    end = time.monotonic() + patience_s
    while True:
        run = source.run("ping", "-n", "-c", 1, "-W", max(0.2, min(1, patience_s)), *options, address, check=False)
        times = re.findall(r"time=([0-9.]+) ms", run.stdout)
        if run.returncode == 0 and times:
            return [float(t) for t in times]
        if time.monotonic() > end:
            return None


def question(lab, host, target, patience_s, interface=TAP, port=party.GAME_PORT):
    """Sends a discovery request to an address, a broadcast or a group; returns the reply."""
    with host.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.SOL_SOCKET, lan_server.SO_BINDTODEVICE, interface.encode())
        end = time.monotonic() + patience_s
        while True:
            sock.sendto(lan_server.QUESTION, (target, port))
            if select.select([sock], [], [], min(patience_s, 0.5))[0]:
                return sock.recv(2048).decode()
            if time.monotonic() > end:
                return None


def listener(host, port, interface=TAP, group=None):
    """A UDP socket on a host's interface, in a group if one is given."""
    with host.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, lan_server.SO_BINDTODEVICE, interface.encode())
        if group:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            struct.pack("4s4si", socket.inet_aton(group), b"\0" * 4,
                                        socket.if_nametoindex(interface)))
        sock.bind((group or "255.255.255.255", port))
    return sock


def lan_says(lab, host, text, sock, patience_s):
    """Makes the LAN host send broadcasts (requested on its own wire) until the socket receives one."""
    with lab.lan_host.socket() as asker:
        end = time.monotonic() + patience_s
        while True:
            asker.sendto(lan_server.SHOUT, (party.LAN_HOST, party.GAME_PORT))
            if select.select([sock], [], [], min(patience_s, 0.5))[0]:
                return sock.recv(2048).decode() == text
            if time.monotonic() > end:
                return False


def lease(lab, host, interface=TAP, patience_s=PATIENCE_S):
    """A DHCP lease; the address."""
    quick = patience_s < 1
    answer = dhcp.lease(lab, host, interface, tries=1 if quick else 8, pause_s=1 if quick else 2)
    return answer and answer["ip"]


def download(lab, host, length, patience_s, address=party.LAN_HOST):
    """A download over HTTP; True if its checksum is right."""
    try:
        with lab.connect(host, address, timeout_s=patience_s) as sock:
            sock.sendall(f"GET /{length} HTTP/1.0\r\n\r\n".encode())
            stream = sock.makefile("rb")
            if b" 200 " not in stream.readline():
                return False
            while stream.readline().strip():
                pass
            digest = hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return False
    return digest == hashlib.sha256(lan_server.blob(length)).hexdigest()


def wires(lab, left, right):
    """Wire taps at two places; a place is (host, interface)."""
    return wire.Tap(*left), wire.Tap(*right)
