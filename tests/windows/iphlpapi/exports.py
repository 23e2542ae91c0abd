#!/usr/bin/python3
"""Writes the exports of the test's iphlpapi.dll: what iphlpapi.c has, and everything else that Wine's DLL has, forwarded
to a copy of it.

Usage: exports.py OBJDUMP WINE_DLL IPHLPAPI_C OUTPUT_DEF
"""

import re
import subprocess
import sys

COPY = "iphlpbi"


def main():
    """Writes the file."""
    objdump, wine_dll, source, output = sys.argv[1:]
    dump = subprocess.run([objdump, "-p", wine_dll], check=True, stdout=subprocess.PIPE, text=True).stdout
    table = dump.split("[Ordinal/Name Pointer] Table", 1)[1]
    theirs = re.findall(r"^\s+\[\s*\d+\] (\w+)$", table.split("\n\n", 1)[0], re.M)
    with open(source, encoding="utf-8") as file:
        ours = re.findall(r"NETIOAPI_API_ (\w+)\(", file.read())
    assert len(theirs) > 50 and len(ours) > 5
    with open(output, "w", encoding="ascii") as file:
        file.write("LIBRARY iphlpapi.dll\nEXPORTS\n")
        for name in sorted({*ours, *theirs}):
            file.write(f"  {name}\n" if name in ours else f"  {name} = {COPY}.{name}\n")


if __name__ == "__main__":
    main()
