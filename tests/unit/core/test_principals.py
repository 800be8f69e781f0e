"""Principals' keys (C6): made once, shared by a member's word, rotated when somebody leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.events import OwnDeviceAppeared
from client.core.keys.principals import Unconfirmed
from protocol.crypto.content import key_commitment
from protocol.crypto.envelope import EnvelopeInfo, Purpose, wrap
from protocol.crypto.keys import SecretKey, XWingPrivateKey
from protocol.directory.log import RECOVERY
from protocol.directory.records import Standing
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.held_keys import principals_held
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import BODY, LI, POST, WANG, City, Device, identifier

CASE = identifier(IdKind.CASE, 1)


class Office:
    """A city with Wang and Li, who share one post."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.city = City(ManualClock())
        self.city.publish_organisation((WANG, LI))
        self.devices: list[Device] = []

    async def device(self, person: str, *, recovery: bool = False) -> Device:
        device = Device(self.folder / f"device{len(self.devices)}", self.city, person)
        self.devices.append(device)
        await device.enrol(recovery=recovery)
        await device.step()
        return device


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    for device in made.devices:
        device.store.close()


async def opened(device: Device, record: bytes, key: SecretKey) -> bytes | None:
    return await device.principals.open_wrap(record, object_id=CASE, key_commitment=key_commitment(CASE, key))


async def test_the_first_member_makes_the_keys_of_person_post_and_body(office: Office) -> None:
    wang = await office.device(WANG, recovery=True)
    assert principals_held(wang.principals) == {WANG, POST, BODY}
    for principal in (WANG, POST, BODY):
        generation = office.city.state.generation(principal)
        assert generation is not None
        assert generation.confirmed == {wang.id}
    person = office.city.state.generation(WANG)
    assert person is not None
    assert RECOVERY in person.wraps
    size = len(office.city.leaves)
    await wang.step()
    assert len(office.city.leaves) == size


async def test_a_second_member_gets_nothing_until_a_member_confirms_him(office: Office) -> None:
    wang = await office.device(WANG)
    li = await office.device(LI)
    assert principals_held(li.principals) == {LI}
    await wang.step()
    waiting = await wang.principals.unconfirmed_members()
    assert set(waiting) == {Unconfirmed(BODY, LI, li.id, False), Unconfirmed(POST, LI, li.id, False)}
    for member in waiting:
        await wang.principals.confirm_member(member)
    await li.step()
    assert principals_held(li.principals) == {LI, POST, BODY}
    assert await wang.principals.unconfirmed_members() == ()
    generation = office.city.state.generation(BODY)
    assert generation is not None
    assert generation.confirmed == {wang.id, li.id}


async def test_an_object_key_opens_for_members_alone(office: Office) -> None:
    wang = await office.device(WANG)
    li = await office.device(LI)
    key = SecretKey.generate()
    records = await wang.principals.seal_object_key(CASE, bytes(key), [BODY, WANG])
    assert [record.principal for record in records] == sorted([BODY, WANG])
    for record in records:
        assert await opened(wang, record.to_bytes(), key) == bytes(key)
        assert await opened(li, record.to_bytes(), key) is None


async def test_a_key_that_is_not_the_committed_one_is_refused_by_name(office: Office) -> None:
    wang = await office.device(WANG)
    [record] = await wang.principals.seal_object_key(CASE, os.urandom(32), [BODY])
    with pytest.raises(JinshuError) as caught:
        await opened(wang, record.to_bytes(), SecretKey.generate())
    assert caught.value.code is ErrorCode.KEYS_COMMITMENT_MISMATCH


async def test_nothing_is_sealed_to_a_principal_without_key(office: Office) -> None:
    wang = await office.device(WANG)
    with pytest.raises(JinshuError) as caught:
        await wang.principals.seal_object_key(CASE, os.urandom(32), [identifier(IdKind.BODY, 99)])
    assert caught.value.code is ErrorCode.KEYS_NO_GENERATION


async def shared(office: Office) -> tuple[Device, Device]:
    wang = await office.device(WANG)
    li = await office.device(LI)
    await wang.step()
    for member in await wang.principals.unconfirmed_members():
        await wang.principals.confirm_member(member)
    await li.step()
    return wang, li


@pytest.mark.parametrize("how", ["revoked", "dismissed"])
async def test_after_a_member_left_sealing_waits_for_the_new_generation(office: Office, how: str) -> None:
    wang, li = await shared(office)
    if how == "revoked":
        office.city.revoke(li.id)
    else:
        office.city.publish_organisation((WANG,))
    await wang.directory.catch_up()
    with pytest.raises(JinshuError) as caught:
        await wang.principals.seal_object_key(CASE, os.urandom(32), [BODY])
    assert caught.value.code is ErrorCode.KEYS_GENERATION_STALE
    await wang.principals.maintain()
    key = SecretKey.generate()
    [record] = await wang.principals.seal_object_key(CASE, bytes(key), [BODY])
    assert record.generation == 2
    assert await opened(wang, record.to_bytes(), key) == bytes(key)
    await li.directory.catch_up()
    assert await opened(li, record.to_bytes(), key) is None


async def test_what_was_sealed_before_a_rotation_still_opens(office: Office) -> None:
    wang, li = await shared(office)
    key = SecretKey.generate()
    [record] = await li.principals.seal_object_key(CASE, bytes(key), [BODY])
    office.city.revoke(li.id)
    await wang.step()
    assert await opened(wang, record.to_bytes(), key) == bytes(key)


async def test_a_revoked_device_maintains_nothing(office: Office) -> None:
    wang, _ = await shared(office)
    office.city.revoke(wang.id)
    size = len(office.city.leaves)
    await wang.step()
    assert len(office.city.leaves) == size


async def test_a_further_device_waits_for_consent_and_then_opens_all(office: Office) -> None:
    first = await office.device(WANG)
    second = await office.device(WANG)
    assert principals_held(second.principals) == frozenset()
    await first.step()
    assert OwnDeviceAppeared(second.id) in first.events
    waiting = await first.principals.unconfirmed_members()
    assert waiting == (Unconfirmed(WANG, WANG, second.id, True),)
    await first.principals.confirm_member(waiting[0])
    await second.step()
    assert office.city.state.standing(second.id) is Standing.CONSENTED
    assert principals_held(second.principals) == {WANG, POST, BODY}


async def test_after_the_last_holder_is_gone_a_member_starts_the_bodys_key_anew(office: Office) -> None:
    wang = await office.device(WANG)
    li = await office.device(LI)
    office.city.revoke(wang.id)
    await li.step()
    generation = office.city.state.generation(BODY)
    assert generation is not None
    assert generation.restart
    assert generation.holders == {li.id}


async def test_a_seed_that_does_not_derive_the_logged_key_is_refused(office: Office) -> None:
    wang = await office.device(WANG)
    li = await office.device(LI)
    await wang.step()
    member = next(m for m in await wang.principals.unconfirmed_members() if m.principal == BODY)
    real = office.city.state.device_by_id(li.id)
    assert real is not None
    await wang.principals.confirm_member(member)
    generation = office.city.state.generation(BODY)
    assert generation is not None
    info = EnvelopeInfo(Purpose.PRINCIPAL_SEED, BODY, wang.id, li.id, generation.number)
    swapped = wrap(real.encryption_key, info, XWingPrivateKey.generate().seed)
    office.city.wraps[-1] = swapped.to_bytes()
    with pytest.raises(JinshuError) as caught:
        await li.step()
    assert caught.value.code is ErrorCode.KEYS_WRAP_UNSIGNED
    assert BODY not in principals_held(li.principals)


async def test_keys_are_there_again_after_a_restart(office: Office) -> None:
    wang = await office.device(WANG)
    await wang.restart()
    assert principals_held(wang.principals) == {WANG, POST, BODY}
    size = len(office.city.leaves)
    await wang.step()
    assert len(office.city.leaves) == size


async def test_a_generation_whose_reply_was_lost_is_not_made_twice(office: Office) -> None:
    """The leaf stands in the log, the client heard nothing: having caught up, it holds the seed it kept."""
    wang = Device(office.folder / "device", office.city, WANG)
    office.devices.append(wang)
    await wang.enrol()
    real = office.city.append

    async def lose(leaf: bytes, wraps: list[bytes]) -> int:
        await real(leaf, wraps)
        raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)

    office.city.append = lose  # type: ignore[assignment,method-assign]  # the network between is what fails
    with pytest.raises(JinshuError):
        await wang.principals.maintain()
    office.city.append = real  # type: ignore[method-assign]
    await wang.restart()
    await wang.step()
    assert principals_held(wang.principals) == {WANG, POST, BODY}
    assert all(len(office.city.state.generations(name)) == 1 for name in (WANG, POST, BODY))


async def test_the_recovery_code_brings_a_new_device_and_the_old_keys_back(office: Office) -> None:
    lost = await office.device(WANG, recovery=True)
    key = SecretKey.generate()
    [record] = await lost.principals.seal_object_key(CASE, bytes(key), [WANG])
    office.city.revoke(lost.id)
    new = await office.device(WANG)
    assert office.city.state.standing(new.id) is Standing.ON_CA_WORD
    assert len(office.city.state.generations(WANG)) == 1
    with pytest.raises(JinshuError) as caught:
        await new.principals.recover(new.recovery)
    assert caught.value.code is ErrorCode.KEYS_WRONG_RECOVERY_CODE
    await new.principals.recover(lost.recovery)
    assert office.city.state.standing(new.id) is Standing.RECOVERED
    assert await opened(new, record.to_bytes(), key) == bytes(key)
    await new.step()
    newest = office.city.state.generation(WANG)
    assert newest is not None
    assert newest.restart
    assert newest.holders == {new.id}
    assert RECOVERY in newest.wraps


async def test_without_the_code_only_the_users_decision_starts_his_key_anew(office: Office) -> None:
    lost = await office.device(WANG, recovery=True)
    office.city.revoke(lost.id)
    new = await office.device(WANG)
    await new.step()
    assert len(office.city.state.generations(WANG)) == 1
    assert new.principals.may_start_anew
    await new.principals.start_anew()
    newest = office.city.state.generation(WANG)
    assert newest is not None
    assert newest.holders == {new.id}
