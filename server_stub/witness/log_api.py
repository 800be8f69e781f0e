"""A witness's requests: the certificates, and its own word for the newest head. It has no session; its co-signature is its proof."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Protocol, Self, TypeVar

import httpx

from protocol.directory.cosignatures import Cosignature
from protocol.errors import ErrorCode
from protocol.release import PROTOCOL_VERSION
from protocol.wire.base import PROTOCOL_HEADER, Reply
from protocol.wire.directory import HeadReply, WitnessRequest
from protocol.wire.session import TrustReply
from server_stub.ca.api import ServerRefused
from server_stub.ca.faults import CaError

_R = TypeVar("_R", bound=Reply)
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_MAX_REPLY = 256 << 10


class LogServer(Protocol):
    """What a witness asks of a server; tests have lying ones."""

    def certificates(self) -> tuple[bytes, bytes]:
        """The issuing CA that certified the log's key, and the log's certificate, DER."""
        ...

    def witness(self, said: Cosignature) -> tuple[bytes, list[bytes]]:
        """Hand in a co-signature; returns the newest head, and the proof that it goes on from the co-signed size."""
        ...


class LogApi:
    """HTTPS with the root pinned; use as a context manager."""

    def __init__(self, url: str, root: bytes) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=root)
        # trust_env=False: a proxy set for browsing must not carry the witness's traffic.
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/v1/",
            verify=context,
            timeout=_TIMEOUT,
            trust_env=False,
            headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION), "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    def certificates(self) -> tuple[bytes, bytes]:
        reply = _read(TrustReply, self._call("GET", "trust"))
        return reply.issuing, reply.log_certificate

    def witness(self, said: Cosignature) -> tuple[bytes, list[bytes]]:
        body = WitnessRequest(
            witness=said.witness, size=said.size, root=said.root, at=said.at_s, signature=said.signature
        )
        reply = _read(HeadReply, self._call("POST", "directory/witness", body.model_dump_json().encode()))
        return reply.head, reply.consistency

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        content = bytearray()
        try:
            with self._client.stream(method, path, content=body, headers=headers) as response:
                for piece in response.iter_raw():
                    content += piece
                    if len(content) > _MAX_REPLY:
                        raise ServerRefused(ErrorCode.WIRE_TOO_LARGE.value)
        except httpx.HTTPError as error:
            raise CaError(
                f"连不上服务器：{type(error).__name__}",
                f"the server cannot be reached: {type(error).__name__}",
            ) from error
        if response.is_error:
            raise ServerRefused(_code(bytes(content)) or f"HTTP {response.status_code}")
        return bytes(content)


class _Refusal(Reply):
    code: str


def _code(content: bytes) -> str:
    try:
        return _Refusal.model_validate_json(content).code
    except ValueError:
        return ""


def _read(shape: type[_R], content: bytes) -> _R:
    try:
        return shape.model_validate_json(content)
    except ValueError:
        raise ServerRefused(ErrorCode.WIRE_MALFORMED.value) from None
