"""What an entry may say (C11): each step its own visible fields, and nothing but a `JinshuError` for anything else."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.entries import DocumentEntry
from protocol.cases.objects import ObjectKind, object_kind
from protocol.crypto import cbor
from protocol.documents.dispatch import SHIPPED
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import FIRST_STEPS, HEAD, HIDDEN, CaseBuilder
from tests.support.document_town import body, digest, made, post

# PROTOCOL.md §3, "Visible head fields", by hand.
_SUBJECT: Final = {"kind", "urgency", "label", "recipients", "copies"}
_SENT: Final = {"issue", "pdf_hash", "sender", "dispatch_entry"}
FIELDS: Final[dict[str, set[str]]] = {
    "draft": _SUBJECT | {"deadline"},
    "revise": _SUBJECT | {"deadline"},
    "submit": {"next"},
    "vet_pass": {"next"},
    "review_pass": {"next", "consult"},
    "consult_open": {"of", "asked"},
    "consult_reply": {"verdict"},
    "sign_off": _SUBJECT | {"element_hash", "next"},
    "recheck_pass": {"element_hash", "next"},
    "number": {"number", "number_entry", "next"},
    "seal": {"pdf_hash", "seal", "element_hash", "case_head", "next"},
    "dispatch": {"issue", "pdf_hash", "recipients", "copies", "number", "case_head"},
    "receive": _SENT,
    "reject": _SENT,
    "register": {"number"},
    "review_return": {"to"},
    "vet_return": {"to"},
    "sign_return": {"to"},
    "recheck_return": {"to"},
    "withdraw": {"to"},
    "annul": {"to"},
    "reseal": {"principal"},
    "close": set(),
    "opinion": set(),
}
# A value of the wrong kind for each field: an id of another kind, a number for a text, a hash too short.
WRONG: Final[dict[str, list[Any]]] = {
    "kind": ["letterhead", 1, None, ["notice"]],
    "urgency": ["soon", None, {}],
    "label": ["open", None, 1, [], {}, ["public"]],
    "deadline": [-1, "tomorrow", 1 << 63, True],
    "recipients": [None, body("finance"), [post("bureau.head")], [body("finance")] * 2, [1]],
    "copies": [{}, [None], sorted([body("finance"), body("audit")], reverse=True)],
    "next": [made(IdKind.PERSON, "x"), "", 3, [post("bureau.head")]],
    "consult": [None, [made(IdKind.PERSON, "x")], [body("finance")] * 2],
    "of": [made(IdKind.BRANCH, "x"), None],
    "asked": [made(IdKind.PERSON, "x"), None, []],
    "verdict": ["maybe", None, True, ["agree"]],
    "element_hash": [b"short", "x" * 32, None],
    "number": [1, None, "号" * 5000, b"12"],
    "number_entry": [b"", None],
    "pdf_hash": [bytes(31), None],
    "seal": [body("finance"), None],
    "case_head": [bytes(33), None],
    "issue": [made(IdKind.CASE, "x"), None],
    "sender": [post("bureau.head"), None],
    "dispatch_entry": [None, []],
    "to": ["dispatched", "", None, 1, ["void"]],
    "principal": [post("bureau.head"), None],
}
MAY_BE_NULL: Final = {"sign_off", "recheck_pass", "number", "seal"}


def value_of(step: Step) -> dict[str, Any]:
    """A good payload of a step, in a case where that step need not fit."""
    builder = CaseBuilder()
    return builder.value(
        step, head={"dispatch_entry": digest("d")} if "dispatch_entry" in HEAD[step] else None, parents=[]
    )


def refusal(value: Any) -> tuple[ErrorCode, object]:
    with pytest.raises(JinshuError) as caught:
        DocumentEntry.parse(value, SHIPPED)
    return caught.value.code, caught.value.params.get("field")


def test_the_table_of_fields_has_every_step() -> None:
    assert FIELDS.keys() == {step.value for step in FIRST_STEPS}


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_a_good_entry_is_read_and_says_again_what_was_signed(step: Step) -> None:
    value = value_of(step)
    assert set(value["head"]) == FIELDS[step.value]
    entry = DocumentEntry.parse(cbor.decode(cbor.encode(value)), SHIPPED)
    assert entry.step == step
    assert cbor.encode(entry.value()) == cbor.encode(value)
    assert entry.next == value["head"].get("next")


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_every_head_field_is_required(step: Step) -> None:
    for name in FIELDS[step.value]:
        value = value_of(step)
        del value["head"][name]
        assert refusal(value) == (ErrorCode.DOCUMENTS_HEAD_FIELD, name)


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_every_field_of_another_step_is_forbidden(step: Step) -> None:
    others = {name: said for head in HEAD.values() for name, said in head.items()}
    others |= {"title": "防汛", "opinion": "同意", "remark": "", "filename": "a.pdf"}
    for name in others.keys() - FIELDS[step.value]:
        value = value_of(step)
        value["head"][name] = others[name]
        assert refusal(value) == (ErrorCode.DOCUMENTS_HEAD_FIELD, name)


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_every_head_field_of_a_wrong_type_is_refused(step: Step) -> None:
    for name in FIELDS[step.value]:
        for wrong in WRONG[name]:
            value = value_of(step)
            value["head"][name] = wrong
            assert refusal(value) == (ErrorCode.DOCUMENTS_HEAD_FIELD, name), (name, wrong)


@pytest.mark.parametrize("step", [step for step in FIRST_STEPS if "next" in FIELDS[step.value]])
def test_only_later_steps_leave_open_whose_turn_it_is(step: Step) -> None:
    value = value_of(step)
    value["head"]["next"] = None
    if step.value in MAY_BE_NULL:
        assert DocumentEntry.parse(value, SHIPPED).next is None
    else:
        assert refusal(value) == (ErrorCode.DOCUMENTS_HEAD_FIELD, "next")


@pytest.mark.parametrize("label", ["秘密", "机密", "绝密", "secret", "confidential", "top_secret"])
@pytest.mark.parametrize("step", [Step.DRAFT, Step.REVISE, Step.SIGN_OFF])
def test_a_declared_state_secret_has_no_place_here(step: Step, label: str) -> None:
    value = value_of(step)
    value["head"]["label"] = label
    assert refusal(value)[0] is ErrorCode.DOCUMENTS_CLASSIFIED


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_hidden_fields_are_those_of_the_step(step: Step) -> None:
    for name in HIDDEN.get(step, ()):
        value = value_of(step)
        del value["hidden"][name]
        assert refusal(value) == (ErrorCode.DOCUMENTS_HEAD_FIELD, "hidden")
    for name in {"title", "elements", "attachments", "pdf", "reason", "secret"} - set(HIDDEN.get(step, ())):
        value = value_of(step)
        value["hidden"][name] = digest(name)
        assert refusal(value) == (ErrorCode.DOCUMENTS_HEAD_FIELD, "hidden")
    value = value_of(step)
    value["hidden"] |= {name: digest(name) for name in ("opinion", "remark", "former_key")}
    assert DocumentEntry.parse(value, SHIPPED).hidden == value["hidden"]


@pytest.mark.parametrize("name", sorted(value_of(Step.DRAFT).keys() - {"v"}))
def test_every_field_of_the_payload_is_required_and_typed(name: str) -> None:
    value = value_of(Step.DRAFT)
    del value[name]
    assert refusal(value) == (ErrorCode.WIRE_MALFORMED, name)
    for wrong in (object(), 1.5, -1, "x", b"x", [1], {"a": 1}, 1 << 63):
        value = value_of(Step.DRAFT)
        value[name] = wrong
        code, _ = refusal(value)
        # A word is a word, of whatever version.
        worded = ErrorCode.CASES_UNKNOWN_STEP if name == "step" else ErrorCode.WIRE_MALFORMED
        assert code in (ErrorCode.WIRE_MALFORMED, ErrorCode.DOCUMENTS_HEAD_FIELD, worded), (name, wrong)


@pytest.mark.parametrize("name", ["parents", "wraps", "blobs"])
def test_lists_are_sorted_and_have_nothing_twice(name: str) -> None:
    items: list[Any] = sorted(["ab" * 32, "cd" * 32]) if name == "blobs" else [bytes(32), b"\1" * 32]
    value = value_of(Step.DRAFT)
    value[name] = items
    assert getattr(DocumentEntry.parse(value, SHIPPED), name) == items
    for wrong in (items[::-1], items[:1] * 2):
        assert refusal({**value, name: wrong}) == (ErrorCode.WIRE_MALFORMED, name)


@pytest.mark.parametrize("blob", ["", "ab" * 31, "AB" * 32, "zz" * 32, "../" + "a" * 61])
def test_a_blob_is_named_by_its_hash(blob: str) -> None:
    assert refusal({**value_of(Step.DRAFT), "blobs": [blob]}) == (ErrorCode.WIRE_MALFORMED, "blobs")


@pytest.mark.parametrize("v", [0, 2, True, "1", None])
def test_another_version_is_not_guessed_at(v: object) -> None:
    assert refusal({**value_of(Step.DRAFT), "v": v}) == (ErrorCode.WIRE_MALFORMED, "v")


def test_an_object_is_of_a_document_or_refused() -> None:
    kinds = {
        IdKind.CASE: ObjectKind.CASE,
        IdKind.BRANCH: ObjectKind.BRANCH,
        IdKind.ISSUE: ObjectKind.ISSUE,
        IdKind.RECEIPT: ObjectKind.RECEIPT,
    }
    for kind in IdKind:
        if kind in kinds:
            assert object_kind(made(kind, "x")) is kinds[kind]
        else:
            with pytest.raises(JinshuError):
                object_kind(made(kind, "x"))


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), 1 << 64)
    | st.text(max_size=8)
    | st.binary(max_size=33)
)
_ANY = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
_PLACES: Final = [(name,) for name in value_of(Step.DRAFT)] + [
    ("head", name) for name in sorted(set().union(*FIELDS.values()))
]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(list(FIRST_STEPS)),
    st.lists(st.tuples(st.sampled_from(_PLACES), _ANY), min_size=1, max_size=3),
)
def test_whatever_stands_in_an_entry_only_a_jinshu_error_comes_of_it(
    step: Step, changes: list[tuple[tuple[str, ...], Any]]
) -> None:
    value = copy.deepcopy(value_of(step))
    for place, said in changes:
        inner: Any = value
        for name in place[:-1]:
            inner = inner[name]
        if isinstance(inner, dict):
            inner[place[-1]] = said
    try:
        entry = DocumentEntry.parse(value, SHIPPED)
    except JinshuError:
        return
    assert entry.value() == value


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_ANY)
def test_whatever_is_no_entry_at_all_is_refused(value: Any) -> None:
    with pytest.raises(JinshuError):
        DocumentEntry.parse(value, SHIPPED)
