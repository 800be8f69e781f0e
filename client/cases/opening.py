"""Opening what entries hide, with the keys of a case, and refusing what does not agree with what they show (C7, C11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from client.cases.entry_store import StoredEntry
from client.cases.local_case import LocalCase
from client.cases.ports import ContentRules
from protocol import payload
from protocol.cases.entries import FORMER_KEY, LATER, DocumentEntry
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.content import (
    ContentContext,
    check_key_commitment,
    derive_object_key,
    is_padded,
    key_commitment,
    open_content,
)
from protocol.crypto.keys import SecretKey
from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from protocol.features import CONTENTS_2, check_switched_on


@dataclass(frozen=True, slots=True)
class Forms:
    """Which forms of contents may stand in a case. `lacking`: the site has switched on what this version cannot read; what has no
    shape we know is then of a later version. `features_at`: what was switched on when the log had a size."""

    lacking: bool
    features_at: Callable[[int], frozenset[str]]

    def check(self, kept: StoredEntry) -> None:
        """Return if an entry's content is of a form that the site had switched on when it was received.

        Raises:
            JinshuError: `features.not_switched_on`, `wire.malformed` or `wire.unknown_type`.
        """
        if is_padded(kept.ciphertext) and kept.receipt is not None:
            receipt = ServerReceipt.parse(Signed.parse(kept.receipt).value())
            check_switched_on(CONTENTS_2, self.features_at(receipt.log_size))


@dataclass
class Opened:
    """What could be opened now. `fields`: entry id → (fields, fault code or None)."""

    forms: Forms
    rules: ContentRules
    keys: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    fields: dict[bytes, tuple[dict[str, Any], str | None]] = field(default_factory=dict)


def open_all(
    book: LocalCase, found: Mapping[str, Iterable[tuple[bytes, bytes]]], forms: Forms, rules: ContentRules
) -> Opened:
    """Open every entry of a case that the keys held, and those just `found` (object → (commitment, key)), can open.

    Raises:
        JinshuError: `keys.commitment_mismatch`, somebody passed on a key that is not the object's.
    """
    opened = Opened(forms, rules)
    keys = {name: dict(held) for name, held in book.keys.items()}

    def learn(object_id: str, commitment: bytes, key: bytes) -> None:
        if commitment not in keys.setdefault(object_id, {}):
            check_key_commitment(object_id, SecretKey(key), commitment)
            keys[object_id][commitment] = key
            opened.keys.setdefault(object_id, {})[commitment] = key

    for object_id, pairs in found.items():
        for commitment, key in pairs:
            learn(object_id, commitment, key)
    # The case first: its key makes those of its branches and its issue.
    for object_id in sorted(book.file.objects, key=lambda name: name != book.file.case):
        _derive(book, object_id, keys, learn)
        _open_object(book, object_id, keys, learn, opened)
    _check_claims(book, opened)
    return opened


def _check_claims(book: LocalCase, opened: Opened) -> None:
    """What entries say of others is true as far as both can be read here."""

    def fields(entry_id: bytes) -> Mapping[str, Any]:
        found = opened.fields.get(entry_id)
        return found[0] if found is not None else (book.kept[entry_id].fields or {})

    for entry_id, code in opened.rules.false_claims(book, fields):
        if book.kept[entry_id].fault is None:
            opened.fields[entry_id] = (dict(fields(entry_id)), code)


def _derive(book: LocalCase, object_id: str, keys: dict[str, dict[bytes, bytes]], learn: Any) -> None:
    found = book.file.objects[object_id]
    rule = book.file.procedure.kinds.get(found.kind)
    if rule is None or not rule.derived_key:
        return
    for case_key in tuple(keys.get(book.file.case, {}).values()):
        made = derive_object_key(SecretKey(case_key), object_id)
        commitment = key_commitment(object_id, made)
        if commitment in found.commitments.values():
            learn(object_id, commitment, bytes(made))


def _open_object(
    book: LocalCase, object_id: str, keys: dict[str, dict[bytes, bytes]], learn: Any, opened: Opened
) -> None:
    commitments: list[bytes] = []
    # Newest first: an entry that brought a new key tells the one before.
    in_force: list[tuple[bytes, bytes]] = []
    for placed in book.file.objects[object_id].chain:
        if placed.entry.key_commitment is not None:
            commitments.append(placed.entry.key_commitment)
        in_force.append((placed.id, commitments[-1]))
    for entry_id, commitment in reversed(in_force):
        kept = book.kept[entry_id]
        key = keys.get(object_id, {}).get(commitment)
        if kept.fields is None and key is not None:
            entry = book.entries[entry_id]
            opened.fields[entry_id] = _open(entry, kept, key, opened)
        known = kept.fields or opened.fields.get(entry_id, ({}, None))[0]
        former = known.get(FORMER_KEY)
        at = commitments.index(commitment)
        if isinstance(former, bytes) and at > 0:
            try:
                learn(object_id, commitments[at - 1], former)
            except JinshuError as error:
                # His who wrote it, and nobody's else: what comes after goes on.
                opened.fields[entry_id] = (known, error.code.value)


def _open(
    entry: DocumentEntry, kept: StoredEntry, key: bytes, opened: Opened
) -> tuple[dict[str, Any], str | None]:
    forms, rules = opened.forms, opened.rules
    try:
        forms.check(kept)
        context = ContentContext(entry.object, entry.word, entry.actor)
        fields = open_content(SecretKey(key), context, kept.ciphertext, entry.hidden)
        if entry.step == LATER or (forms.lacking and rules.is_later(fields)):
            return rules.readable(fields) | _former_key(fields), ErrorCode.CLIENT_OUTDATED.value
        rules.check(entry.object, fields)
        rules.check_against_head(entry, fields)
    except JinshuError as error:
        # Sealed in a form of no version known here.
        later = forms.lacking and error.code is ErrorCode.WIRE_UNKNOWN_TYPE
        return {}, (ErrorCode.CLIENT_OUTDATED if later else error.code).value
    return fields, None


def _former_key(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The key before, which a later form keeps as it is."""
    return {name: value for name, value in fields.items() if name == FORMER_KEY and payload.HASH(value)}
