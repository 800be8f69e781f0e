"""Entries of a later version (C41): they have their place in a case, and nothing that stands on them is judged beyond it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import Placed
from protocol.cases.recipients import DirectoryGenerations, sealed_to
from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import DISPATCH_1, SHIPPED
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import CaseBuilder
from tests.support.document_town import NOW, body, digest, made, organisation, person, post
from tests.unit.documents.test_entries import value_of

INVENTIONS: list[tuple[str, dict[str, Any]]] = [
    ("a step", {"step": "hurry"}),
    ("a field", {"mood": {"id": "dispatch", "version": 2}}),
    ("a name of rules", {"procedure": "dispatch/9"}),
    ("a procedure", {"procedure": {"id": "dispatch", "version": 99, "hash": digest("later")}}),
    ("a head field", {"head": {"tone": "warm"}}),
    ("a hidden field", {"hidden": {"mood": digest("mood")}}),
    ("an object", {"object": "xyz" + made(IdKind.CASE, "x")[3:]}),
]


def invented(changes: dict[str, Any]) -> dict[str, Any]:
    value = value_of(Step.OPINION)
    for name, change in changes.items():
        value[name] = value[name] | change if name in ("head", "hidden") else change
    return value


@pytest.mark.parametrize(("what", "changes"), INVENTIONS)
def test_what_is_new_is_refused_or_becomes_later(what: str, changes: dict[str, Any]) -> None:
    value = invented(changes)
    with pytest.raises(JinshuError) as refused:
        DocumentEntry.parse(value, SHIPPED)
    assert refused.value.code in (
        ErrorCode.CASES_UNKNOWN_STEP,
        ErrorCode.CASES_UNKNOWN_PROCEDURE,
        ErrorCode.WIRE_MALFORMED,
        ErrorCode.DOCUMENTS_HEAD_FIELD,
    ), what
    entry = DocumentEntry.parse(value, SHIPPED, tolerant=True)
    assert (entry.step, entry.word) == (Step.LATER, value["step"])
    assert entry.actor == value["actor"]


def test_an_entry_this_version_reads_is_read_the_same_either_way() -> None:
    value = value_of(Step.DRAFT)
    assert DocumentEntry.parse(value, SHIPPED, tolerant=True) == DocumentEntry.parse(value, SHIPPED)


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "Hurry!"},
        {"step": ""},
        {"v": 2, "step": "hurry"},
        {"step": "hurry", "actor": "x"},
        {"step": "hurry", "parents": [bytes(32), bytes(32)]},
        {"step": "hurry", "case": made(IdKind.PERSON, "x")},
        {"step": "hurry", "object": made(IdKind.PERSON, "x")},
        {"step": "hurry", "log_root": b"short"},
    ],
)
def test_its_core_is_read_as_strictly_as_ever(changes: dict[str, Any]) -> None:
    with pytest.raises(JinshuError) as refused:
        DocumentEntry.parse(value_of(Step.OPINION) | changes, SHIPPED, tolerant=True)
    assert refused.value.code is ErrorCode.WIRE_MALFORMED


def test_a_state_secret_is_one_in_every_version() -> None:
    value = value_of(Step.OPINION) | {"step": "hurry", "head": {"label": "机密"}}
    with pytest.raises(JinshuError) as refused:
        DocumentEntry.parse(value, SHIPPED, tolerant=True)
    assert refused.value.code is ErrorCode.DOCUMENTS_CLASSIFIED


def later(builder: CaseBuilder, **said: Any) -> Placed:
    """An entry of a later version on top of the line."""
    value = builder.value(Step.OPINION, **said) | {"step": "hurry", "hidden": {}}
    return Placed(digest(str(said)), DocumentEntry.parse(value, SHIPPED, tolerant=True), digest("receipt"))


def test_it_has_its_place_and_moves_nothing() -> None:
    builder = CaseBuilder()
    builder.until(Phase.VETTING)
    case, placed = builder.file, later(builder)
    phase, turn = case.phase, case.turn
    succession.check(case, placed.entry)
    assert sealed_to(placed.entry, case, DirectoryGenerations(DirectoryState(b"", b""))) == {}
    case.apply(placed, {})
    assert (case.phase, case.turn) == (phase, turn)
    assert case.line_heads == {placed.id}
    assert case.objects[case.case].chain[-1] is placed
    with pytest.raises(JinshuError) as refused:
        succession.check_readable(case, case.line_heads)
    assert refused.value.code is ErrorCode.CLIENT_OUTDATED


def test_what_stands_on_it_is_placed_and_not_judged() -> None:
    builder = CaseBuilder()
    builder.until(Phase.VETTING)
    case, placed = builder.file, later(builder)
    case.apply(placed, {})
    # After a step nobody here can read the case may be anywhere: so may what follows.
    onward = builder.entry(Step.SIGN_OFF, parents=[placed.id])
    succession.check(case, onward)
    aside = builder.entry(Step.SIGN_OFF, parents=placed.entry.parents)
    with pytest.raises(JinshuError):
        succession.check(case, aside)


@pytest.mark.parametrize("parents", [[], [digest("nowhere")]])
def test_its_parents_must_be_there(parents: list[bytes]) -> None:
    builder = CaseBuilder()
    builder.until(Phase.VETTING)
    placed = later(builder, parents=parents)
    with pytest.raises(JinshuError) as refused:
        succession.check(builder.file, placed.entry)
    assert refused.value.code is ErrorCode.DOCUMENTS_WRONG_PARENTS


def test_an_object_it_begins_has_a_key() -> None:
    builder = CaseBuilder()
    builder.until(Phase.VETTING)
    value = builder.value(Step.OPINION) | {
        "step": "hurry",
        "hidden": {},
        "object": made(IdKind.BRANCH, "new"),
    }
    with pytest.raises(JinshuError) as refused:
        succession.check(builder.file, DocumentEntry.parse(value, SHIPPED, tolerant=True))
    assert refused.value.code is ErrorCode.KEYS_COMMITMENT_MISMATCH


def test_its_author_holds_the_post_he_names() -> None:
    builder = CaseBuilder()
    builder.until(Phase.VETTING)
    placed = later(builder)
    check_authority(placed.entry, DISPATCH_1, organisation(), NOW)
    for changes in (
        {"actor": person("audit.registry")},
        {"post": post("finance.desk")},
        {"body": body("audit")},
    ):
        entry = DocumentEntry.parse(placed.entry.value() | changes, SHIPPED, tolerant=True)
        with pytest.raises(JinshuError) as refused:
            check_authority(entry, DISPATCH_1, organisation(), NOW)
        assert refused.value.code is ErrorCode.DOCUMENTS_NOT_AUTHORISED, changes


@given(st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True))
def test_any_word_is_a_step_this_version_knows_or_a_later_one(word: str) -> None:
    entry = DocumentEntry.parse(value_of(Step.OPINION) | {"step": word}, SHIPPED, tolerant=True)
    assert entry.word == word
    assert entry.step in (Step.OPINION, Step.LATER)
