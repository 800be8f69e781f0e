"""Typed ids of 128 random bits, made by whoever creates the thing (C16)."""

from __future__ import annotations

import base64
import re
from enum import StrEnum
from typing import Final

from protocol.errors import ErrorCode, JinshuError


class IdKind(StrEnum):
    """The prefix says what an id names."""

    PERSON = "prs"
    POST = "pst"
    BODY = "bdy"
    RECORDS = "rec"  # the records office of a body
    HOLDING = "hld"
    DEVICE = "dev"
    CASE = "cas"
    BRANCH = "brn"
    ISSUE = "iss"
    RECEIPT = "rcp"
    DELEGATION = "dlg"
    SEAL = "sel"
    ENROLMENT = "enr"
    ACT = "act"
    CONVERSATION = "cnv"
    MESSAGE = "msg"
    MEETING = "mtg"
    SITE = "sit"  # the one entry of a snapshot that says what is switched on
    PAGE_SETTINGS = "pgs"  # the one entry of a snapshot that lists what pages may be set with
    PROCEDURE = "prc"  # an entry of a snapshot that names a procedure, or defines it
    DRAFT = "drf"  # never leaves the device


_FORM: Final = re.compile(r"[a-z]{3}_[a-z2-7]{25}[aeimquy4]")
_TAIL: Final = re.compile(r"[a-z2-7]{25}[aeimquy4]")  # 130 bits in 26 letters: the last two are zero


def new_id(kind: IdKind, entropy: bytes) -> str:
    """An id from 16 random bytes."""
    if len(entropy) != 16:
        raise ValueError("an id takes 16 bytes of entropy")
    return f"{kind.value}_{base64.b32encode(entropy).decode('ascii').rstrip('=').lower()}"


def id_kind(value: str) -> IdKind:
    """What an id names.

    Raises:
        JinshuError: `wire.malformed`, it is no id at all.
    """
    prefix, _, tail = value.partition("_")
    try:
        kind = IdKind(prefix)
    except ValueError:
        raise JinshuError(ErrorCode.WIRE_MALFORMED) from None
    if not _TAIL.fullmatch(tail):
        raise JinshuError(ErrorCode.WIRE_MALFORMED)
    return kind


def is_formed(value: object) -> bool:
    """Whether this is an id, of a kind this version knows or of a later one."""
    return type(value) is str and _FORM.fullmatch(value) is not None


def check_id(value: str, kind: IdKind | None = None) -> str:
    """Return a well-formed id of that kind.

    Raises:
        JinshuError: `wire.malformed`.
    """
    found = id_kind(value)
    if kind is not None and found is not kind:
        raise JinshuError(ErrorCode.WIRE_MALFORMED)
    return value
