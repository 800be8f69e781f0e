"""The elements have one canonical form, and everything in them is signed."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents.kinds import Direction, Kind
from protocol.documents.model import (
    AttachmentRef,
    Block,
    Elements,
    ElementsError,
    Label,
    Publicity,
    RecipientRef,
    Urgency,
    element_hash,
    is_clean_text,
)
from tests.support.sample_documents import notice

texts = st.text(max_size=12).map(lambda text: unicodedata.normalize("NFC", text)).filter(is_clean_text)
recipients = st.lists(st.builds(RecipientRef, texts, texts), max_size=3).map(tuple)
attachments = st.lists(
    st.builds(
        AttachmentRef, st.just(0), texts, texts, st.integers(0, 2**40), st.binary(min_size=32, max_size=32)
    ),
    max_size=3,
).map(lambda refs: tuple(dataclasses.replace(ref, order=order) for order, ref in enumerate(refs, start=1)))
elements_of_any_kind = st.builds(
    Elements,
    kind=st.sampled_from(Kind),
    issuer_body_id=texts,
    issuer_name=texts,
    issuer_code=texts,
    title=texts,
    main_recipients=recipients,
    copy_recipients=recipients,
    body=st.lists(st.builds(Block, st.integers(0, 4), texts), max_size=4).map(tuple),
    attachments=attachments,
    signature_name=texts,
    urgency=st.sampled_from(Urgency),
    label=st.sampled_from(Label),
    publicity=st.sampled_from(Publicity),
    publicity_reason=texts,
    note=texts,
    contact=texts,
    printer_name=texts,
)


@given(elements_of_any_kind)
def test_elements_come_back_from_their_bytes(elements: Elements) -> None:
    data = cbor2.dumps(elements.to_cbor_value(), canonical=True)
    again = Elements.from_cbor_value(cbor2.loads(data))
    assert again == elements
    assert element_hash(again) == element_hash(elements)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Elements)])
def test_every_element_is_signed(field: str) -> None:
    """A change of any field changes the hash."""
    elements = notice(3)
    other: dict[str, Any] = {
        "kind": Kind.LETTER,
        "main_recipients": elements.main_recipients[::-1],
        "copy_recipients": (),
        "body": elements.body[1:],
        "attachments": elements.attachments[:1],
        "urgency": Urgency.NONE,
        "label": Label.WORK_SECRET,
        "publicity": Publicity.WITHHELD,
        "salt": bytes(16),
    }
    changed = dataclasses.replace(elements, **{field: other.get(field, "改")})
    assert element_hash(changed) != element_hash(elements)


def test_the_hash_does_not_depend_on_the_form_of_unicode() -> None:
    composed = dataclasses.replace(notice(1), contact="é")
    assert element_hash(dataclasses.replace(composed, contact="e\u0301")) == element_hash(composed)


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.pop(name)


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "missing key": _without("title"),
    "unknown key": lambda value: value.update(number="锦政发〔2026〕1号"),
    "other version": lambda value: value.update(v=2),
    "boolean version": lambda value: value.update(v=True),
    "number for text": lambda value: value.update(title=5),
    "bytes for text": lambda value: value.update(title=b"x"),
    "text not in NFC": lambda value: value.update(title="e\u0301"),
    "control character": lambda value: value.update(title="一\n二"),
    "direction character": lambda value: value.update(title="一\u202e二"),
    "unknown kind": lambda value: value.update(kind="请示报告"),
    "state secret": lambda value: value.update(label="secret"),
    "text for a list": lambda value: value.update(body="abc"),
    "level too deep": lambda value: value["body"][0].update(level=5),
    "negative level": lambda value: value["body"][0].update(level=-1),
    "boolean level": lambda value: value["body"][0].update(level=True),
    "block with more": lambda value: value["body"][0].update(bold=1),
    "short hash": lambda value: value["attachments"][0].update(sha256=b"x"),
    "hash as text": lambda value: value["attachments"][0].update(sha256="x" * 32),
    "negative size": lambda value: value["attachments"][0].update(size=-1),
    "attachments out of order": lambda value: value["attachments"].reverse(),
    "recipient without id": lambda value: value["main_recipients"][0].pop("body_id"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_value_is_refused(name: str) -> None:
    value = cbor2.loads(cbor2.dumps(notice(3).to_cbor_value()))
    BROKEN[name](value)
    with pytest.raises(ElementsError):
        Elements.from_cbor_value(value)


@pytest.mark.parametrize("value", [None, [], "elements", 5, {}])
def test_what_is_no_map_of_elements_is_refused(value: object) -> None:
    with pytest.raises(ElementsError):
        Elements.from_cbor_value(value)


def test_text_that_would_not_be_seen_as_signed_is_not_hashed() -> None:
    with pytest.raises(ElementsError):
        element_hash(dataclasses.replace(notice(1), note="a\u202eb"))


def test_there_are_fifteen_kinds_with_chinese_names_purposes_and_directions() -> None:
    assert len(Kind) == 15
    assert len({kind.chinese for kind in Kind}) == 15
    assert all(kind.purpose and kind.directions for kind in Kind)
    assert Kind.REQUEST.directions == (Direction.UP,)
