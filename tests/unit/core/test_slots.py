"""The store's key comes out of a slot for the right secret, and out of nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.core.keys.slots import KeySlots, PassphraseCost, SlotKind
from client.core.tokens.rows import RsaPadding, TokenName, TokenSeal
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.keyrings import FailingKeyring, MemoryKeyring

CHEAP = PassphraseCost(time=1, memory_kib=8, lanes=1)
KEY = bytes(range(32))
WRAPPING = bytes(range(32, 64))
TOKEN = TokenSeal(
    "/usr/lib/driver.so", TokenName("UKey", "01", "maker", "model"), "ab" * 16, RsaPadding.OAEP, "cd" * 256
)


def slots(folder: Path, keyring: object = None, profile: str = "p1") -> KeySlots:
    return KeySlots(folder / "slots.json", profile, os.urandom, keyring, CHEAP)  # type: ignore[arg-type]


@given(passphrase=st.text(min_size=8, max_size=40), other=st.text(max_size=40))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_only_the_same_passphrase_opens(tmp_path: Path, passphrase: str, other: str) -> None:
    made = slots(tmp_path)
    made.add_passphrase(KEY, passphrase)
    assert made.open_passphrase(passphrase) == KEY
    if other != passphrase:
        with pytest.raises(JinshuError) as caught:
            made.open_passphrase(other + "!")
        assert caught.value.code is ErrorCode.KEYS_WRONG_PASSPHRASE


def test_a_passphrase_typed_in_full_width_letters_is_the_same(tmp_path: Path) -> None:
    made = slots(tmp_path)
    made.add_passphrase(KEY, "correct horse")
    assert made.open_passphrase("ｃｏｒｒｅｃｔ horse") == KEY


def test_every_kind_of_slot_opens_the_same_key(tmp_path: Path) -> None:
    made = slots(tmp_path, MemoryKeyring())
    made.add_enrolment(KEY, b"e" * 16)
    made.add_recovery(KEY, b"r" * 32)
    made.add_passphrase(KEY, "eight letters")
    made.add_keyring(KEY)
    made.add_token(KEY, TOKEN, WRAPPING)
    assert made.kinds() == set(SlotKind)
    assert made.open_enrolment(b"e" * 16) == made.open_recovery(b"r" * 32) == made.open_keyring() == KEY
    assert made.open_token(WRAPPING) == KEY


def test_a_slot_of_a_token_opens_for_what_its_token_says_alone_and_stays_beside_the_others(
    tmp_path: Path,
) -> None:
    made = slots(tmp_path)
    made.add_passphrase(KEY, "eight letters")
    assert made.token is None
    before = (tmp_path / "slots.json").read_bytes()
    made.add_token(KEY, TOKEN, WRAPPING)
    assert made.token == TOKEN
    for wrong in (bytes(32), b"", WRAPPING[:-1]):
        with pytest.raises(JinshuError) as caught:
            made.open_token(wrong)
        assert caught.value.code is ErrorCode.KEYS_TOKEN_KEY_MISSING
    assert made.open_passphrase("eight letters") == KEY
    with pytest.raises(JinshuError) as caught:
        made.remove(SlotKind.PASSPHRASE)
    assert caught.value.code is ErrorCode.KEYS_LAST_SLOT
    # Programs that know of no tokens refuse the file as later than they are, and read it again once the token is gone.
    assert json.loads((tmp_path / "slots.json").read_bytes())["format"] == 2
    made.remove(SlotKind.TOKEN)
    assert (tmp_path / "slots.json").read_bytes() == before


def opened_by_token(made: KeySlots) -> bytes:
    """As the login does it: which token, then what it says."""
    assert made.token is not None
    return made.open_token(WRAPPING)


def test_a_slot_that_names_no_token_or_another_one_than_before_does_not_open(tmp_path: Path) -> None:
    made = slots(tmp_path)
    made.add_passphrase(KEY, "eight letters")
    made.add_token(KEY, TOKEN, WRAPPING)
    good = json.loads((tmp_path / "slots.json").read_bytes())
    for facts, code in (
        ({"padding": "rsa-pkcs1"}, ErrorCode.KEYS_TOKEN_KEY_MISSING),
        ({"driver": "/tmp/other.so"}, ErrorCode.KEYS_TOKEN_KEY_MISSING),
        ({"padding": "none"}, ErrorCode.KEYS_SLOTS_DAMAGED),
        ({"token": "mine"}, ErrorCode.KEYS_SLOTS_DAMAGED),
        ({"key": "zz"}, ErrorCode.KEYS_SLOTS_DAMAGED),
        ({"wrapped": None}, ErrorCode.KEYS_SLOTS_DAMAGED),
    ):
        bad = {**good, "slots": {**good["slots"], "token": {**good["slots"]["token"], **facts}}}
        (tmp_path / "slots.json").write_text(json.dumps(bad))
        with pytest.raises(JinshuError) as caught:
            opened_by_token(made)
        assert caught.value.code is code
        assert made.open_passphrase("eight letters") == KEY


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (SlotKind.RECOVERY, ErrorCode.KEYS_WRONG_RECOVERY_CODE),
        (SlotKind.ENROLMENT, ErrorCode.KEYS_WRONG_ENROLMENT_CODE),
    ],
)
def test_a_wrong_secret_is_named(tmp_path: Path, kind: SlotKind, code: ErrorCode) -> None:
    made = slots(tmp_path)
    made.add_recovery(KEY, b"right")
    made.add_enrolment(KEY, b"right")
    open_it = made.open_recovery if kind is SlotKind.RECOVERY else made.open_enrolment
    with pytest.raises(JinshuError) as caught:
        open_it(b"wrong")
    assert caught.value.code is code


def test_a_keyring_that_fails_leaves_no_slot(tmp_path: Path) -> None:
    made = slots(tmp_path, FailingKeyring())
    made.add_passphrase(KEY, "eight letters")
    with pytest.raises(JinshuError) as caught:
        made.add_keyring(KEY)
    assert caught.value.code is ErrorCode.KEYS_KEYRING_UNAVAILABLE
    assert made.kinds() == {SlotKind.PASSPHRASE}


def test_the_keyring_alone_opens_nothing_of_another_profile(tmp_path: Path) -> None:
    ring = MemoryKeyring()
    slots(tmp_path, ring).add_keyring(KEY)
    ring.put("jinshu:p2", ring.get("jinshu:p1") or b"")
    with pytest.raises(JinshuError):
        slots(tmp_path, ring, profile="p2").open_keyring()


def test_a_removed_slot_is_gone_from_file_and_keyring(tmp_path: Path) -> None:
    ring = MemoryKeyring()
    made = slots(tmp_path, ring)
    made.add_passphrase(KEY, "eight letters")
    made.add_keyring(KEY)
    made.remove(SlotKind.KEYRING)
    assert made.kinds() == {SlotKind.PASSPHRASE}
    assert ring.get("jinshu:p1") is None


def test_the_last_lasting_slot_stays(tmp_path: Path) -> None:
    made = slots(tmp_path, MemoryKeyring())
    made.add_passphrase(KEY, "eight letters")
    made.add_keyring(KEY)
    with pytest.raises(JinshuError) as caught:
        made.remove(SlotKind.PASSPHRASE)
    assert caught.value.code is ErrorCode.KEYS_LAST_SLOT
    assert made.open_passphrase("eight letters") == KEY


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JinshuError) as caught:
        slots(tmp_path).add_passphrase(KEY, "seven77")
    assert caught.value.code is ErrorCode.KEYS_PASSPHRASE_TOO_SHORT
    assert not (tmp_path / "slots.json").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"memory_kib": 1 << 30}, ErrorCode.KEYS_SLOTS_DAMAGED),
        ({"time": 2}, ErrorCode.KEYS_WRONG_PASSPHRASE),
        ({"sealed": "AAAA"}, ErrorCode.KEYS_SLOTS_DAMAGED),
        ({"sealed": None}, ErrorCode.KEYS_SLOTS_DAMAGED),
        ({"salt": "?"}, ErrorCode.KEYS_SLOTS_DAMAGED),
    ],
)
def test_a_changed_slot_does_not_open(tmp_path: Path, change: dict[str, object], code: ErrorCode) -> None:
    made = slots(tmp_path)
    made.add_passphrase(KEY, "eight letters")
    path = tmp_path / "slots.json"
    value = json.loads(path.read_text())
    value["slots"]["passphrase"].update(change)
    path.write_text(json.dumps(value))
    with pytest.raises(JinshuError) as caught:
        made.open_passphrase("eight letters")
    assert caught.value.code in {code, ErrorCode.KEYS_WRONG_PASSPHRASE}


@given(junk=st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_of_junk_is_a_named_error(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "slots.json").write_bytes(junk)
    with pytest.raises(JinshuError):
        slots(tmp_path).open_passphrase("eight letters")


def test_slots_of_a_newer_client_are_left_alone(tmp_path: Path) -> None:
    text = '{"format": 3, "slots": {}}'
    (tmp_path / "slots.json").write_text(text)
    with pytest.raises(JinshuError) as caught:
        slots(tmp_path).add_passphrase(KEY, "eight letters")
    assert caught.value.code is ErrorCode.PROFILE_TOO_NEW
    assert (tmp_path / "slots.json").read_text() == text


def test_neither_key_nor_passphrase_is_in_the_file(tmp_path: Path) -> None:
    made = slots(tmp_path)
    made.add_passphrase(KEY, "eight letters")
    data = (tmp_path / "slots.json").read_bytes()
    assert KEY not in data
    assert KEY.hex().encode() not in data
    assert b"eight letters" not in data
