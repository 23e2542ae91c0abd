"""A small internet in network namespaces: hosts, cables, switches, the programs that run on them.

The demo, the end-to-end tests and the benchmark use it. It needs Python's library, Debian's network tools, and root (or
`unshare -Urn`)."""
