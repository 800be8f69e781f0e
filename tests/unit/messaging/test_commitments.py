"""C44: a commitment opens to one content, says nothing of it without its salt, and what is encrypted of it fits into a message."""

from __future__ import annotations

import hashlib

import pytest
import vodozemac
from hypothesis import assume, given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, JinshuError, LocalProtocolError
from protocol.identifiers import IdKind, new_id
from protocol.messaging.commitments import SALT_BYTES, Opening
from protocol.messaging.contents import ContentKind, pack, unpack
from protocol.messaging.payloads import MAX_CIPHERTEXT
from tests.unit.crypto.strategies import damaged, refusal

SALTS = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)
OPENINGS = st.builds(Opening, SALTS, st.binary(max_size=2000))
LARGEST = MAX_CIPHERTEXT - 1024 - 4 - SALT_BYTES


@given(OPENINGS)
def test_what_is_encrypted_comes_back_and_is_what_was_signed(opening: Opening) -> None:
    read = Opening.parse(opening.padded())
    assert read == opening
    read.check(opening.commitment)


@given(OPENINGS)
def test_a_commitment_is_as_written_down(opening: Opening) -> None:
    whole = b"jinshu/message-commit/v1" + opening.salt + opening.content
    assert opening.commitment == hashlib.sha256(whole).digest()


@given(OPENINGS, OPENINGS)
def test_another_salt_or_content_is_refused(one: Opening, other: Opening) -> None:
    assume(one != other)
    with pytest.raises(JinshuError) as raised:
        other.check(one.commitment)
    assert raised.value.code is ErrorCode.CONTENT_COMMITMENT_MISMATCH


@given(OPENINGS, st.data())
def test_whatever_becomes_of_the_plaintext_it_never_opens_to_something_else(
    opening: Opening, data: st.DataObject
) -> None:
    changed = data.draw(damaged(opening.padded()))
    assume(changed != opening.padded())
    error = refusal(lambda octets: Opening.parse(octets).check(opening.commitment), changed)
    assert error is not None
    assert error.code in (ErrorCode.CONTENT_PADDING_WRONG, ErrorCode.CONTENT_COMMITMENT_MISMATCH)


@given(st.binary(max_size=1500))
def test_any_bytes_are_refused_by_name_or_open_to_what_encodes_them(data: bytes) -> None:
    error = refusal(Opening.parse, data)
    if error is None:
        assert Opening.parse(data).padded() == data
    else:
        assert error.code is ErrorCode.CONTENT_PADDING_WRONG


def test_all_that_a_message_says_is_in_its_commitment() -> None:
    """Kind, references, text and the keys of files: each changed alone gives another one."""
    target, other = (new_id(IdKind.MESSAGE, bytes((n,)) * 16) for n in (1, 2))
    file = {"name": "表.xlsx", "media_type": "x", "size": 3, "sha256": bytes(32), "blob": "b" * 64}
    contents = [
        pack(ContentKind.TEXT, text="好", reply_to=None),
        pack(ContentKind.TEXT, text="好的", reply_to=None),
        pack(ContentKind.TEXT, text="好", reply_to=target),
        pack(ContentKind.TEXT, text="好", reply_to=other),
        pack(ContentKind.EDIT, text="好", target=target),
        pack(ContentKind.RECALL, target=target),
        pack(ContentKind.FILE, **file, key=bytes(32)),
        pack(ContentKind.FILE, **file, key=b"\x01" * 32),
        pack(ContentKind.FILE, **(file | {"sha256": b"\x01" * 32}), key=bytes(32)),
    ]
    made = [Opening(bytes(SALT_BYTES), content) for content in contents]
    assert len({each.commitment for each in made}) == len(contents)
    for each, content in zip(made, contents, strict=True):
        assert unpack(Opening.parse(each.padded()).content) == unpack(content)


def test_marks_answers_and_short_texts_are_of_one_length() -> None:
    target = new_id(IdKind.MESSAGE, bytes(16))
    contents = [
        pack(ContentKind.READ, upto=7),
        pack(ContentKind.RECALL, target=target),
        pack(ContentKind.TEXT, text="好", reply_to=None),
        pack(ContentKind.TEXT, text="不同意，理由另行书面报告。" * 8, reply_to=target),
        pack(ContentKind.EDIT, text="同意", target=target),
    ]
    assert {len(Opening(bytes(SALT_BYTES), content).padded()) for content in contents} == {512}


@pytest.mark.parametrize(
    "content", [pack(ContentKind.TEXT, text="𠀀" * 20_000, reply_to=None), bytes(LARGEST)]
)
def test_the_largest_there_is_fits_into_a_message(content: bytes) -> None:
    plain = Opening(bytes(SALT_BYTES), content).padded()
    session = vodozemac.GroupSession()
    assert len(bytes(session.encrypt(plain).to_bytes())) <= MAX_CIPHERTEXT


def test_what_does_not_fit_is_not_encrypted() -> None:
    with pytest.raises(LocalProtocolError) as raised:
        Opening(bytes(SALT_BYTES), bytes(LARGEST + 1)).padded()
    assert raised.value.code is ErrorCode.WIRE_TOO_LARGE
