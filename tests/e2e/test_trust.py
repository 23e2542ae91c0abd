"""Trust of members: a pinned certificate, a CA, the system's CAs; and their messages when they refuse."""

import subprocess

import pytest
from certs import Certificates
from netlab import party, programs

from probes import PATIENCE_S, ping

pytestmark = pytest.mark.usefixtures("tidy")


@pytest.fixture(scope="module")
def lab(new_party, tmp_path_factory):
    """A party with a gateway that trusts any relay, and a folder of certificates."""
    made = new_party()
    made.start_servers()
    made.certs = Certificates(tmp_path_factory.mktemp("certs"))
    made.certs.authority("ca")
    made.certs.authority("other-ca")
    return made


def attempt(lab, cert, server_name=programs.SERVER_NAME, **options):
    """A client with these trust options; returns it once it is up or has ended."""
    client = programs.Client(lab, lab.bob_host, party.RELAY + ":443", cert, "--no-reconnect", wait=False,
                             server_name=server_name, **options)
    return client


def admitted(client):
    """True if it joined; then it is stopped."""
    client.wait_joined()
    return client.stop() == 0


def refused(client, *words):
    """True if it exited with 1, created no TAP, and logged all of the words in one line."""
    code = client.wait_end()
    failures = client.events("failed")
    assert code == 1, client.output()
    assert not client.events("joined") and not client.host.has(client.tap)
    assert len(failures) == 1, client.output()
    assert all(word in failures[0]["text"].lower() for word in words), failures[0]["text"]
    return True


def test_self_signed(lab):
    """The relay's own certificate: pinned as DER, kept over a restart; another relay's is refused."""
    relay = lab.start_relay(state="one")
    assert admitted(attempt(lab, relay.cert))
    relay.stop()
    again = lab.start_relay(state="one")
    with open(relay.cert, "rb") as first, open(again.cert, "rb") as second:
        assert first.read() == second.read()
    assert admitted(attempt(lab, relay.cert))
    again.stop()

    other = lab.start_relay(state="two")
    assert refused(attempt(lab, relay.cert), "not the one in the file", "ask its operator for the current file")
    assert admitted(attempt(lab, other.cert))
    other.stop()


def test_state_is_secret(lab):
    """The saved key is readable by its owner only."""
    relay = lab.start_relay(state="one")
    modes = subprocess.run(["find", lab.path("one"), "-type", "f", "-printf", "%m %f\n"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    assert any(line.startswith("600 ") and "key" in line for line in modes.splitlines()), modes
    relay.stop()


def test_given_certificate(lab):
    """--cert and --key; members pin it as PEM or DER, or trust its CA; names and dates must be right."""
    pem, key = lab.certs.server("named", programs.SERVER_NAME, "ca")
    relay = lab.start_relay("--cert", pem, "--key", key, state="named")
    assert admitted(attempt(lab, pem))
    assert admitted(attempt(lab, lab.certs.der("named")))
    assert admitted(attempt(lab, lab.certs.path("ca.pem")))
    assert refused(attempt(lab, lab.certs.path("other-ca.pem")))
    assert refused(attempt(lab, lab.certs.path("ca.pem"), server_name="relay.example"), "relay.example",
                   "pass a name that the certificate is for with --server-name")
    relay.stop()

    pem, key = lab.certs.server("client", programs.SERVER_NAME, "ca", purpose="tls_www_client")
    relay = lab.start_relay("--cert", pem, "--key", key, state="client")
    assert refused(attempt(lab, lab.certs.path("ca.pem")), "not for a server")
    assert admitted(attempt(lab, pem))
    relay.stop()

    pem, key = lab.certs.server("expired", programs.SERVER_NAME, "ca", expired=True)
    relay = lab.start_relay("--cert", pem, "--key", key, state="expired")
    assert refused(attempt(lab, lab.certs.path("ca.pem")), "expired")
    assert refused(attempt(lab, pem), "expired")
    relay.stop()


def test_system_authorities(lab, tmp_path):
    """Without a pin the system's CAs decide."""
    pem, key = lab.certs.server("public", "relay.example", "ca")
    relay = lab.start_relay("--cert", pem, "--key", key, state="public")
    assert refused(attempt(lab, None, server_name="relay.example"),
                   "has signed the relay's certificate", "relay.der")
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    subprocess.run(["mount", "--bind", lab.certs.path("ca.pem"), bundle], check=True)
    try:
        assert admitted(attempt(lab, None, server_name="relay.example"))
        assert refused(attempt(lab, None, server_name="other.example"), "other.example")
    finally:
        subprocess.run(["umount", bundle], check=True)
    relay.stop()


def test_the_party_goes_on(lab):
    """With the right certificate everything works."""
    lab.start_relay(state="one")
    lab.start_gateway()
    lab.start_client(lab.alice_host)
    assert ping(lab.alice_host, party.LAN_HOST, PATIENCE_S)
