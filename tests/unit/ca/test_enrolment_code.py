"""The enrolment code as people type it, and the two MACs under its secret (C2)."""

from __future__ import annotations

import os

import pytest

from protocol.enrolment import EnrolmentCode, lookup_hash, reply_mac, request_mac
from protocol.errors import ErrorCode, JinshuError

CODE = EnrolmentCode(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 64)))


def test_a_code_reads_back() -> None:
    code = EnrolmentCode.new(b"root certificate", os.urandom)
    assert EnrolmentCode.parse(code.text()) == code


@pytest.mark.parametrize(
    "retyped",
    [
        str.upper,
        lambda text: text.replace("-", " "),
        lambda text: f"  {text}\n",
        lambda text: text.replace("-", "－"),
        lambda text: text.replace("o", "0"),
    ],
)
def test_how_it_is_typed_does_not_matter(retyped: object) -> None:
    assert callable(retyped)
    assert EnrolmentCode.parse(retyped(CODE.text())) == CODE


def test_every_single_wrong_letter_is_noticed() -> None:
    text = CODE.text()
    # The last letter carries two spare bits, so it is left out.
    places = [place for place in range(len("jinshu1-"), len(text) - 1) if text[place] != "-"]
    for place in places:
        wrong = text[:place] + ("a" if text[place] != "a" else "q") + text[place + 1 :]
        with pytest.raises(JinshuError) as caught:
            EnrolmentCode.parse(wrong)
        assert caught.value.code is ErrorCode.AUTH_ENROLMENT_CODE_CHECKSUM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jinshu1",
        "jinshu1-aaaaa",
        "jinshu2-" + CODE.text()[8:],
        CODE.text() + "a",
        CODE.text()[:-7],
        CODE.text().replace("a", "!"),
    ],
)
def test_what_is_not_a_code_is_refused(text: str) -> None:
    with pytest.raises(JinshuError) as caught:
        EnrolmentCode.parse(text)
    assert caught.value.code == ErrorCode.AUTH_ENROLMENT_CODE_MALFORMED


def test_the_server_learns_a_hash_only() -> None:
    assert lookup_hash(CODE.lookup) == CODE.lookup_hash
    assert CODE.lookup.hex() not in CODE.lookup_hash


def test_the_secret_hides_from_repr() -> None:
    assert CODE.secret.hex() not in repr(CODE)
    assert repr(CODE.secret) not in repr(CODE)


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_the_request_mac_covers_everything(changed: int) -> None:
    parts = [CODE.secret, b"csr", b"fields"]
    other = list(parts)
    other[changed] = other[changed][:-1] + b"?"
    assert request_mac(*parts) != request_mac(*other)


@pytest.mark.parametrize("changed", [0, 1, 2, 3])
def test_the_reply_mac_covers_everything(changed: int) -> None:
    parts = [CODE.secret, b"certificate", bytes(32), b"root"]
    other = list(parts)
    other[changed] = other[changed][:-1] + b"?"
    assert reply_mac(*parts) != reply_mac(*other)


def test_a_request_mac_never_serves_as_a_reply() -> None:
    assert request_mac(CODE.secret, b"a", b"b") != reply_mac(CODE.secret, b"a", b"b", b"")
