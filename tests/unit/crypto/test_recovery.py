"""C6: the recovery code survives being copied by hand, and everything it opens is derived from it alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto.recovery import RecoveryCode
from protocol.errors import ErrorCode, JinshuError
from tests.unit.crypto.strategies import KEYS

CODE = RecoveryCode(bytes(range(32)))


@given(KEYS)
def test_a_code_is_read_back(secret: bytes) -> None:
    code = RecoveryCode(secret)
    assert RecoveryCode.parse(code.text()).secret == secret


@pytest.mark.parametrize(
    "written",
    [
        CODE.text().upper(),
        CODE.text().replace("-", ""),
        CODE.text().replace("-", " "),
        CODE.text().replace("-", "—"),
        f"  {CODE.text()}\n",
        "".join(chr(ord(letter) + 0xFEE0) if letter != "-" else letter for letter in CODE.text()),
        CODE.text().replace("o", "0").replace("l", "1").replace("b", "8"),
    ],
    ids=["upper", "joined", "spaces", "dashes", "margins", "full width", "lookalikes"],
)
def test_it_does_not_matter_how_it_is_written(written: str) -> None:
    assert RecoveryCode.parse(written) == CODE


@given(st.data())
def test_one_wrong_letter_is_noticed(data: st.DataObject) -> None:
    text = CODE.text()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        with pytest.raises(JinshuError) as raised:
            RecoveryCode.parse(changed)
        assert raised.value.code is ErrorCode.KEYS_WRONG_RECOVERY_CODE


@given(st.text(max_size=80))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(JinshuError) as raised:
        RecoveryCode.parse(text)
    assert raised.value.code is ErrorCode.KEYS_WRONG_RECOVERY_CODE


def test_each_purpose_has_its_own_key() -> None:
    keys = {CODE.slot_secret, CODE.xwing.seed[:32], CODE.signing.private_bytes(), CODE.secret}
    assert len(keys) == 4


@given(KEYS)
def test_the_same_code_gives_the_same_keys(secret: bytes) -> None:
    one, other = RecoveryCode(secret), RecoveryCode(secret)
    assert one.slot_secret == other.slot_secret
    assert one.xwing.public == other.xwing.public
    assert one.signing.public_spki == other.signing.public_spki


def test_a_code_is_made_of_thirty_two_random_bytes() -> None:
    assert RecoveryCode.new(lambda count: b"\x05" * count).secret == b"\x05" * 32
