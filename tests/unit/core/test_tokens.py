"""A secret sealed to a token's key comes out of that token, with its PIN, and says which of many things is in the way."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import cast

import pkcs11
import pytest
from pkcs11 import TokenFlag

from client.core.tokens.driver import Driver, pin_state
from client.core.tokens.known_drivers import check_driver, known_drivers
from client.core.tokens.rows import PinState, RsaPadding, TokenName, TokenRow, TokenSeal
from client.core.tokens.tokens import Tokens
from protocol.errors import ErrorCode, JinshuError
from tests.support.software_token import DRIVER, LABEL, PIN, SoftwareTokens
from tests.support.waiting import until
from tests.unit.core import driver_doubles
from tests.unit.core.clocks import ManualClock

SECRET = bytes(range(32))


def tokens(backend: str = "") -> Tokens:
    made = Tokens(ManualClock(), os.urandom, lambda: (DRIVER,))
    return Tokens(ManualClock(), os.urandom, lambda: (), backend) if backend else made


@pytest.fixture
def software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftwareTokens:
    return SoftwareTokens.at(tmp_path, monkeypatch)


async def refused(work: object, code: ErrorCode) -> JinshuError:
    with pytest.raises(JinshuError) as caught:
        await work  # type: ignore[misc]  # any coroutine
    assert caught.value.code is code
    return caught.value


async def sealed(pin: str = PIN) -> TokenSeal:
    (row,) = await tokens().found()
    return await tokens().seal(row, pin, "jinshu:p", SECRET)


async def test_a_secret_comes_out_of_its_token_and_not_of_the_seal_alone(software: SoftwareTokens) -> None:
    software.add()
    seal = await sealed()
    assert seal.token.label == LABEL
    assert seal.padding is RsaPadding.OAEP
    assert SECRET.hex() not in str(seal.facts())
    assert TokenSeal.parse(seal.facts()) == seal
    assert await tokens().open(seal, PIN) == SECRET


async def test_a_token_without_oaep_serves_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = ("CKM_RSA_PKCS_KEY_PAIR_GEN", "CKM_RSA_PKCS")
    SoftwareTokens.at(tmp_path, monkeypatch, only=offered).add()
    seal = await sealed()
    assert seal.padding is RsaPadding.PKCS1
    assert await tokens().open(seal, PIN) == SECRET


async def test_a_token_without_rsa_is_not_offered_and_takes_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SoftwareTokens.at(tmp_path, monkeypatch).add()
    (row,) = await tokens().found()
    (tmp_path / "softhsm2.conf").write_text(
        (tmp_path / "softhsm2.conf").read_text() + "slots.mechanisms = CKM_RSA_PKCS\n"
    )
    assert await tokens().found() == ()
    await refused(tokens().seal(row, PIN, "jinshu:p", SECRET), ErrorCode.KEYS_TOKEN_UNSUITABLE)


async def test_a_wrong_pin_is_named_and_the_token_remembers_it_until_a_right_one(
    software: SoftwareTokens,
) -> None:
    software.add()
    seal = await sealed()
    assert await tokens().state(seal) is PinState.FINE
    for wrong in ("000000", "1", "", "x" * 300):
        await refused(tokens().open(seal, wrong), ErrorCode.KEYS_TOKEN_WRONG_PIN)
    assert await tokens().state(seal) is PinState.LOW
    assert await tokens().open(seal, PIN) == SECRET
    assert await tokens().state(seal) is PinState.FINE


async def test_another_token_costs_no_try_and_none_is_told_apart_from_it(software: SoftwareTokens) -> None:
    first = software.add()
    seal = await sealed()
    away = software.pull_out(first)
    absent = await refused(tokens().open(seal, PIN), ErrorCode.KEYS_TOKEN_ABSENT)
    assert absent.params == {"token": LABEL}
    software.add("别人的")
    await refused(tokens().open(seal, "000000"), ErrorCode.KEYS_TOKEN_OTHER)
    await refused(tokens().state(seal), ErrorCode.KEYS_TOKEN_OTHER)
    (other,) = await tokens().found()
    assert (other.name.label, other.pin) == ("别人的", PinState.FINE)
    software.plug_in(away)
    assert await tokens().open(seal, PIN) == SECRET


async def test_an_emptied_token_is_another_one_and_one_that_lost_the_key_says_so(
    software: SoftwareTokens,
) -> None:
    software.add()
    seal = await sealed()
    (row,) = await tokens().found()
    again = await tokens().seal(row, PIN, "jinshu:p", SECRET)
    # The key from before went with the new registration.
    await refused(tokens().open(seal, PIN), ErrorCode.KEYS_TOKEN_KEY_MISSING)
    assert await tokens().open(again, PIN) == SECRET
    kept = await tokens().seal(row, PIN, "jinshu:other profile", SECRET)
    assert await tokens().open(again, PIN) == await tokens().open(kept, PIN) == SECRET


async def test_what_another_key_sealed_does_not_open(software: SoftwareTokens) -> None:
    software.add()
    seal = await sealed()
    last = "0" if seal.sealed[-1] != "0" else "1"
    forged = TokenSeal(seal.driver, seal.token, seal.key, seal.padding, seal.sealed[:-1] + last)
    with pytest.raises(JinshuError) as caught:
        await tokens().open(forged, PIN)
    assert caught.value.code in (ErrorCode.KEYS_TOKEN_KEY_MISSING, ErrorCode.KEYS_TOKEN_FAILED)


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        (TokenFlag.TOKEN_INITIALIZED, PinState.FINE),
        (TokenFlag.USER_PIN_COUNT_LOW, PinState.LOW),
        (TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY, PinState.LAST_TRY),
        (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED, PinState.LOCKED),
    ],
)
def test_the_gravest_word_of_a_token_about_its_pin_counts(flags: int, state: PinState) -> None:
    assert pin_state(int(flags)) is state


class CountedToken:
    """A token that locks after so many wrong PINs, which the software one never does."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.given: list[str] = []

    @property
    def slot(self) -> CountedToken:
        return self

    def get_token(self) -> CountedToken:
        return self

    @property
    def flags(self) -> int:
        return int({0: TokenFlag.USER_PIN_LOCKED, 1: TokenFlag.USER_PIN_FINAL_TRY}.get(self.left, 0))

    def open(self, *, rw: bool, user_pin: str) -> str:
        assert not rw
        self.given.append(user_pin)
        if user_pin != PIN:
            self.left -= 1
            raise pkcs11.PinIncorrect
        return "session"


def test_the_last_try_is_not_spent_unasked_and_a_locked_pin_is_never_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No real module is loaded into this process: SoftHSM leaves what it did not find in the thread's queue of OpenSSL's errors, and the
    # next to use TLS would be told of it.
    monkeypatch.setattr(pkcs11, "lib", lambda _path: None)
    token = CountedToken(2)
    driver = Driver(DRIVER)

    def refused_with(pin: str, *, last_try: bool = False) -> ErrorCode:
        with pytest.raises(JinshuError) as caught:
            driver._opened(cast(pkcs11.Token, token), {"pin": pin, "last_try": last_try})
        return caught.value.code

    assert refused_with("1") is ErrorCode.KEYS_TOKEN_LAST_TRY  # it was wrong, and one is left
    assert refused_with(PIN) is ErrorCode.KEYS_TOKEN_LAST_TRY
    assert token.given == ["1"]
    assert driver._opened(cast(pkcs11.Token, token), {"pin": PIN, "last_try": True}) == "session"
    assert refused_with("2", last_try=True) is ErrorCode.KEYS_TOKEN_PIN_LOCKED
    assert refused_with(PIN, last_try=True) is ErrorCode.KEYS_TOKEN_PIN_LOCKED
    assert token.given == ["1", PIN, "2"]


@pytest.mark.parametrize("way", ["crash", "nonsense", "foreign", "long"])
async def test_a_driver_that_crashes_or_says_nonsense_takes_nothing_with_it(tmp_path: Path, way: str) -> None:
    (tmp_path / way).touch(0o600)
    error = await refused(
        tokens(driver_doubles.MODULE).found(str(tmp_path / way)), ErrorCode.KEYS_TOKEN_DRIVER_FAILED
    )
    assert error.params == {"file": way}


@pytest.mark.parametrize(
    ("way", "code"),
    [("nonsense", ErrorCode.KEYS_TOKEN_DRIVER_FAILED), ("weak", ErrorCode.KEYS_TOKEN_UNSUITABLE)],
)
async def test_nothing_is_sealed_to_a_key_that_is_none_or_too_small(
    tmp_path: Path, way: str, code: ErrorCode
) -> None:
    (tmp_path / way).touch(0o600)
    row = TokenRow(str(tmp_path / way), TokenName.parse(driver_doubles.NAME), PinState.FINE)
    await refused(tokens(driver_doubles.MODULE).seal(row, PIN, "jinshu:p", SECRET), code)


async def test_a_driver_that_says_nothing_is_ended_after_its_time(tmp_path: Path) -> None:
    (tmp_path / "silent").touch(0o600)
    clock = ManualClock()
    asked = asyncio.ensure_future(  # noqa: TID251
        Tokens(clock, os.urandom, tuple, driver_doubles.MODULE).found(str(tmp_path / "silent"))
    )
    await until(lambda: clock.sleeping > 0)
    await clock.advance(59)
    assert not asked.done()
    await clock.advance(1)
    await refused(asked, ErrorCode.KEYS_TOKEN_DRIVER_FAILED)


async def test_who_no_longer_waits_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "silent").touch(0o600)
    clock = ManualClock()
    asked = asyncio.ensure_future(  # noqa: TID251
        Tokens(clock, os.urandom, tuple, driver_doubles.MODULE).found(str(tmp_path / "silent"))
    )
    await until(lambda: clock.sleeping > 0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_one_driver_that_fails_hides_no_token_of_another(
    software: SoftwareTokens, tmp_path: Path
) -> None:
    software.add()
    (tmp_path / "none.so").write_text("no module")
    known = (str(tmp_path / "none.so"), DRIVER, DRIVER)
    (row,) = await Tokens(ManualClock(), os.urandom, lambda: known).found()
    assert row.driver == DRIVER
    await refused(tokens().found(str(tmp_path / "none.so")), ErrorCode.KEYS_TOKEN_DRIVER_FAILED)


def test_only_files_that_nobody_else_could_have_written_are_loaded(tmp_path: Path) -> None:
    check_driver(DRIVER)
    module = tmp_path / "module.so"
    module.touch(0o644)
    check_driver(str(module))
    module.chmod(0o666)
    for driver, code in (
        (str(module), ErrorCode.KEYS_TOKEN_DRIVER_UNSAFE),
        (str(tmp_path / "none.so"), ErrorCode.KEYS_TOKEN_DRIVER_MISSING),
        (str(tmp_path), ErrorCode.KEYS_TOKEN_DRIVER_MISSING),
        ("module.so", ErrorCode.KEYS_TOKEN_DRIVER_MISSING),
        ("", ErrorCode.KEYS_TOKEN_DRIVER_MISSING),
        ("a\0b", ErrorCode.KEYS_TOKEN_DRIVER_MISSING),
    ):
        with pytest.raises(JinshuError) as caught:
            check_driver(driver)
        assert caught.value.code is code
    module.chmod(0o644)
    tmp_path.chmod(0o777)
    with pytest.raises(JinshuError) as caught:
        check_driver(str(module))
    assert caught.value.code is ErrorCode.KEYS_TOKEN_DRIVER_UNSAFE
    tmp_path.chmod(0o700)


def test_modules_are_found_where_packages_register_them_each_once(tmp_path: Path) -> None:
    module = tmp_path / "vendor.so"
    module.touch()
    for name, text in (
        ("a.module", f"# vendor\nmodule: {module}\n"),
        ("b.module", f"module: {module}\n"),
        ("c.module", f"module: {module}\ntrust-policy: yes\n"),
        ("d.module", "module: /nowhere/at/all.so\n"),
        ("e.module", "\xff\nmodule\n"),
    ):
        (tmp_path / name).write_text(text)
    found = known_drivers((tmp_path,))
    assert found.count(str(module)) == 1
    assert Path(DRIVER).resolve() in {Path(each).resolve() for each in found}
    assert not {"/nowhere/at/all.so"} & set(found)
