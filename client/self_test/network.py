"""The way to the server: TLS, its root certificate, its time, and the UDP port of meetings.

Nothing is signed in, and nothing is sent that says who asks. What the server says of its time is its own word: good enough to
find a wrong clock, and used for nothing else.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import socket
import ssl
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from client.core.clock import Clock, SystemClock
from client.core.self_check import CheckRow, Outcome, Remark
from client.core.tasks import TaskSupervisor, wait_at_most
from client.self_test.surroundings import Surroundings
from protocol.errors import ErrorCode, JinshuError
from protocol.release import PROTOCOL_VERSION

if TYPE_CHECKING:
    from client.core.connection.plain_httpx import httpx

# What a site uses that says nothing else (ADMIN.md).
_MEDIA_PORT: Final = 8444
_SECONDS: Final = 10.0
_MOST_BYTES: Final = 256 << 10
_CLOSE_MS: Final = 60_000
# From here on the program itself speaks of it (`client/core/connection/session.py`).
_FAR_MS: Final = 5 * 60_000
_GROUP: Final = 8
# A binding request of STUN (RFC 8489): 20 bytes of head, no attribute, and the cookie.
_COOKIE: Final = bytes.fromhex("2112a442")
_ANSWERS: Final = (b"\1\1", b"\1\x11")
_TRIES: Final = 3
_WAIT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    date: str
    body: bytes
    took_ms: int
    at_ms: int  # this computer's time, in the middle of the request


def check_server(surroundings: Surroundings) -> CheckRow:
    """Reach the server by TLS 1.3 under its own root, and ask whether it can write."""
    if not surroundings.server:
        return _unconfigured("server")
    try:
        reply = _health(surroundings.server)
    except JinshuError as error:
        return _unreached("server", surroundings, error)
    facts = (("took_ms", str(reply.took_ms)), ("status", str(reply.status)))
    private = (surroundings.server,)
    if reply.status != 200:
        return CheckRow(
            "server", Outcome.WARNING, Remark("server.not_ready"), Remark("server.tell"), facts, private
        )
    found = Remark.of("server.found", took=reply.took_ms)
    return CheckRow("server", Outcome.OK, found, None, facts, private)


def check_root(surroundings: Surroundings) -> CheckRow:
    """Compare the root certificate the server shows with the one that is known here."""
    if not surroundings.server:
        return _unconfigured("root")
    try:
        shown = _trust(surroundings.server)[0].hex()
    except JinshuError as error:
        return _unreached("root", surroundings, error)
    grouped = " ".join(shown[at : at + _GROUP] for at in range(0, len(shown), _GROUP))
    facts = (("shown", shown), ("known", surroundings.root))
    if not surroundings.root:
        found = Remark.of("root.not_known", shown=grouped)
        return CheckRow("root", Outcome.NOT_TRIED, found, Remark("root.compare"), facts)
    if not hmac.compare_digest(shown, surroundings.root.lower()):
        return CheckRow(
            "root", Outcome.FAILED, Remark.of("root.other", shown=grouped), Remark("root.stop"), facts
        )
    return CheckRow("root", Outcome.OK, Remark.of("root.found", shown=grouped), None, facts)


def check_clock(surroundings: Surroundings) -> CheckRow:
    """Compare this computer's time with what the server puts on its replies, to a second."""
    if not surroundings.server:
        return _unconfigured("server_clock")
    from client.core.trust.tls import unpinned_context  # deferred: not needed without a server

    try:
        # Whoever it is: with a wrong clock every certificate looks ended or not yet begun, and nothing but a hint is taken.
        reply = asyncio.run(_asked(surroundings.server, unpinned_context()))
    except JinshuError as error:
        return _unreached("server_clock", surroundings, error)
    try:
        # It is cut to the second: the middle of that second is the best guess.
        theirs = int(parsedate_to_datetime(reply.date).timestamp() * 1000) + 500
    except (ValueError, OverflowError, TypeError, OSError):  # it may say anything
        return CheckRow("server_clock", Outcome.NOT_TRIED, Remark("server_clock.untold"))
    apart = reply.at_ms - theirs
    facts = (("ahead_seconds", f"{apart / 1000:.0f}"),)
    params = {"seconds": f"{abs(apart) / 1000:.0f}"}
    if abs(apart) <= _CLOSE_MS:
        return CheckRow("server_clock", Outcome.OK, Remark.of("server_clock.found", **params), None, facts)
    found = Remark.of("server_clock.ahead" if apart > 0 else "server_clock.behind", **params)
    outcome = Outcome.WARNING if abs(apart) <= _FAR_MS else Outcome.FAILED
    return CheckRow("server_clock", outcome, found, Remark("server_clock.set"), facts)


def check_media_port(surroundings: Surroundings) -> CheckRow:
    """Send a binding request to the UDP port of meetings. The product's server answers only who is in a meeting, so silence
    says nothing; a refusal does."""
    if not surroundings.server:
        return _unconfigured("media_port")
    host = _address(surroundings.server)[0]
    port = surroundings.media_port or _MEDIA_PORT
    facts = (("port", str(port)),)
    try:
        answered = asyncio.run(probe(host, port, SystemClock()))
    except ConnectionRefusedError:
        # Without a word of the site's it may be another port that is used.
        outcome = Outcome.FAILED if surroundings.media_port else Outcome.WARNING
        found = Remark.of("media_port.refused", port=port)
        return CheckRow("media_port", outcome, found, Remark("media_port.ask"), facts)
    except OSError as error:
        found = Remark.of("media_port.no_way", port=port, type=type(error).__name__)
        return CheckRow("media_port", Outcome.FAILED, found, Remark("server.network"), facts)
    if answered:
        return CheckRow("media_port", Outcome.OK, Remark.of("media_port.found", port=port), None, facts)
    found = Remark.of("media_port.silent", port=port)
    return CheckRow("media_port", Outcome.NOT_TRIED, found, Remark("media_port.join"), facts)


def _unconfigured(name: str) -> CheckRow:
    return CheckRow(name, Outcome.NOT_TRIED, Remark("server.unconfigured"))


def _unreached(name: str, surroundings: Surroundings, error: JinshuError) -> CheckRow:
    """The reason stands in the first row of the network; the others were not tried."""
    private = (surroundings.server,)
    if name != "server" and error.code is not ErrorCode.NETWORK_UNTRUSTED:
        return CheckRow(name, Outcome.NOT_TRIED, Remark("server.not_reached"), private=private)
    untrusted = error.code is ErrorCode.NETWORK_UNTRUSTED
    found = Remark("server.untrusted") if untrusted else Remark.of("server.unreached", code=error.code.value)
    advice = Remark("root.stop" if untrusted else "server.network")
    return CheckRow(name, Outcome.FAILED, found, advice, (("code", error.code.value),), private)


def _address(server: str) -> tuple[str, int]:
    from client.core.connection.address import ServerAddress  # deferred: not needed without a server

    parsed = ServerAddress.parse(server)
    return parsed.host, parsed.port


def _trust(server: str) -> tuple[bytes, ssl.SSLContext]:
    """The fingerprint of the root that the server shows, and TLS under that root alone.

    Raises:
        JinshuError: it cannot be reached, or its certificates make no chain.
    """
    # Deferred: httpx and the certificates are this check's to load.
    from client.core.connection.address import ServerAddress
    from client.core.connection.enrolment import fetch_shown_trust

    now = SystemClock().now_ms()
    trust = asyncio.run(fetch_shown_trust(ServerAddress.parse(server), now))
    return trust.root_fingerprint, trust.tls()


def _health(server: str) -> _Reply:
    """What `/v1/health` answers, under the root that the server shows.

    Raises:
        JinshuError: network.unreachable or network.untrusted, and what `_trust` raises.
    """
    return asyncio.run(_asked(server, _trust(server)[1]))


async def _asked(server: str, context: ssl.SSLContext) -> _Reply:
    # Deferred, as above.
    from client.core.connection.address import ServerAddress
    from client.core.connection.plain_httpx import httpx
    from client.core.connection.transport import unreachable
    from protocol.wire.base import PROTOCOL_HEADER

    clock = SystemClock()
    headers = {PROTOCOL_HEADER: str(PROTOCOL_VERSION), "Accept-Encoding": "identity"}
    url = f"{ServerAddress.parse(server).https}/health"
    try:
        async with httpx.AsyncClient(verify=context, trust_env=False, timeout=_SECONDS) as client:
            # The connection is made by a first request, so that the second measures the way alone.
            await _body(client, url, headers)
            before, begun = clock.now_ms(), clock.monotonic()
            status, date, body = await _body(client, url, headers)
            took = int((clock.monotonic() - begun) * 1000)
    except httpx.HTTPError as error:
        raise unreachable(error) from None
    return _Reply(status, date, body, took, before + took // 2)


async def _body(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    body = bytearray()
    async with client.stream("GET", url, headers=headers) as reply:
        async for piece in reply.aiter_raw():
            body += piece
            if len(body) > _MOST_BYTES:
                raise JinshuError(ErrorCode.WIRE_TOO_LARGE)
        return reply.status_code, reply.headers.get("Date", ""), bytes(body)


async def probe(host: str, port: int, clock: Clock) -> bool:
    """Whether a binding request is answered, in three tries of a second of `clock` each.

    Raises:
        OSError: the name has no address, there is no way there, or the port is refused.
    """
    loop, tasks = asyncio.get_running_loop(), TaskSupervisor()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, kind, number, _name, address = found[0]
    request = b"\0\1\0\0" + _COOKIE + secrets.token_bytes(12)
    with socket.socket(family, kind, number) as sock:
        sock.setblocking(False)
        sock.connect(address)
        answered, arrived = tasks.start("answer", _answer(sock, request)), asyncio.Event()
        answered.add_done_callback(lambda _done: arrived.set())
        try:
            for _ in range(_TRIES):
                sock.send(request)
                if await wait_at_most(arrived, clock, _WAIT_SECONDS):
                    if (refusal := await answered) is not None:
                        raise refusal
                    return True
        finally:
            answered.cancel()
            await asyncio.wait([answered])
    return False


async def _answer(sock: socket.socket, request: bytes) -> OSError | None:
    """Until a success or an error comes, in answer to this request; a refusal of the port ends it too."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            answer = await loop.sock_recv(sock, 2048)
        except OSError as error:
            return error
        if answer[4:20] == request[4:20] and answer[:2] in _ANSWERS:
            return None
