#!/usr/bin/python3
"""Executes requests of the test's iphlpapi.dll: changes routes and interfaces of its namespace with `ip`.

Usage: netctl.py PORT      on 127.0.0.1, UDP

A request is one datagram of words, the reply begins with Windows' error code. Linux has no metric, automatic metric and
use of default routes per interface: they are stored per interface and family, and returned by `get`.
"""

import json
import re
import socket
import subprocess
import sys

NOT_FOUND, EXISTS, DENIED, INVALID, UNSUPPORTED = 1168, 5010, 5, 87, 50
REFUSALS = [("File exists", EXISTS), ("No such process", NOT_FOUND), ("permitted", DENIED), ("Cannot find", NOT_FOUND)]
AUTOMATIC_METRIC = 25
COUNTS = {}  # name: calls
MEMORY = {}  # (index, family): (metric, automatic, no default routes)


def ip(*words):
    """Runs ip."""
    return subprocess.run(["ip", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def link(index):
    """The name of an interface and whether it is up, or None."""
    match = re.search(rf"^{int(index)}: ([^:@]+)[^<]*<([^>]*)>.* mtu (\d+)", ip("-o", "link").stdout, re.M)
    return match and (match[1], "LOWER_UP" in match[2], int(match[3]))


def change_route(verb, destination, next_hop, index, metric):
    """Adds or removes a route to one host."""
    found = link(index)
    if not found:
        return str(NOT_FOUND)
    family = "-6" if ":" in destination else "-4"
    way = ["via", next_hop] if next_hop not in ("0.0.0.0", "::") else []
    rank = ["metric", metric] if metric not in ("0", "4294967295") else []
    done = ip(family, "route", verb, destination, *way, "dev", found[0], *rank)
    if done.returncode == 0:
        return "0"
    return str(next((code for text, code in REFUSALS if text in done.stderr), INVALID))


def get(index, family):
    """MTU, metric, automatic metric, no default routes, connected."""
    found = link(index)
    if not found:
        return str(NOT_FOUND)
    metric, automatic, no_default = MEMORY.get((index, family), (AUTOMATIC_METRIC, 1, 0))
    mtu = found[2]
    if family == "6":
        try:
            with open(f"/proc/sys/net/ipv6/conf/{found[0]}/mtu", encoding="ascii") as file:
                mtu = int(file.read())
        except OSError:
            return str(NOT_FOUND)
    return f"0 {mtu} {metric} {automatic} {no_default} {int(found[1])}"


def put(index, family, mtu, metric, automatic, no_default):
    """Sets the same."""
    found = link(index)
    if not found:
        return str(NOT_FOUND)
    if family == "6":
        try:
            with open(f"/proc/sys/net/ipv6/conf/{found[0]}/mtu", "w", encoding="ascii") as file:
                file.write(mtu)
        except OSError:
            return str(INVALID)
    elif ip("link", "set", "dev", found[0], "mtu", mtu).returncode:
        return str(INVALID)
    MEMORY[index, family] = (AUTOMATIC_METRIC if automatic == "1" else int(metric), int(automatic), int(no_default))
    return "0"


def routes6():
    """The IPv6 routes to other networks, one per line: prefix, its length, next hop, index, metric."""
    numbers = {entry["ifname"]: entry["ifindex"] for entry in json.loads(ip("-j", "link").stdout)}
    lines = ["0"]
    for route in json.loads(ip("-j", "-6", "route").stdout or "[]"):
        prefix, _, bits = route["dst"].replace("default", "::/0").partition("/")
        if route.get("dev") in numbers:
            lines.append(f"{prefix} {bits or 128} {route.get('gateway', '::')} {numbers[route['dev']]} "
                         f"{route.get('metric', 0)}")
    return "\n".join(lines)


def count(name):
    """A call of a function was made."""
    COUNTS[name] = COUNTS.get(name, 0) + 1
    return "0"


def counted(name):
    """How many calls there were."""
    return f"0 {COUNTS.get(name, 0)}"


def answer(words):
    """Executes one request."""
    try:
        return {"route": change_route, "routes6": routes6, "get": get, "set": put,
                "count": count, "counted": counted}[words[0]](*words[1:])
    except (KeyError, TypeError, ValueError):
        return str(UNSUPPORTED)


def main():
    """Replies until it is killed."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        question, sender = sock.recvfrom(2048)
        reply = answer(question.decode().split())
        if question.startswith((b"route ", b"set")):
            print(question.decode(), "->", reply, flush=True)
        sock.sendto(reply.encode(), sender)


if __name__ == "__main__":
    main()
