"""A small internet in network namespaces: hosts, cables, switches, the programs that run on them.

The demo, the end-to-end tests and the benchmark stand on it. Nothing outside Python's library and Debian's
network tools is needed; root is (or `unshare -Urn`)."""
