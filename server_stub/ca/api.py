"""The CA's side of the server's HTTPS API: a session with the operator certificate, TLS pinned to the issuing CA.

The server is not trusted here either: what it returns is checked by whoever asked for it.
"""

from __future__ import annotations

import base64
import binascii
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType

import httpx

from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.release import PROTOCOL_VERSION
from server_stub.ca.faults import CaError

_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_MAX_REPLY = 4 << 20
_PAGE = 100


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    lookup_hash: str
    csr: bytes
    bundle_fields: bytes
    mac: bytes


@dataclass(frozen=True, slots=True)
class SealRequest:
    id: str
    csr: bytes
    body: str
    device: str
    person: str


@dataclass(frozen=True, slots=True)
class DeviceVersion:
    """What an active device last signed in with; protocol 0: it never did."""

    device: str
    person: str
    protocol: int
    release: str


class ServerRefused(CaError):
    """The server answered with an error; `code` is its stable code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"服务器拒绝：{code}", f"the server refused: {code}")


class CaApi:
    """One operator session; use as a context manager."""

    def __init__(self, url: str, issuing: bytes, operator: SigningKey, operator_der: bytes) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Not the root: a server that a replaced CA certified would be believed too.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=issuing)
        self._operator = operator
        self._operator_der = operator_der
        # trust_env=False: a proxy set for browsing must not carry the CA's traffic.
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/v1/",
            verify=context,
            timeout=_TIMEOUT,
            trust_env=False,
            headers={"Jinshu-Protocol": str(PROTOCOL_VERSION), "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> CaApi:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    def sign_in(self) -> None:
        certificate = _b64(self._operator_der)
        nonce = _bytes(self._call("POST", "session/nonce", {"device_certificate": certificate}), "nonce")
        payload = {
            "v": 1,
            "nonce": nonce,
            "operator": "operator",
            "protocol": PROTOCOL_VERSION,
            "server": self._client.base_url.host,
        }
        proof = sign(self._operator, certificate_hash(self._operator_der), SignedType.SESSION_PROOF, payload)
        reply = self._call("POST", "session", {"proof": _b64(proof.to_bytes()), "certificate": certificate})
        self._client.headers["Authorization"] = f"Bearer {_text(reply, 'token')}"

    def protocol(self) -> int:
        """The version of the protocol the server speaks."""
        return _whole(self._call("GET", "trust"), "protocol")

    def register_code(self, lookup_hash: str, expires_at: int) -> None:
        self._call("POST", "admin/enrolments", {"lookup_hash": lookup_hash, "expires_at": expires_at})

    def enrolments(self) -> list[EnrolmentRequest]:
        reply = self._call("GET", "admin/enrolments")
        return [
            EnrolmentRequest(
                _text(row, "lookup_hash"),
                _bytes(row, "csr"),
                _bytes(row, "bundle_fields"),
                _bytes(row, "mac"),
            )
            for row in _rows(reply, "requests")
        ]

    def answer_enrolment(self, lookup_hash: str, certificate: bytes, mac: bytes, head: bytes) -> None:
        body = {"certificate": _b64(certificate), "mac": _b64(mac), "head": _b64(head)}
        self._call("POST", f"admin/enrolments/{lookup_hash}/sign", body)

    def refuse_enrolment(self, lookup_hash: str, reason: str) -> None:
        self._call("POST", f"admin/enrolments/{lookup_hash}/refuse", {"reason": reason})

    def seal_requests(self) -> list[SealRequest]:
        reply = self._call("GET", "admin/seals")
        return [
            SealRequest(
                _text(row, "id"),
                _bytes(row, "csr"),
                _text(row, "body"),
                _text(row, "device"),
                _text(row, "person"),
            )
            for row in _rows(reply, "requests")
        ]

    def answer_seal(self, request_id: str, leaf: bytes) -> None:
        self._call("POST", f"admin/seals/{request_id}/sign", {"leaf": _b64(leaf)})

    def refuse_seal(self, request_id: str, reason: str) -> None:
        self._call("POST", f"admin/seals/{request_id}/refuse", {"reason": reason})

    def device_versions(self) -> list[DeviceVersion]:
        """Every active device, with the version it last came with."""
        reply = self._call("GET", "admin/devices")
        return [
            DeviceVersion(
                _text(row, "device"), _text(row, "person"), _whole(row, "protocol"), _text(row, "release")
            )
            for row in _rows(reply, "devices")
        ]

    def put_organisation(self, org_seq: int, entries: list[bytes]) -> None:
        self._call("PUT", f"admin/organisation/{org_seq}", {"entries": [_b64(entry) for entry in entries]})

    def post_leaf(self, leaf: bytes) -> None:
        self._call("POST", "admin/directory", {"leaf": _b64(leaf)})

    def leaves(self, after: int) -> Iterator[bytes]:
        """The directory log from a place on."""
        while rows := self._page(after):
            after += len(rows)
            yield from rows

    def _page(self, after: int) -> list[bytes]:
        leaves = self._call("GET", f"directory/entries?after={after}&limit={_PAGE}").get("leaves")
        if not isinstance(leaves, list):
            raise ServerRefused("wire.malformed")
        return [_bytes({"leaf": leaf}, "leaf") for leaf in leaves]

    def head_from(self, first: int) -> tuple[bytes, list[bytes]]:
        """The newest head, and the proof that it goes on from the tree of size `first`."""
        reply = self._call("GET", f"directory/head?first={first}")
        proof = reply.get("consistency")
        if not isinstance(proof, list):
            raise ServerRefused("wire.malformed")
        return _bytes(reply, "head"), [_bytes({"node": node}, "node") for node in proof]

    def head(self) -> bytes:
        return _bytes(self._call("GET", "directory/head?first=0"), "head")

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        try:
            with self._client.stream(method, path, json=body) as response:
                content = _body(response)
        except httpx.HTTPError as error:
            raise CaError(
                f"连不上服务器：{type(error).__name__}：{error}",
                f"the server cannot be reached: {type(error).__name__}: {error}",
            ) from error
        try:
            reply = json.loads(content) if content else {}
        except ValueError:
            reply = {}
        if not isinstance(reply, dict):
            reply = {}
        if response.is_error:
            raise ServerRefused(str(reply.get("code", f"HTTP {response.status_code}")))
        return reply


def _body(response: httpx.Response) -> bytes:
    """What was sent, as it came and no more than may be: a packed reply could unpack to anything."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise ServerRefused("wire.malformed")
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > _MAX_REPLY:
            raise ServerRefused("wire.too_large")
    return bytes(body)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _text(row: Mapping[str, object], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str):
        raise ServerRefused("wire.malformed")
    return value


def _whole(row: Mapping[str, object], field: str) -> int:
    value = row.get(field)
    if type(value) is not int:
        raise ServerRefused("wire.malformed")
    return value


def _bytes(row: Mapping[str, object], field: str) -> bytes:
    try:
        return base64.b64decode(_text(row, field), validate=True)
    except binascii.Error:
        raise ServerRefused("wire.malformed") from None


def _rows(reply: Mapping[str, object], field: str) -> list[Mapping[str, object]]:
    rows = reply.get(field)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ServerRefused("wire.malformed")
    return rows
