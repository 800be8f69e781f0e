"""A key made in a token signs there and nowhere else; whatever a driver says of it is checked before it is believed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pkcs11
import pytest
from pkcs11 import Attribute

from client.core.tokens.driver import Driver
from client.core.tokens.rows import PinState, TokenKey, TokenName, TokenPin, TokenRow, TokenUse
from client.core.tokens.tokens import Tokens
from protocol.crypto.keys import SIGNATURE_BYTES, VerifyingKey
from protocol.errors import ErrorCode, JinshuError
from tests.support.software_token import DRIVER, LABEL, PIN, SoftwareTokens
from tests.unit.core import driver_doubles
from tests.unit.core.clocks import ManualClock

MESSAGE = "关于做好防汛值守工作的通知".encode()
SEAL = "jinshu-seal:1"
KEY = TokenKey(DRIVER, TokenName(LABEL, "01", "maker", "model"), "ab" * 16, b"spki")


def tokens(backend: str = "") -> Tokens:
    if backend:
        return Tokens(ManualClock(), os.urandom, lambda: (), backend)
    return Tokens(ManualClock(), os.urandom, lambda: (DRIVER,))


@pytest.fixture
def software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftwareTokens:
    return SoftwareTokens.at(tmp_path, monkeypatch)


async def row() -> TokenRow:
    (found,) = await tokens().found(use=TokenUse.SIGN)
    return found


async def made(label: str = SEAL, keep: tuple[str, ...] = ()) -> TokenKey:
    key, _signature = await tokens().make_signing_key(
        await row(), PIN, label, lambda _spki: MESSAGE, keep=keep
    )
    return key


async def refused(work: Any, code: ErrorCode) -> JinshuError:
    with pytest.raises(JinshuError) as caught:
        await work
    assert caught.value.code is code
    return caught.value


# A token in software


async def test_a_key_made_in_a_token_signs_what_it_is_given(software: SoftwareTokens) -> None:
    software.add()
    asked: list[bytes] = []

    def first(spki: bytes) -> bytes:
        asked.append(spki)
        return b"first"

    key, signature = await tokens().make_signing_key(await row(), PIN, SEAL, first)
    assert asked == [key.public_spki]
    assert key.token.label == LABEL
    VerifyingKey(key.public_spki).verify(signature, b"first")
    again = await tokens().sign(key, PIN, MESSAGE)
    assert len(again) == SIGNATURE_BYTES
    VerifyingKey(key.public_spki).verify(again, MESSAGE)


async def test_the_key_cannot_leave_its_token_and_does_nothing_but_sign(software: SoftwareTokens) -> None:
    software.add()
    await made()
    capabilities = await asyncio.to_thread(true_attributes)
    assert capabilities == ["SENSITIVE", "NEVER_EXTRACTABLE", "ALWAYS_SENSITIVE", "SIGN"]


def true_attributes() -> list[str]:
    """Of the one private key in the token; asked in a process of its own: no module of others is loaded into this one."""
    asked = (
        "import sys, pkcs11; from pkcs11 import Attribute as A, ObjectClass as O;"
        "token = next(iter(pkcs11.lib(sys.argv[1]).get_tokens(token_label=sys.argv[2])));"
        "key, = token.open(user_pin=sys.argv[3]).get_objects({A.CLASS: O.PRIVATE_KEY});"
        "names = 'SENSITIVE EXTRACTABLE NEVER_EXTRACTABLE ALWAYS_SENSITIVE SIGN DECRYPT UNWRAP DERIVE'.split();"
        "print(*(n for n in names if key[A[n]]))"
    )
    command = [sys.executable, "-c", asked, DRIVER, LABEL, PIN]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.split()


async def test_a_wrong_pin_signs_nothing_and_is_named(software: SoftwareTokens) -> None:
    software.add()
    key = await made()
    assert await tokens().signing_state(key) is PinState.FINE
    for wrong in ("000000", ""):
        await refused(tokens().sign(key, wrong, MESSAGE), ErrorCode.KEYS_TOKEN_WRONG_PIN)
    assert await tokens().signing_state(key) is PinState.LOW


async def test_a_token_that_is_away_and_another_one_are_told_apart_and_cost_no_try(
    software: SoftwareTokens,
) -> None:
    first = software.add()
    key = await made()
    away = software.pull_out(first)
    await refused(tokens().sign(key, PIN, MESSAGE), ErrorCode.KEYS_TOKEN_ABSENT)
    await refused(tokens().signing_state(key), ErrorCode.KEYS_TOKEN_ABSENT)
    software.add("别人的")
    await refused(tokens().sign(key, "000000", MESSAGE), ErrorCode.KEYS_TOKEN_OTHER)
    (other,) = await tokens().found(use=TokenUse.SIGN)
    assert other.pin is PinState.FINE
    software.plug_in(away)
    VerifyingKey(key.public_spki).verify(await tokens().sign(key, PIN, MESSAGE), MESSAGE)


async def test_a_token_pulled_out_between_two_acts_makes_no_key(software: SoftwareTokens) -> None:
    token = software.add()

    def pulled(_spki: bytes) -> bytes:
        software.pull_out(token)
        return MESSAGE

    with pytest.raises(JinshuError) as caught:
        await tokens().make_signing_key(await row(), PIN, SEAL, pulled)
    assert caught.value.code.value.startswith("keys.token_")


async def test_a_new_key_takes_former_ones_of_its_label_away_but_not_the_one_in_use(
    software: SoftwareTokens,
) -> None:
    software.add()
    in_use, another = await made(), await made("jinshu-seal:2")
    given_up = await made(keep=(in_use.key,))
    newest = await made(keep=(in_use.key,))
    for key in (in_use, another, newest):
        await tokens().sign(key, PIN, MESSAGE)
    await refused(tokens().sign(given_up, PIN, MESSAGE), ErrorCode.KEYS_TOKEN_NO_SEAL_KEY)


async def test_one_token_opens_the_store_and_holds_a_seals_key(software: SoftwareTokens) -> None:
    software.add()
    secret = bytes(range(32))
    seal = await tokens().seal(await row(), PIN, "jinshu:p", secret)
    key = await made()
    assert await tokens().open(seal, PIN) == secret
    await tokens().sign(key, PIN, MESSAGE)


async def test_a_token_without_ecdsa_is_not_offered_and_takes_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SoftwareTokens.at(tmp_path, monkeypatch).add()
    found = await row()
    with (tmp_path / "softhsm2.conf").open("a") as settings:
        settings.write("slots.mechanisms = CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS,CKM_EC_KEY_PAIR_GEN\n")
    assert await tokens().found(use=TokenUse.SIGN) == ()
    assert [each.name for each in await tokens().found()] == [found.name]
    making = tokens().make_signing_key(found, PIN, SEAL, lambda _spki: MESSAGE)
    await refused(making, ErrorCode.KEYS_TOKEN_CANNOT_SIGN)


# Drivers that lie


def doubled(folder: Path, way: str) -> tuple[Tokens, TokenRow]:
    (folder / way).touch(0o600)
    name = TokenName.parse(driver_doubles.NAME)
    return tokens(driver_doubles.MODULE), TokenRow(str(folder / way), name, PinState.FINE)


@pytest.mark.parametrize("way", ["off_curve", "other_curve", "nonsense"])
async def test_no_key_is_believed_that_is_none_of_the_curve(tmp_path: Path, way: str) -> None:
    double, its = doubled(tmp_path, way)
    making = double.make_signing_key(its, PIN, SEAL, lambda _spki: MESSAGE)
    await refused(making, ErrorCode.KEYS_TOKEN_DRIVER_FAILED)


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ("foreign_signature", ErrorCode.KEYS_TOKEN_FOREIGN_SIGNATURE),
        ("short_signature", ErrorCode.KEYS_TOKEN_FOREIGN_SIGNATURE),
        ("no_signature", ErrorCode.KEYS_TOKEN_DRIVER_FAILED),
        ("pulled_out", ErrorCode.KEYS_TOKEN_ABSENT),
    ],
)
async def test_no_signature_is_used_that_the_key_did_not_make(
    tmp_path: Path, way: str, code: ErrorCode
) -> None:
    double, its = doubled(tmp_path, way)
    await refused(double.make_signing_key(its, PIN, SEAL, lambda _spki: MESSAGE), code)
    key = TokenKey(its.driver, its.name, "ab" * 16, driver_doubles.KEY.public_spki)
    await refused(double.sign(key, PIN, MESSAGE), code)


class AskingKey:
    """A key in a token that wants the PIN again for each signature, or knows nothing of that."""

    def __init__(self, always: bool | None) -> None:
        self.always = always
        self.given: list[dict[str, Any]] = []

    def __getitem__(self, attribute: Attribute) -> bool:
        assert attribute is Attribute.ALWAYS_AUTHENTICATE
        if self.always is None:
            raise pkcs11.AttributeTypeInvalid
        return self.always

    def sign(self, digest: bytes, **how: Any) -> bytes:
        self.given.append(how)
        return digest * 2


class OneKeySession:
    def __init__(self, key: AskingKey) -> None:
        self.key = key

    def get_key(self, **_which: Any) -> AskingKey:
        return self.key

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("always", "again"), [(True, PIN), (False, None), (None, None)])
def test_a_key_that_wants_the_pin_for_each_signature_gets_it(
    monkeypatch: pytest.MonkeyPatch, always: bool | None, again: str | None
) -> None:
    monkeypatch.setattr(pkcs11, "lib", lambda _path: None)
    key, driver = AskingKey(always), Driver(DRIVER)
    monkeypatch.setattr(driver, "_token", lambda _asked: None)
    monkeypatch.setattr(driver, "_opened", lambda *_asked, rw: cast(Any, OneKeySession(key)))
    asked = {"do": "sign", "token": {}, "pin": PIN, "key": "ab", "digest": "00" * 32}
    assert driver.answer(asked) == "00" * 64
    assert [how.get("pin") for how in key.given] == [again]


# What is kept of it


def test_what_is_kept_of_a_key_is_read_back() -> None:
    assert TokenKey.parse(KEY.facts()) == KEY


# Not among them: a path that leads nowhere, and a public half that fits nothing, which the keystore compares.
@pytest.mark.parametrize("instead", [None, 7, "", "zz", "x" * 5000, {}])
def test_what_is_kept_of_a_key_and_damaged_is_refused(instead: object) -> None:
    wrong = {"driver", "token", "key", "public"} - ({"driver"} if instead == "zz" else set())
    for name in wrong - ({"public"} if instead == "" else set()):
        with pytest.raises(JinshuError) as caught:
            TokenKey.parse({**KEY.facts(), name: instead})
        assert caught.value.code is ErrorCode.KEYS_SEAL_KEY_DAMAGED


def test_a_pin_prints_nothing_of_itself() -> None:
    assert PIN not in repr(TokenPin(PIN, last_try=True))
