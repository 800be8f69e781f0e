"""What the operator of the CA does at the server (C1, C2), and the requests for seal certificates (C5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.wire.base import Bytes64, Count, HexHash, Id, Reply, Request


class CodeRegistration(Request):
    """A code was given out: the server learns a hash of its lookup id and when it ends."""

    lookup_hash: HexHash
    expires_at: Count


class PendingEnrolment(Reply):
    """A request that waits for the CA."""

    lookup_hash: HexHash
    csr: Bytes64
    bundle_fields: Bytes64
    mac: Bytes64
    received_at: Count


class PendingEnrolments(Reply):
    requests: list[PendingEnrolment]


class EnrolmentSigned(Request):
    """The CA's answer to a request."""

    certificate: Bytes64
    mac: Bytes64
    head: Bytes64


class Refusal(Request):
    reason: Annotated[str, Field(max_length=200)]


class LeafSubmission(Request):
    """A leaf only the CA may append."""

    leaf: Bytes64


class LeafIndex(Reply):
    index: Count


class OrganisationUpload(Request):
    """The entries of a snapshot, before its root is appended."""

    entries: list[Bytes64]


class SealRequest(Request):
    """A keeper's device asks for a seal certificate."""

    csr: Annotated[Bytes64, Field(max_length=4096)]
    body: Id
    device: Id


class SealState(Reply):
    """How far a seal request has got."""

    id: HexHash
    state: str
    certificate: Bytes64 | None = None
    leaf: Bytes64 | None = None


class PendingSeal(Reply):
    """A seal request that waits for the CA."""

    id: HexHash
    csr: Bytes64
    body: Id
    device: Id
    person: Id
    received_at: Count


class DeviceVersion(Reply):
    """What a device last signed in with, by its own word; a device that never did has protocol 0. Times are ms UTC."""

    device: Id
    person: Id | None = None
    protocol: Count
    release: str
    seen_at: Count


class DeviceVersions(Reply):
    devices: list[DeviceVersion]


class PendingSeals(Reply):
    requests: list[PendingSeal]
