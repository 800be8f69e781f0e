"""The shapes of head fields, by words that a procedure can carry as data (C42).

word    = kind [ "?" | "*" ]            ; "?": or null; "*": a sorted list without doubles, at most 1,000 long
kind    = "hash" | "text" | "integer" | "boolean" | names | choice
names   = id { "|" id }                 ; ids of these kinds: "post|body"
id      = "person" | "post" | "body" | "case" | "branch" | "issue" | "receipt" | "seal"
choice  = "=" value { "|" value }       ; one of these texts: "=agree|disagree"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from protocol import payload
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind

MAX_RECIPIENTS: Final = 1000
NAMED: Final = frozenset({"person", "post", "body"})  # principals: who can be named, and sealed to
_PLAIN: Final[Mapping[str, payload.Shape]] = {
    "hash": payload.HASH,
    "text": payload.text,
    "integer": payload.integer,
    "boolean": payload.boolean,
}
_IDS: Final[Mapping[str, IdKind]] = {
    "person": IdKind.PERSON,
    "post": IdKind.POST,
    "body": IdKind.BODY,
    "case": IdKind.CASE,
    "branch": IdKind.BRANCH,
    "issue": IdKind.ISSUE,
    "receipt": IdKind.RECEIPT,
    "seal": IdKind.SEAL,
}


@lru_cache(1024)
def shape(word: str) -> payload.Shape:
    """The shape a word describes.

    Raises:
        JinshuError: `wire.malformed`, the word is none.
    """
    kind, mark = (word[:-1], word[-1]) if word[-1:] in ("?", "*") else (word, "")
    found = _kind(kind)
    if mark == "?":
        return payload.optional(found)
    if mark == "*":
        return _sorted_list(found)
    return found


def principals_in(word: str, value: Any) -> tuple[str, ...]:
    """The persons, posts and bodies that a field of this shape names."""
    names = word.rstrip("?*").split("|")
    if value is None or not NAMED.issuperset(names):
        return ()
    return tuple(value) if word.endswith("*") else (str(value),)


def can_be_filled(word: str) -> bool:
    """Whether somebody can fill a field of this shape in on a page: principals to choose from, a choice, words, a figure; what
    may be empty always can. Nobody types a hash or an id, and a list is only of principals. Keep in step: `client/cases/offers.py`."""
    kind = word.rstrip("?*")
    if word.endswith("?") or NAMED.issuperset(kind.split("|")):
        return True
    return not word.endswith("*") and (kind in ("text", "integer") or kind.startswith("="))


def _kind(word: str) -> payload.Shape:
    if word in _PLAIN:
        return _PLAIN[word]
    if word.startswith("=") and len(word) > 1:
        return payload.one_of(*word[1:].split("|"))
    ids = word.split("|")
    if not set(ids) <= _IDS.keys():
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="shape")
    return payload.identifier(*(_IDS[each] for each in ids))


def _sorted_list(item: payload.Shape) -> payload.Shape:
    listed = payload.list_of(item, at_most=MAX_RECIPIENTS)
    return lambda value: listed(value) and value == sorted(set(value))
