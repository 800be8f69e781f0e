"""The checks of the network against the real server: reached, its root compared, its time, the port of meetings; and what lies about them."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from client.core.self_check import CheckRow, Outcome
from client.self_test import network
from client.self_test.surroundings import Surroundings
from tests.support.small_city import SetClock, SmallCa, SmallServer
from tests.support.waiting import until

NOWHERE = Path("/nonexistent")


class City:
    """A server under a CA whose certificates are of today, as TLS wants them."""

    def __init__(self, folder: Path) -> None:
        clock = SetClock()
        self.ca = SmallCa(clock)
        self.server = SmallServer(folder, self.ca, clock)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def root(self) -> str:
        return hashlib.sha256(self.ca.root).hexdigest()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path / "server")
    yield made
    made.server.stop()


class Shifted:
    """This computer's clock, so many milliseconds ahead."""

    ahead = 0

    def __init__(self) -> None:
        from client.core.clock import SystemClock

        self._real = SystemClock()

    def now_ms(self) -> int:
        return self._real.now_ms() + self.ahead

    def monotonic(self) -> float:
        return self._real.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


def at(city: City, root: str = "") -> Surroundings:
    return Surroundings(NOWHERE, city.address, root)


def found(row: CheckRow) -> tuple[Outcome, str]:
    return row.outcome, row.found.key


def test_the_server_is_reached_under_its_root(city: City) -> None:
    row = network.check_server(at(city))
    assert found(row) == (Outcome.OK, "server.found")
    assert dict(row.facts)["status"] == "200"
    # Its address stays on this computer.
    assert city.address not in str(row.facts) + str(row.found)


def test_the_root_is_compared_with_the_one_that_is_known(city: City) -> None:
    assert found(network.check_root(at(city, city.root))) == (Outcome.OK, "root.found")
    assert found(network.check_root(at(city, "ab" * 32))) == (Outcome.FAILED, "root.other")
    unknown = network.check_root(at(city))
    assert found(unknown) == (Outcome.NOT_TRIED, "root.not_known")
    assert dict(unknown.facts)["shown"] == city.root


@pytest.mark.parametrize(
    ("ahead_ms", "expected"),
    [
        (0, (Outcome.OK, "server_clock.found")),
        (120_000, (Outcome.WARNING, "server_clock.ahead")),
        (-86_400_000, (Outcome.FAILED, "server_clock.behind")),
        # Every certificate looks ended: the clock's own row says why nothing else works.
        (20 * 365 * 86_400_000, (Outcome.FAILED, "server_clock.ahead")),
    ],
)
def test_a_wrong_clock_is_found_by_the_servers_time(
    city: City, monkeypatch: pytest.MonkeyPatch, ahead_ms: int, expected: tuple[Outcome, str]
) -> None:
    class Clock(Shifted):
        ahead = ahead_ms

    monkeypatch.setattr(network, "SystemClock", Clock)
    row = network.check_clock(at(city))
    assert found(row) == expected
    # A minute is left for a busy machine.
    assert abs(int(dict(row.facts)["ahead_seconds"]) - ahead_ms // 1000) < 60


def test_without_a_server_nothing_of_it_is_ok() -> None:
    nobody = Surroundings(NOWHERE)
    for check in (network.check_server, network.check_root, network.check_clock, network.check_media_port):
        assert found(check(nobody)) == (Outcome.NOT_TRIED, "server.unconfigured")


def test_a_server_that_is_not_there_fails_once() -> None:
    with closed_port(socket.SOCK_STREAM) as port:
        nobody = Surroundings(NOWHERE, f"127.0.0.1:{port}")
        assert found(network.check_server(nobody)) == (Outcome.FAILED, "server.unreached")
        assert found(network.check_root(nobody)) == (Outcome.NOT_TRIED, "server.not_reached")
        assert found(network.check_clock(nobody)) == (Outcome.NOT_TRIED, "server.not_reached")


@pytest.mark.expects_logs("the server's certificate is not of our root")
def test_a_server_certified_by_another_root_than_it_shows_is_untrusted(
    tmp_path: Path, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a server in between hands on the site's public certificates, and cannot use them."""
    shown = network._trust(city.address)
    other = City(tmp_path / "other")
    monkeypatch.setattr(network, "_trust", lambda _server: shown)
    try:
        row = network.check_server(at(other))
    finally:
        other.server.stop()
    assert found(row) == (Outcome.FAILED, "server.untrusted")


class Impostor(threading.Thread):
    """Speaks TLS with a real certificate, and answers every request with what never ends."""

    def __init__(self, city: City) -> None:
        super().__init__(daemon=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls = city.server.config.tls
        chain = tls.parent / "chain.pem"
        chain.write_bytes((tls / "server.pem").read_bytes() + (tls / "issuing.pem").read_bytes())
        self._context.load_cert_chain(chain, tls / "server.key")
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                plain, _ = self._sock.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(plain, server_side=True) as sock:
                    sock.recv(4096)
                    sock.sendall(b"HTTP/1.1 200 OK\r\nDate: in the beginning\r\n\r\n")
                    while True:
                        sock.sendall(bytes(65536))
            except OSError:
                continue

    def close(self) -> None:
        # A thread in `accept` is not woken by closing the socket alone.
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        self.join()


def test_a_reply_without_an_end_is_not_read_to_its_end(city: City) -> None:
    impostor = Impostor(city)
    impostor.start()
    try:
        row = network.check_clock(Surroundings(NOWHERE, f"127.0.0.1:{impostor.port}"))
    finally:
        impostor.close()
    assert row.outcome is Outcome.NOT_TRIED


# The port of meetings


class Responder(asyncio.DatagramProtocol):
    """Answers a binding request as STUN does; or, if it lies, with another transaction's."""

    def __init__(self, lies: bool = False) -> None:
        self._lies = lies
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # No isinstance: the loop's own class is none before Python 3.12.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        transaction = bytes(12) if self._lies else data[8:20]
        self._transport.sendto(b"\x01\x01\0\0" + data[4:8] + transaction, addr)


class Patient:
    """No try ever runs out."""

    def now_ms(self) -> int:
        return 0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, _seconds: float) -> None:
        await asyncio.Event().wait()


class Counting(Patient):
    """A try runs out once as many datagrams have come as were sent."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._tries = 0

    async def sleep(self, _seconds: float) -> None:
        self._tries += 1
        await until(lambda: len(self._responder.asked) >= self._tries)


async def _probed(lies: bool) -> tuple[bool, Responder]:
    loop = asyncio.get_running_loop()
    transport, responder = await loop.create_datagram_endpoint(
        lambda: Responder(lies), local_addr=("127.0.0.1", 0)
    )
    try:
        port = transport.get_extra_info("sockname")[1]
        clock = Counting(responder) if lies else Patient()
        return await network.probe("127.0.0.1", port, clock), responder
    finally:
        transport.close()


async def test_an_answer_to_the_probe_proves_the_way() -> None:
    answered, responder = await _probed(lies=False)
    assert answered
    assert len(responder.asked[0]) == 20


async def test_an_answer_to_something_else_proves_nothing() -> None:
    answered, responder = await _probed(lies=True)
    assert not answered
    assert len(responder.asked) == 3
    # The same request each time: a late answer counts.
    assert len(set(responder.asked)) == 1


def test_a_refused_port_is_a_failure_only_where_the_site_named_it() -> None:
    with closed_port(socket.SOCK_DGRAM) as port:
        named = Surroundings(NOWHERE, "127.0.0.1:1", media_port=port)
        assert found(network.check_media_port(named)) == (Outcome.FAILED, "media_port.refused")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(network, "_MEDIA_PORT", port)
            unnamed = Surroundings(NOWHERE, "127.0.0.1:1")
            assert found(network.check_media_port(unnamed)) == (Outcome.WARNING, "media_port.refused")


@contextmanager
def closed_port(kind: int) -> Iterator[int]:
    """A port at which nothing listens, kept from others meanwhile."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        if kind == socket.SOCK_DGRAM:
            # Connected to itself, it takes from nobody else: the kernel refuses what comes from others.
            sock.connect(("127.0.0.1", port))
        yield port
