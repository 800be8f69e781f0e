"""What a message says and what is signed around it: exact shapes, one order, and nothing but our own errors for anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import cbor
from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind, new_id
from protocol.messaging.contents import MAX_CONTENT, WRITTEN, ContentKind, pack, unpack
from protocol.messaging.payloads import MAX_CIPHERTEXT, MAX_PARENTS, KeyPacket, MessageEvent, Prekey, Roster
from protocol.text import check, shown

TARGET: Final = new_id(IdKind.MESSAGE, bytes(16))
SAID: Final[dict[ContentKind, dict[str, Any]]] = {
    ContentKind.TEXT: {"text": "会议改期\n请转告", "reply_to": TARGET},
    ContentKind.FILE: {
        "name": "材料.pdf",
        "media_type": "application/pdf",
        "size": 3,
        "sha256": bytes(32),
        "blob": "b" * 64,
        "key": bytes(32),
    },
    ContentKind.EDIT: {"target": TARGET, "text": "改"},
    ContentKind.RECALL: {"target": TARGET},
    ContentKind.TITLE: {"title": "防汛工作组"},
    ContentKind.READ: {"upto": 7},
}
EVENT: Final = MessageEvent(
    conversation=new_id(IdKind.CONVERSATION, bytes(16)),
    id=TARGET,
    person=new_id(IdKind.PERSON, bytes(16)),
    device=new_id(IdKind.DEVICE, bytes(16)),
    roster=bytes(32),
    session="s",
    ciphertext=b"c",
    parents=[bytes(32), bytes([1] * 32)],
    blobs=["a", "b"],
    log_size=1,
    log_root=bytes(32),
    sent_at=1,
)
PARSERS: Final = (Roster.parse, MessageEvent.parse, KeyPacket.parse, Prekey.parse)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), 1 << 64)
    | st.binary(max_size=40)
    | st.text(max_size=20)
)
_ANY = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)


def code_of(data: bytes) -> ErrorCode | None:
    try:
        unpack(data)
    except JinshuError as error:
        return error.code
    return None


def sent(kind: ContentKind, fields: dict[str, Any]) -> bytes:
    """What a client of another version, or a wicked one, may pack."""
    return cbor.encode({"v": 1, "kind": kind.value, **fields})


def test_every_kind_is_read_as_it_was_written() -> None:
    assert SAID.keys() == set(ContentKind)
    for kind, fields in SAID.items():
        assert unpack(pack(kind, **fields)) == (kind, fields)


def test_a_field_less_or_more_or_of_another_type_is_refused() -> None:
    for kind, fields in SAID.items():
        for name in fields:
            less = {key: value for key, value in fields.items() if key != name}
            assert code_of(sent(kind, less)) is ErrorCode.WIRE_MALFORMED
            assert code_of(sent(kind, fields | {name: False})) is ErrorCode.WIRE_MALFORMED
        assert code_of(sent(kind, fields | {"extra": 1})) is ErrorCode.MESSAGING_UNKNOWN_KIND
        assert code_of(cbor.encode({"v": 2, "kind": kind.value, **fields})) is ErrorCode.WIRE_MALFORMED


@pytest.mark.parametrize(
    ("kind", "name"), [("text", "text"), ("edit", "text"), ("file", "name"), ("title", "title")]
)
@pytest.mark.parametrize(
    "text", ["", "\u202e反", "\x00", "字" * 60_000, "换\r行", "\ue863", "\u200e合同\t.pdf", "\u2028" * 2_000]
)
def test_a_reader_takes_whatever_a_writer_of_any_version_could_send(kind: str, name: str, text: str) -> None:
    said = ContentKind(kind)
    fields = SAID[said] | {name: text}
    assert unpack(sent(said, fields)) == (said, fields)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ErrorCode.TEXT_EMPTY),
        ("字" * 20_001, ErrorCode.TEXT_TOO_LONG),
        ("\ue000", ErrorCode.TEXT_UNKNOWN_CHARACTER),
        ("\u202e反", ErrorCode.WIRE_MALFORMED),
        ("张三\t123", ErrorCode.WIRE_MALFORMED),
        ("\ue863", ErrorCode.WIRE_MALFORMED),
    ],
)
def test_a_writer_packs_nothing_that_was_not_made_clean(text: str, code: ErrorCode) -> None:
    for kind, (name, _field) in WRITTEN.items():
        with pytest.raises(JinshuError) as refused:
            pack(kind, **SAID[kind] | {name: text})
        assert refused.value.code is code


@given(st.text(st.characters() | st.sampled_from("\t\n\u202a\u200e\ue863\ue000\u0301\u2028"), max_size=60))
def test_what_a_writer_may_pack_is_read_and_shown_as_it_is(typed: str) -> None:
    for kind, (name, field) in WRITTEN.items():
        try:
            accepted = check(typed, field)
        except JinshuError:
            continue
        read = unpack(pack(kind, **SAID[kind] | {name: accepted}))[1][name]
        assert shown(read, field).strip("\u2068\u2069") == accepted


def test_a_kind_nobody_knows_and_a_content_too_long() -> None:
    assert code_of(cbor.encode({"v": 1, "kind": "room-key"})) is ErrorCode.MESSAGING_UNKNOWN_KIND
    assert code_of(cbor.encode({"v": 1, "kind": "x" * MAX_CONTENT})) is ErrorCode.WIRE_TOO_LARGE
    assert code_of(cbor.encode([1])) is ErrorCode.WIRE_MALFORMED


def test_lists_of_a_message_have_one_order_and_no_repetition() -> None:
    assert MessageEvent.parse(EVENT.value()) == EVENT
    twice, wild = [bytes(32)] * 2, list(reversed(EVENT.parents))
    many = [n.to_bytes(32, "big") for n in range(MAX_PARENTS + 1)]
    for changed in (
        replace(EVENT, parents=twice),
        replace(EVENT, parents=wild),
        replace(EVENT, parents=many),
        replace(EVENT, blobs=["b", "a"]),
    ):
        with pytest.raises(JinshuError, match=ErrorCode.WIRE_MALFORMED.value):
            MessageEvent.parse(changed.value())
    with pytest.raises(JinshuError, match=ErrorCode.WIRE_TOO_LARGE.value):
        MessageEvent.parse(replace(EVENT, ciphertext=bytes(MAX_CIPHERTEXT + 1)).value())


@given(_ANY)
def test_any_value_at_all_is_read_or_refused_by_name(value: Any) -> None:
    for parse in PARSERS:
        with pytest.raises(JinshuError):
            parse(value)


@given(st.sampled_from(sorted(EVENT.value())), _ANY)
def test_any_value_in_a_field_is_read_or_refused_by_name(name: str, value: Any) -> None:
    try:
        read = MessageEvent.parse(EVENT.value() | {name: value})
    except JinshuError:
        return
    assert getattr(read, name) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    for read in (unpack, Signed.parse):
        try:
            read(data)
        except JinshuError:
            continue


@given(st.sampled_from(sorted(SAID)), st.integers(0, 400), st.integers(0, 7))
def test_a_turned_bit_in_a_content_is_read_or_refused_by_name(kind: ContentKind, at: int, bit: int) -> None:
    data = bytearray(pack(kind, **SAID[kind]))
    data[at % len(data)] ^= 1 << bit
    try:
        assert sent(*unpack(bytes(data))) == bytes(data)
    except JinshuError:
        return
