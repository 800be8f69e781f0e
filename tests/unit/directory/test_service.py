"""The address book's answers, over a verified directory in memory."""

from __future__ import annotations

import pytest

from client.directory.service import DirectoryService
from protocol.directory.records import Standing
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import BODY, LI, POST, WANG, City, Device


@pytest.fixture
def city() -> City:
    made = City(ManualClock())
    made.publish_organisation([WANG])
    return made


def service(device: Device, codes: list[str] | None = None) -> DirectoryService:
    async def recover(code: str) -> None:
        if codes is None:
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
        codes.append(code)

    return DirectoryService(device.keystore, device.directory, device.principals, recover)


async def entered(city: City, person: str) -> Device:
    device = Device(None, city, person)
    await device.enrol(recovery=True)
    return device


async def test_bodies_come_with_their_posts_and_who_holds_them(city: City) -> None:
    wang = await entered(city, WANG)
    [body] = await service(wang).bodies()
    assert (body.id, body.depth, body.enrolled) == (BODY, 0, False)
    [post] = body.posts
    assert post.id == POST
    [holder] = post.holders
    assert (holder.id, holder.is_me, holder.enrolled, holder.posts) == (
        WANG,
        True,
        True,
        ("市发展改革委 文书",),
    )


async def test_a_body_with_a_key_is_shown_as_enrolled(city: City) -> None:
    wang = await entered(city, WANG)
    await wang.step()
    [body] = await service(wang).bodies()
    assert body.enrolled


async def test_a_card_shows_every_device_and_which_is_revoked(city: City) -> None:
    wang, li = await entered(city, WANG), await entered(city, LI)
    second = await entered(city, LI)
    city.revoke(li.id)
    await wang.directory.catch_up()
    card = await service(wang).card(LI)
    assert {device.id: device.revoked for device in card.devices} == {li.id: True, second.id: False}
    assert {device.id: device.standing for device in card.devices}[second.id] == Standing.ON_CA_WORD.value
    assert not any(device.is_this for device in card.devices)
    assert [device.is_this for device in (await service(wang).me()).devices] == [True]


async def test_both_ends_compare_the_same_check_code(city: City) -> None:
    wang = await entered(city, WANG)
    await wang.step()
    second = await entered(city, WANG)
    await wang.step()
    asking = [each for each in await service(wang).pending_members() if each.device == second.id]
    [shown] = [device for device in (await service(second).me()).devices if device.is_this]
    assert asking
    assert {each.device_check for each in asking} == {shown.check}


async def test_a_confirmed_device_waits_no_longer(city: City) -> None:
    wang = await entered(city, WANG)
    await wang.step()
    second = await entered(city, WANG)
    await wang.step()
    here = service(wang)
    for member in await here.pending_members():
        await here.confirm(member)
    assert await here.pending_members() == ()
    found = wang.directory.state.device_by_id(second.id)
    assert found is not None
    assert found.standing is Standing.CONSENTED


async def test_a_recovery_code_goes_to_whoever_opens_with_it_as_it_was_typed(city: City) -> None:
    wang, codes = await entered(city, WANG), list[str]()
    await service(wang, codes).recover(" ABCD-1234 ")
    assert codes == [" ABCD-1234 "]
    with pytest.raises(JinshuError) as caught:
        await service(wang).recover("ABCD")
    assert caught.value.code is ErrorCode.KEYS_WRONG_RECOVERY_CODE


async def test_where_the_directory_stands_is_what_was_verified(city: City) -> None:
    wang = await entered(city, WANG)
    row = await service(wang).trust()
    assert (row.log_size, row.organisation_seq) == (len(city.leaves), 1)
    assert row.head_at == city.clock.now_ms()
