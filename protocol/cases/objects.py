"""The objects a case consists of (C8): each has an id, a key and a chain of entries of its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind, is_formed


class ObjectKind(StrEnum):
    """What an object is to its case. LATER: a later version's."""

    CASE = "case"
    BRANCH = "branch"
    ISSUE = "issue"
    RECEIPT = "receipt"
    LATER = ""


ID_KINDS: Final[Mapping[ObjectKind, IdKind]] = {
    ObjectKind.CASE: IdKind.CASE,
    ObjectKind.BRANCH: IdKind.BRANCH,
    ObjectKind.ISSUE: IdKind.ISSUE,
    ObjectKind.RECEIPT: IdKind.RECEIPT,
}
_KINDS: Final[Mapping[str, ObjectKind]] = {prefix.value: kind for kind, prefix in ID_KINDS.items()}
_OTHER_IDS: Final = frozenset(IdKind) - _KINDS.keys()


def object_kind(object_id: str) -> ObjectKind:
    """What an object id names; LATER for a prefix this version does not know.

    Raises:
        JinshuError: `wire.malformed`, it is no id, or one of something else.
    """
    prefix = object_id[:3]
    if not is_formed(object_id) or (prefix not in _KINDS and prefix in _OTHER_IDS):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="object")
    return _KINDS.get(prefix, ObjectKind.LATER)
