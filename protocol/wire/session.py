"""Trust anchors, enrolment and sessions (C2, C19)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from protocol.wire.base import Bytes64, Count, Reply, Request


class TrustReply(Reply):
    """The certificates, DER: the one thing a client asks for before it knows whom it talks to.

    `issuing` certified the log's key; `first` is the issuing CA the log began with, left out while it is the same.
    """

    root: Bytes64
    first: Bytes64 | None = None
    issuing: Bytes64
    log_certificate: Bytes64
    protocol: int


class EnrolmentRequest(Request):
    """A device asks to be certified; the MAC is made with the secret of the code, which the server never sees."""

    lookup_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    csr: Annotated[Bytes64, Field(max_length=4096)]
    bundle_fields: Annotated[Bytes64, Field(max_length=4096)]
    mac: Annotated[Bytes64, Field(min_length=32, max_length=32)]


class EnrolmentState(StrEnum):
    """How far a request has got."""

    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"


class EnrolmentReply(Reply):
    """The CA's answer, once there is one."""

    state: Annotated[EnrolmentState, Field(strict=False)]
    certificate: Bytes64 | None = None
    head: Bytes64 | None = None
    mac: Bytes64 | None = None


class NonceRequest(Request):
    """Who wants a session: the certificate of a device or of the operator, DER."""

    device_certificate: Annotated[Bytes64, Field(max_length=4096)]


class NonceReply(Reply):
    """To be signed within a minute, once."""

    nonce: Bytes64


class SessionRequest(Request):
    """The signed nonce (SESSION_PROOF)."""

    proof: Annotated[Bytes64, Field(max_length=4096)]
    certificate: Annotated[Bytes64, Field(max_length=4096)]


class SessionReply(Reply):
    """A token for HTTP and WebSocket. Times are milliseconds UTC."""

    token: str
    expires_at: Count
    server_time: Count
    protocol: Count = 1  # the server's; the first servers did not say it
