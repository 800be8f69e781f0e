"""What opens a profile and brings its person's keys, through real clients on a real server: as the pages ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.core.events import KeysReceived, LoginState
from client.core.tokens.rows import PinState, TokenSeal
from client.directory.service import DirectoryService
from protocol.directory.records import Standing
from protocol.errors import ErrorCode, JinshuError
from tests.integration.core.bureau import Bureau, holds
from tests.support.real_clients import PASSPHRASE
from tests.support.software_token import DRIVER, LABEL, PIN, SoftwareTokens
from tests.unit.core.keyrings import MemoryKeyring

NEW = "另一个更长的口令"


@pytest_asyncio.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    made = Bureau(tmp_path)
    yield made
    await made.close()
    made.join()


async def refused(work: object, code: ErrorCode) -> None:
    with pytest.raises(JinshuError) as caught:
        await work  # type: ignore[misc]  # any coroutine
    assert caught.value.code is code


async def test_a_changed_passphrase_opens_and_the_old_one_does_not(bureau: Bureau) -> None:
    client = await bureau.at_work(bureau.city.clerk)
    await refused(client.login.change_passphrase("not the passphrase", NEW), ErrorCode.KEYS_WRONG_PASSPHRASE)
    await refused(client.login.change_passphrase(PASSPHRASE, "短"), ErrorCode.KEYS_PASSPHRASE_TOO_SHORT)
    await client.login.change_passphrase(PASSPHRASE, NEW)
    await client.lock()
    await refused(client.login.unlock(PASSPHRASE), ErrorCode.KEYS_WRONG_PASSPHRASE)
    await client.login.unlock(NEW)
    assert client.login.state is LoginState.OPEN


async def test_after_the_recovery_code_a_new_passphrase_is_asked_and_takes_the_place_of_the_old(
    bureau: Bureau,
) -> None:
    client = await bureau.at_work(bureau.city.clerk)
    # Who did not use the code cannot set a passphrase without the old one.
    await refused(client.login.replace_passphrase(NEW), ErrorCode.PROFILE_LOCKED)
    await client.lock()
    await client.login.unlock_with_recovery(bureau.codes[client])
    assert client.login.passphrase_forgotten
    await client.login.replace_passphrase(NEW)
    assert not client.login.passphrase_forgotten
    await client.lock()
    await refused(client.login.unlock(PASSPHRASE), ErrorCode.KEYS_WRONG_PASSPHRASE)
    await client.login.unlock(NEW)
    assert not client.login.passphrase_forgotten


async def test_the_keyring_opens_only_what_its_owner_gave_it_and_not_after_he_took_it_back(
    bureau: Bureau,
) -> None:
    bureau.real.keyring = ring = MemoryKeyring()
    client = await bureau.at_work(bureau.city.clerk)
    assert client.login.keyring_available
    await refused(client.login.add_keyring("not the passphrase"), ErrorCode.KEYS_WRONG_PASSPHRASE)
    assert not client.login.has_keyring_slot
    await client.login.add_keyring(PASSPHRASE)
    await client.lock()
    assert await client.login.unlock_with_keyring()
    assert client.store.is_open
    await client.login.remove_keyring()
    assert ring.get(f"jinshu:{client._profile.facts.id}") is None
    await client.lock()
    assert not await client.login.unlock_with_keyring()
    assert client.login.state is LoginState.LOCKED


async def test_a_keyring_that_lost_its_key_leaves_the_passphrase(bureau: Bureau) -> None:
    bureau.real.keyring = ring = MemoryKeyring()
    client = await bureau.real.enrolled(bureau.city.clerk)
    client.login.recovery_code()
    await client.login.protect(PASSPHRASE, use_keyring=True)
    await client.lock()
    ring.remove(f"jinshu:{client._profile.facts.id}")
    assert not await client.login.unlock_with_keyring()
    await client.login.unlock(PASSPHRASE)


async def test_a_token_opens_beside_the_passphrase_and_no_longer_once_it_is_taken_back(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    software = SoftwareTokens.at(tmp_path / "software", monkeypatch)
    plugged_in = software.add()
    client = await bureau.at_work(bureau.city.clerk)
    (row,) = await client.login.tokens(DRIVER)
    await refused(client.login.add_token("not the passphrase", row, PIN), ErrorCode.KEYS_WRONG_PASSPHRASE)
    await refused(client.login.add_token(PASSPHRASE, row, "000000"), ErrorCode.KEYS_TOKEN_WRONG_PIN)
    assert not client.login.has_token_slot
    await client.login.add_token(PASSPHRASE, row, PIN)
    assert (client.login.has_token_slot, client.login.token_label) == (True, LABEL)
    await client.lock()
    assert await client.login.token_state() is PinState.FINE
    await refused(client.login.unlock_with_token("000000"), ErrorCode.KEYS_TOKEN_WRONG_PIN)
    assert not client.store.is_open
    await client.login.unlock_with_token(PIN)
    assert client.login.state is LoginState.OPEN
    # Opened by the token, nothing is asked to be renewed; and the passphrase opens as before.
    assert not client.login.passphrase_forgotten
    await client.lock()
    away = software.pull_out(plugged_in)
    await refused(client.login.unlock_with_token(PIN), ErrorCode.KEYS_TOKEN_ABSENT)
    await client.login.unlock(PASSPHRASE)
    software.plug_in(away)
    await client.login.remove_token()
    assert (client.login.has_token_slot, client.login.token_label) == (False, "")
    await client.lock()
    await refused(client.login.unlock_with_token(PIN), ErrorCode.KEYS_SLOT_MISSING)


async def test_a_registration_that_comes_after_a_lock_leaves_no_slot(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SoftwareTokens.at(tmp_path / "software", monkeypatch).add()
    client = await bureau.at_work(bureau.city.clerk)
    (row,) = await client.login.tokens(DRIVER)
    seal = client.login._tokens.seal

    async def locked_meanwhile(*args: Any, **kwargs: Any) -> TokenSeal:
        made = await seal(*args, **kwargs)
        await client.lock()
        return made

    monkeypatch.setattr(client.login._tokens, "seal", locked_meanwhile)
    await refused(client.login.add_token(PASSPHRASE, row, PIN), ErrorCode.PROFILE_LOCKED)
    assert not client.login.has_token_slot


async def _new_device(bureau: Bureau) -> tuple[CoreClient, CoreClient]:
    """The sole clerk's first device, and a further one that is enrolled and not protected yet."""
    first = await bureau.sole_clerk()
    second = await bureau.real.enrolled(bureau.city.clerk)
    assert second.login.recoverable
    second.login.recovery_code()  # its page shows one
    return first, second


async def test_the_code_written_down_brings_the_keys_while_a_new_device_is_set_up(bureau: Bureau) -> None:
    first, second = await _new_device(bureau)
    wrong = second.login.recovery_code()
    await refused(second.login.protect(PASSPHRASE, known_code=wrong), ErrorCode.KEYS_WRONG_RECOVERY_CODE)
    assert second.login.state is LoginState.UNPROTECTED
    await second.login.protect(PASSPHRASE, known_code=bureau.codes[first])
    assert second.directory.state.standing(second.me.device) is Standing.RECOVERED
    assert not second.login.recoverable
    # One code for all: it opens this device's store as well, and the one it made itself opens nothing.
    await second.lock()
    await refused(second.login.unlock_with_recovery(wrong), ErrorCode.KEYS_WRONG_RECOVERY_CODE)
    await second.login.unlock_with_recovery(bureau.codes[first])


async def test_the_code_brings_the_keys_later_too_and_nothing_is_asked_of_the_server_in_vain(
    bureau: Bureau,
) -> None:
    first, second = await _new_device(bureau)
    await second.login.protect(PASSPHRASE)
    mine = DirectoryService.of(second)
    assert (await mine.recovery()).recoverable
    assert not (await mine.recovery()).may_start_anew
    await mine.recover(bureau.codes[first])
    assert KeysReceived() in bureau.real.events[second]
    assert not (await mine.recovery()).recoverable
    # It holds a seed nobody shared with it: maintaining must neither confirm nor renew what it is no holder of.
    await bureau.in_step(second, first)
    [waiting] = [member for member in await first.principals.unconfirmed_members() if member.mine]
    await first.principals.confirm_member(waiting)
    await bureau.in_step(second, first)
    assert holds(second, *bureau.clerks_keys)


async def test_a_new_device_shows_the_same_check_code_on_both_and_consent_brings_the_keys(
    bureau: Bureau,
) -> None:
    first, second = await _new_device(bureau)
    await second.login.protect(PASSPHRASE)
    await bureau.in_step(second, first)
    there, here = DirectoryService.of(first), DirectoryService.of(second)
    [asking] = await there.pending_members()
    [own] = [device for device in (await here.me()).devices if device.is_this]
    [other] = [device for device in (await there.me()).devices if device.is_this]
    assert asking.device_check == own.check != other.check
    await there.confirm(asking)
    await bureau.in_step(second, first)
    assert not (await here.recovery()).recoverable
    assert holds(second, *bureau.clerks_keys)


async def test_with_code_and_devices_lost_a_new_key_is_made_only_on_his_word(bureau: Bureau) -> None:
    lost = await bureau.sole_clerk()
    bureau.city.operate(bureau.revocation(lost))
    await lost.lock()
    new = await bureau.at_work(bureau.city.clerk)
    mine = DirectoryService.of(new)
    row = await mine.recovery()
    assert row.recoverable
    assert row.may_start_anew
    await mine.start_anew()
    assert not (await mine.recovery()).recoverable
    assert new.directory.state.holders(bureau.city.clerk) == {new.me.device}
