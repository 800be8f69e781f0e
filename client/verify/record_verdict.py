"""What a record that passed every check proves: who did what in a case, when it was received, and where the case stood after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JudgedStep:
    """One entry whose signature, authority, place and receipt hold. Names are those of the snapshot in force; times ms UTC."""

    entry_id: bytes
    step: str
    object: str
    person: str
    post: str
    body: str
    delegated: bool
    offline: bool
    signed_at_ms: int  # its author's claim
    received_at_ms: int  # the server's
    org_seq: int
    revoked_since: bool  # its device's certificate is on the newest list


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The facts of a genuine record. Times are milliseconds UTC."""

    case: str
    procedure: str
    procedure_hash: bytes
    called: str  # the site's word for the procedure; "" for one that programs ship
    listed_in: int | None  # the first snapshot shown that names it; None: one that entries do not name
    phase: str
    whole: bool  # the case itself is in the record, not only what stands beside it
    words: Mapping[str, str]  # the site's, by step and phase
    steps: tuple[JudgedStep, ...]
    head_at_ms: int  # of when the log is
    org_seq: int  # of the newest snapshot shown
    organisation_at_ms: int
    revocations_at_ms: int
    overdue: bool  # the CA's statements shown were older at that time than they may be
    file_sha256: bytes
    root_sha256: bytes
