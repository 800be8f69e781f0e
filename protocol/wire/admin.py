"""What the operator of the CA does at the server (C1, C2), and the requests for seal certificates (C5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.wire.base import Bytes64, Count, HexHash, Id, Message


class CodeRegistration(Message):
    """A code was given out: the server learns a hash of its lookup id and when it ends."""

    lookup_hash: HexHash
    expires_at: Count


class PendingEnrolment(Message):
    """A request that waits for the CA."""

    lookup_hash: HexHash
    csr: Bytes64
    bundle_fields: Bytes64
    mac: Bytes64
    received_at: Count


class PendingEnrolments(Message):
    requests: list[PendingEnrolment]


class EnrolmentSigned(Message):
    """The CA's answer to a request."""

    certificate: Bytes64
    mac: Bytes64
    head: Bytes64


class Refusal(Message):
    reason: Annotated[str, Field(max_length=200)]


class LeafSubmission(Message):
    """A leaf only the CA may append."""

    leaf: Bytes64


class LeafIndex(Message):
    index: Count


class OrganisationUpload(Message):
    """The entries of a snapshot, before its root is appended."""

    entries: list[Bytes64]


class SealRequest(Message):
    """A keeper's device asks for a seal certificate."""

    csr: Annotated[Bytes64, Field(max_length=4096)]
    body: Id
    device: Id


class SealState(Message):
    """How far a seal request has got."""

    id: HexHash
    state: str
    certificate: Bytes64 | None = None
    leaf: Bytes64 | None = None


class PendingSeal(Message):
    """A seal request that waits for the CA."""

    id: HexHash
    csr: Bytes64
    body: Id
    device: Id
    person: Id
    received_at: Count


class PendingSeals(Message):
    requests: list[PendingSeal]
