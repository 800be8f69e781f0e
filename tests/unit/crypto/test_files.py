"""C17: a blob opens whole and in order, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import files
from protocol.crypto.files import (
    HEADER,
    TAG,
    BlobDecryptor,
    BlobEncryptor,
    ciphertext_size,
    decrypt,
    encrypt,
)
from protocol.crypto.keys import SecretKey
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError
from tests.unit.crypto.strategies import damaged, refusal

KEY = SecretKey(b"\x0c" * 32)
SMALL = 16


@pytest.fixture(scope="module", autouse=True)
def _small_chunks() -> Iterator[None]:
    """Chunks of 16 bytes, so that a few bytes are many chunks; one test below has real ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", SMALL)
        yield


def chunks(ciphertext: bytes) -> list[bytes]:
    body, size = ciphertext[HEADER:], SMALL + TAG
    return [body[start : start + size] for start in range(0, len(body), size)]


def opens(ciphertext: bytes) -> bool:
    return refusal(lambda octets: decrypt(KEY, octets), ciphertext) is None


@given(st.binary(max_size=100))
def test_a_file_comes_back(plaintext: bytes) -> None:
    sealed = encrypt(KEY, plaintext)
    assert decrypt(KEY, sealed) == plaintext
    assert len(sealed) == ciphertext_size(len(plaintext))


@given(st.binary(max_size=100))
def test_the_bytes_are_as_written_down(plaintext: bytes) -> None:
    sealed = encrypt(KEY, plaintext, lambda count: b"\x0a" * count)
    pieces = [plaintext[start : start + SMALL] for start in range(0, max(1, len(plaintext)), SMALL)]
    cipher = AESGCM(bytes(KEY))
    expected = b"\x01" + b"\x0a" * 7
    for index, piece in enumerate(pieces):
        final = bytes([index == len(pieces) - 1])
        expected += cipher.encrypt(b"\x0a" * 7 + index.to_bytes(4, "big") + final, piece, None)
    assert sealed == expected


@given(st.binary(min_size=1, max_size=100), st.data())
def test_damage_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    assert not opens(data.draw(damaged(encrypt(KEY, plaintext))))


@given(st.binary(min_size=SMALL + 1, max_size=100), st.data())
def test_cutting_at_a_chunk_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    sealed = encrypt(KEY, plaintext)
    kept = data.draw(st.integers(0, len(chunks(sealed)) - 1))
    assert not opens(sealed[:HEADER] + b"".join(chunks(sealed)[:kept]))


@given(st.binary(min_size=3 * SMALL, max_size=6 * SMALL))
def test_another_order_is_refused(plaintext: bytes) -> None:
    sealed = encrypt(KEY, plaintext)
    pieces = chunks(sealed)
    mixed = pieces[1:] + pieces[:1]
    assert not opens(sealed[:HEADER] + b"".join(mixed))


@given(st.binary(min_size=2 * SMALL, max_size=5 * SMALL), st.data())
def test_a_chunk_repeated_or_left_out_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    sealed = encrypt(KEY, plaintext)
    pieces = chunks(sealed)
    place = data.draw(st.integers(0, len(pieces) - 1))
    for changed in (
        pieces[:place] + pieces[place:][:1] + pieces[place:],
        pieces[:place] + pieces[place + 1 :],
    ):
        assert not opens(sealed[:HEADER] + b"".join(changed))


@given(st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_a_file_cannot_be_lengthened_by_another_under_the_same_key(one: bytes, other: bytes) -> None:
    first, second = encrypt(KEY, one), encrypt(KEY, other)
    assert not opens(first + second[HEADER:])
    assert not opens(first[:HEADER] + second[HEADER:])


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert not opens(data)
    assert not opens(b"\x01" + data)


def test_another_key_cannot_open() -> None:
    error = refusal(lambda octets: decrypt(SecretKey.generate(), octets), encrypt(KEY, b"file"))
    assert error is not None
    assert error.code is ErrorCode.BLOBS_DAMAGED


def test_nothing_comes_after_the_final_chunk() -> None:
    sealed = encrypt(KEY, b"file")
    decryptor = BlobDecryptor(KEY, sealed[:HEADER])
    assert decryptor.chunk(sealed[HEADER:], final=True) == b"file"
    assert decryptor.done
    with pytest.raises(JinshuError) as raised:
        decryptor.chunk(sealed[HEADER:], final=True)
    assert raised.value.code is ErrorCode.BLOBS_DAMAGED


def test_a_last_chunk_is_not_taken_for_a_middle_one() -> None:
    sealed = encrypt(KEY, b"a" * SMALL)
    with pytest.raises(JinshuError):
        BlobDecryptor(KEY, sealed[:HEADER]).chunk(sealed[HEADER:], final=False)


def test_chunks_are_whole_but_for_the_last() -> None:
    encryptor = BlobEncryptor(KEY)
    for piece in (b"a" * (SMALL - 1), b"a" * (SMALL + 1)):
        with pytest.raises(LocalProtocolError):
            encryptor.chunk(piece, final=False)
    encryptor.chunk(b"a" * SMALL, final=True)
    with pytest.raises(LocalProtocolError):
        encryptor.chunk(b"", final=True)


@pytest.mark.parametrize("header", [b"", b"\x01" + bytes(6), b"\x01" + bytes(8), b"\x02" + bytes(7)])
def test_another_header_is_refused(header: bytes) -> None:
    with pytest.raises(JinshuError):
        BlobDecryptor(KEY, header)


def test_two_files_share_no_bytes_even_under_one_key() -> None:
    assert encrypt(KEY, b"file")[1:HEADER] != encrypt(KEY, b"file")[1:HEADER]


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20])
def test_real_chunks_are_a_mebibyte(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 1 << 20)
    sealed = encrypt(KEY, bytes(size))
    assert len(sealed) == ciphertext_size(size) == HEADER + size + max(1, -(-size // (1 << 20))) * TAG
    assert decrypt(KEY, sealed) == bytes(size)
