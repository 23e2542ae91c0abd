"""The impairment proxy works as configured. Otherwise the tests that use it would prove nothing."""

import select
import time

import pytest
from netlab.impair import Impair
from netlab.lab import Lab

from probes import PATIENCE_S

N = 400


@pytest.fixture(scope="module")
def path(_session):
    """A proxy between two UDP sockets of one host."""
    lab = Lab("impair")
    _session.labs.append(lab)
    host = lab.host("host")
    lab.server, lab.client = host.socket(), host.socket()
    lab.server.bind(("127.0.0.1", 7000))
    lab.client.connect(("127.0.0.1", 7001))
    lab.proxy = Impair(lab, host, "127.0.0.1", 7001, "127.0.0.1", 7000)
    yield lab
    lab.server.close()
    lab.client.close()
    _session.close(lab)


def send(lab, count=N, size=100, pause_s=0.0005):
    """Sends numbered packets through the proxy; returns [(number, delay)] in the order of arrival."""
    start, arrived, sent = {}, [], 0
    end = time.monotonic() + PATIENCE_S
    quiet_s = 0.3
    while time.monotonic() < end:
        if sent < count:
            start[sent] = time.monotonic()
            lab.client.send(sent.to_bytes(4, "big").ljust(size, b"."))
            sent += 1
        if select.select([lab.server], [], [], pause_s if sent < count else quiet_s)[0]:
            data, lab.peer = lab.server.recvfrom(65536)
            number = int.from_bytes(data[:4], "big")
            arrived.append((number, time.monotonic() - start[number]))
        elif sent == count:
            break
    return arrived


@pytest.fixture
def impaired(path, request):
    """The path with the settings of the test, which are reset afterwards."""
    path.proxy.set(**request.param)
    yield path
    path.proxy.set(**{name: 0 for name in request.param})


def test_clean(path):
    """Without settings everything arrives, once and in order."""
    assert [number for number, _ in send(path)] == list(range(N))


@pytest.mark.parametrize("impaired", [{"loss": 30}], indirect=True)
def test_loss(impaired):
    """About a third is lost."""
    assert N * 0.5 < len(send(impaired)) < N * 0.9


@pytest.mark.parametrize("impaired", [{"delay_ms": 40}], indirect=True)
def test_delay(impaired):
    """All packets are delayed, in order."""
    arrived = send(impaired, 50)
    assert [number for number, _ in arrived] == list(range(50))
    assert min(delay for _, delay in arrived) >= 0.039


@pytest.mark.parametrize("impaired", [{"dup": 30}], indirect=True)
def test_duplicates(impaired):
    """About a third is duplicated."""
    arrived = [number for number, _ in send(impaired)]
    assert set(arrived) == set(range(N)) and N * 1.1 < len(arrived) < N * 1.5


@pytest.mark.parametrize("impaired", [{"reorder": 20, "reorder_ms": 10}], indirect=True)
def test_reordering(impaired):
    """All packets arrive, and a fifth of them late: on a busy machine fewer of these are overtaken, but some are."""
    before = impaired.proxy.stats()["up"]["reordered"]
    arrived = [number for number, _ in send(impaired)]
    assert sorted(arrived) == list(range(N))
    assert N * 0.1 < impaired.proxy.stats()["up"]["reordered"] - before < N * 0.3
    assert any(b < a for a, b in zip(arrived, arrived[1:]))


@pytest.mark.parametrize("impaired", [{"mtu": 500}], indirect=True)
def test_mtu(impaired):
    """A packet of 500 bytes including headers passes, one of 501 does not."""
    assert len(send(impaired, 20, 500 - 28)) == 20
    assert not send(impaired, 20, 501 - 28)
    assert impaired.proxy.stats()["up"]["too_big"] == 20


@pytest.mark.parametrize("impaired", [{"rate_kbps": 1000, "queue_ms": 100}], indirect=True)
def test_rate(impaired):
    """A flood through 1 Mbit/s is delayed, and most of it is dropped by the full queue."""
    start = time.monotonic()
    arrived = send(impaired, 200, 1000 - 28, pause_s=0)
    assert len(arrived) < 100 and impaired.proxy.stats()["up"]["queue_full"] > 0
    assert time.monotonic() - start > 0.1


@pytest.mark.parametrize("impaired", [{"away": 1}], indirect=True)
def test_away(impaired):
    """Nothing passes."""
    assert not send(impaired, 20)


def test_rebind(path):
    """The server sees another port, and its replies arrive."""
    send(path, 1)
    first = path.peer
    path.proxy.rebind()
    send(path, 1)
    assert path.peer != first
    path.client.settimeout(PATIENCE_S)
    path.server.sendto(b"answer", path.peer)
    assert path.client.recv(100) == b"answer"
