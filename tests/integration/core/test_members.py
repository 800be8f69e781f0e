"""Who holds the keys, through real clients on a real server: further devices, lost devices, clerks who leave (C2, C4, C6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.core.connection.address import ServerAddress
from client.core.events import OwnDeviceAppeared
from client.core.keys.principals import Unconfirmed
from protocol.crypto.content import key_commitment
from protocol.crypto.envelope import Purpose, WrapRecord, unwrap
from protocol.crypto.keys import SecretKey, XWingPrivateKey
from protocol.crypto.recovery import RecoveryCode
from protocol.directory.records import Standing
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from protocol.release import PROTOCOL_VERSION
from tests.integration.core.bureau import Bureau, holds, number
from tests.security.malicious_server import Json
from tests.support.held_keys import principals_held
from tests.support.small_city import b64, fresh


@pytest_asyncio.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    made = Bureau(tmp_path)
    yield made
    await made.close()
    made.join()


async def reached(bureau: Bureau, client: CoreClient, principal: str, wanted: int) -> None:
    await bureau.real.until(client, lambda: number(client, principal) == wanted)


class Case:
    """A key somebody sealed to a principal, and whether others get at it."""

    def __init__(self, sender: CoreClient, principal: str) -> None:
        self.sender, self.principal = sender, principal
        self.id, self.key = fresh(IdKind.CASE), SecretKey.generate()
        self.record = WrapRecord("", "", 0, "", b"")

    async def sealed(self) -> Case:
        [self.record] = await self.sender.principals.seal_object_key(
            self.id, bytes(self.key), [self.principal]
        )
        return self

    async def opened_by(self, client: CoreClient) -> bool:
        commitment = key_commitment(self.id, self.key)
        found = await client.principals.open_wrap(
            self.record.to_bytes(), object_id=self.id, key_commitment=commitment
        )
        return found == bytes(self.key)


def forced_open(client: CoreClient, records: list[WrapRecord]) -> int:
    """How many wraps open under any private key in this client's store, whatever they were made for."""
    keys = [client.keystore.xwing, *client.principals._seeds._seeds.values()]
    return sum(opens(key, record, purpose) for record in records for key in keys for purpose in Purpose)


def opens(key: XWingPrivateKey, record: WrapRecord, purpose: Purpose) -> bool:
    try:
        unwrap(key, record, purpose)
    except JinshuError as error:
        return error.code is not ErrorCode.ENVELOPE_CANNOT_OPEN
    return True


async def helped(bureau: Bureau, thief: CoreClient) -> None:
    """A server on the thief's side gives him a session, the whole log, and every wrap there is."""
    face, now = bureau.face(), bureau.city.clock.now
    face.fork()
    face.answer("/session/nonce$", {"nonce": b64(bytes(32))})
    begun = {
        "token": "come in",
        "expires_at": now + 900_000,
        "server_time": now,
        "protocol": PROTOCOL_VERSION,
    }
    face.answer("/session$", begun)
    wraps = [b64(record.to_bytes()) for record in bureau.all_wraps()]
    face.answer("/directory/wraps$", {"wraps": wraps})
    await thief.api.disconnect()
    thief.api.connect(ServerAddress("127.0.0.1", face.port), thief.directory.trust.tls())
    await thief.directory.catch_up()
    await thief.principals.maintain()


async def test_a_further_device_is_let_in_by_the_first(bureau: Bureau) -> None:
    first = await bureau.sole_clerk()
    before = await Case(first, bureau.city.clerk_post).sealed()
    second = await bureau.consented(first)
    assert OwnDeviceAppeared(second.me.device) in bureau.real.events[first]
    assert first.directory.state.standing(second.me.device) is Standing.CONSENTED
    assert await before.opened_by(second)


async def test_on_the_cas_word_a_device_is_shown_and_gets_nothing(bureau: Bureau) -> None:
    first, colleague = await bureau.both_clerks()
    second = await bureau.at_work(bureau.city.clerk)
    await bureau.in_step(first, colleague, second)
    for witness in (first, colleague):
        assert witness.directory.state.standing(second.me.device) is Standing.ON_CA_WORD
    assert OwnDeviceAppeared(second.me.device) in bureau.real.events[first]
    assert principals_held(second.principals) == frozenset()
    assert not [record for record in bureau.all_wraps() if record.principal == second.me.device]
    assert not await (await Case(colleague, bureau.city.clerk_post).sealed()).opened_by(second)
    person = bureau.city.clerk
    assert Unconfirmed(person, person, second.me.device, True) in await first.principals.unconfirmed_members()


async def recovered(bureau: Bureau, new: CoreClient, lost: CoreClient, before: Case) -> None:
    """The new device is a stranger until the code is typed; then it reads what was sealed before."""
    await bureau.in_step(new)
    assert new.directory.state.standing(new.me.device) is Standing.ON_CA_WORD
    assert not await before.opened_by(new)
    await new.principals.recover(RecoveryCode.parse(bureau.codes[lost]))
    assert new.directory.state.standing(new.me.device) is Standing.RECOVERED
    await bureau.in_step(new)
    assert await before.opened_by(new)
    assert holds(new, *bureau.clerks_keys)
    assert new.directory.state.holders(bureau.city.clerk) == {new.me.device}


async def lost_clerk(bureau: Bureau) -> tuple[CoreClient, Case]:
    """The only clerk's only device is revoked, after something was sealed to him."""
    lost = await bureau.sole_clerk()
    before = await Case(lost, bureau.city.clerk).sealed()
    bureau.city.operate(bureau.revocation(lost))
    await lost.lock()
    return lost, before


async def test_the_recovery_code_lets_a_device_in_when_the_first_is_lost(bureau: Bureau) -> None:
    lost, before = await lost_clerk(bureau)
    await recovered(bureau, await bureau.at_work(bureau.city.clerk), lost, before)


async def test_the_recovery_code_opens_all_that_was_wrapped_to_it(bureau: Bureau) -> None:
    lost, before = await lost_clerk(bureau)
    face = bureau.face()

    def complete(_reply: Json) -> Json:
        return {"wraps": [b64(record.to_bytes()) for record in bureau.all_wraps()]}

    new = await bureau.real.enrolled(bureau.city.clerk, face.port)
    face.lie("/directory/wraps$", complete)
    await recovered(bureau, new, lost, before)


async def test_a_server_that_withholds_the_codes_wrap_is_named_and_nothing_is_started_anew(
    bureau: Bureau,
) -> None:
    lost, _ = await lost_clerk(bureau)
    face = bureau.face()
    new = await bureau.real.enrolled(bureau.city.clerk, face.port)
    face.lie("/directory/wraps$", lambda _reply: {"wraps": []})
    with pytest.raises(JinshuError) as caught:
        await new.principals.recover(RecoveryCode.parse(bureau.codes[lost]))
    assert caught.value.code is ErrorCode.KEYS_WRAP_WITHHELD
    await new.principals.maintain()
    assert new.directory.state.standing(new.me.device) is Standing.ON_CA_WORD
    assert number(new, bureau.city.clerk) == 1


@pytest.mark.expects_logs
async def test_a_lost_device_is_out_at_once_and_for_good(bureau: Bureau) -> None:
    kept = await bureau.sole_clerk()
    lost = await bureau.consented(kept)
    leader = await bureau.at_work(bureau.city.leader)
    before = await Case(leader, bureau.city.clerk_post).sealed()
    await bureau.online(kept, lost)
    bureau.city.operate(bureau.revocation(lost))
    # Pushed: nobody asked.
    notices = bureau.real.notices
    await bureau.real.until(lost, lambda: ErrorCode.CERTIFICATE_REVOKED in notices(lost))
    with pytest.raises(JinshuError) as caught:
        await lost.directory.catch_up()
    assert caught.value.code is ErrorCode.CERTIFICATE_REVOKED
    for principal in bureau.clerks_keys:
        await reached(bureau, kept, principal, 2)
        assert kept.directory.state.holders(principal) == {kept.me.device}
    await bureau.in_step(leader)
    after = await Case(leader, bureau.city.clerk_post).sealed()
    assert await after.opened_by(kept)
    assert await before.opened_by(kept)
    await helped(bureau, lost)
    assert number(lost, bureau.city.clerk_post) == 2
    assert not await after.opened_by(lost)
    new = [record for record in bureau.all_wraps() if record.generation == 2]
    assert {record.object for record in new} == set(bureau.clerks_keys)
    assert forced_open(lost, [after.record, *new]) == 0
    assert forced_open(lost, [before.record]) == 1  # what it could read before, it still has


@pytest.mark.expects_logs
async def test_a_clerk_who_leaves_is_out_and_nothing_is_sealed_in_between(bureau: Bureau) -> None:
    staying, leaving = await bureau.both_clerks()
    leader = await bureau.at_work(bureau.city.leader)
    bureau.city.ca.dismiss(bureau.city.second_clerk)
    bureau.city.publish()
    await bureau.in_step(leader, leaving)
    for principal in bureau.shared:
        with pytest.raises(JinshuError) as caught:
            await Case(leader, principal).sealed()
        assert caught.value.code is ErrorCode.KEYS_GENERATION_STALE
    await bureau.in_step(staying, leaving, leader)
    for principal in bureau.shared:
        assert number(leader, principal) == 2
        case = await Case(leader, principal).sealed()
        assert case.record.generation == 2
        assert await case.opened_by(staying)
        assert not await case.opened_by(leaving)
        new = [
            record for record in bureau.all_wraps() if (record.object, record.generation) == (principal, 2)
        ]
        assert new
        assert forced_open(leaving, [case.record, *new]) == 0
    assert leaving.me.person in principals_held(leaving.principals)
