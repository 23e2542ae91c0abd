#!/usr/bin/python3
"""The servers of a LAN host: HTTP, broadcast discovery, multicast discovery. Runs until it is killed.

Usage: lan_server.py NAME INTERFACE HTTP_PORT GAME_PORT [N...]

GET /N     replies with the N bytes of blob(N); those on the command line are generated before the start.
UDP        to GAME_PORT: "who is there" gets the unicast reply "NAME is here", whether it was sent by unicast,
           broadcast, or multicast to GROUP. "shout" makes it send a broadcast and a multicast of "NAME shouts".
"""

import functools
import http.server
import random
import socket
import socketserver
import struct
import sys
import threading

GROUP = "239.77.77.77"
QUESTION = b"who is there"
SHOUT = b"shout"
SO_BINDTODEVICE = 25


@functools.lru_cache(4)
def blob(length):
    """length incompressible bytes, the same ones each time."""
    return random.Random(length).randbytes(length)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves blobs."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Replies to /N."""
        try:
            length = int(self.path.strip("/"))
        except ValueError:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(blob(length))

    def log_message(self, *_):
        """Logs nothing."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Both address families, a thread for each connection."""

    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 64


def game_socket(interface, port):
    """The socket of the game server: broadcast and multicast, on that interface."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, interface.encode())
    index = struct.pack("4s4si", socket.inet_aton(GROUP), b"\0" * 4, socket.if_nametoindex(interface))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, index)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, index)
    sock.bind(("", port))
    return sock


def serve_game(name, sock, port):
    """Replies to requests until the socket is closed."""
    while True:
        data, sender = sock.recvfrom(2048)
        if data == QUESTION:
            sock.sendto(f"{name} is here".encode(), sender)
        elif data == SHOUT:
            for target in ("255.255.255.255", GROUP):
                sock.sendto(f"{name} shouts".encode(), (target, port + 1))


def main():
    """Starts all servers and prints that they are ready."""
    name, interface, http_port, game_port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    sock = game_socket(interface, game_port)
    for length in sys.argv[5:]:
        blob(int(length))
    threading.Thread(target=serve_game, args=(name, sock, game_port), daemon=True).start()
    server = Server(("::", http_port), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
