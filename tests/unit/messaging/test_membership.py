"""Who is in a conversation, and whose keys were compared face to face."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.unit.core.log_double import LI, WANG
from tests.unit.messaging.talk import ZHAO, Talk, Talker, code_of, group


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def people(talker: Talker, conversation: str) -> dict[str, bool]:
    """Its members, and whether each manages it."""
    return {row.person: row.admin for row in await talker.conversations.members(conversation)}


async def test_a_conversation_of_two_is_begun_once(talk: Talk) -> None:
    wang = talk.person(WANG)
    talk.person(LI)
    first = await wang.conversations.start((LI,), "")
    assert await wang.conversations.start((LI,), "") == first
    assert await people(wang, first) == {WANG: True, LI: True}


async def test_a_group_is_another_one_each_time_and_its_founder_manages_it(talk: Talk) -> None:
    wang = talk.person(WANG)
    first = await wang.conversations.start((LI, ZHAO), "")
    assert await wang.conversations.start((LI, ZHAO), "") != first
    assert await people(wang, first) == {WANG: True, LI: False, ZHAO: False}


async def test_a_name_that_cannot_go_begins_nothing(talk: Talk) -> None:
    wang = talk.person(WANG)
    assert (await code_of(wang.conversations.start((LI,), "名" * 500))).value.startswith("text.")
    assert await wang.conversations.rows() == ()
    assert await wang.pending() == []


async def test_nobody_but_a_manager_changes_who_is_in(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    for change in (li.conversations.add_members(made, (ZHAO,)), li.conversations.remove_member(made, WANG)):
        assert await code_of(change) is ErrorCode.MESSAGING_ROSTER_REFUSED
    assert await li.pending() == []


async def test_the_last_manager_who_goes_hands_over_to_the_first_who_stays(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    await wang.conversations.leave(made)
    await wang.sends()
    for each in (li, zhao):
        await each.follows()
        assert await people(each, made) == {min(LI, ZHAO): True, max(LI, ZHAO): False}
    assert await wang.conversations.rows() == ()


async def test_changes_of_one_device_stand_on_each_other_before_the_server_has_any(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.conversations.add_members(made, (ZHAO,))
    await wang.conversations.remove_member(made, LI)
    assert set(await people(wang, made)) == {WANG, ZHAO}
    await wang.sends()
    await wang.follows()
    assert set(await people(wang, made)) == {WANG, ZHAO}
    assert wang.notices == []


async def test_both_see_the_same_pictures_and_a_new_device_makes_them_others(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    shown = await wang.conversations.emoji(LI)
    assert shown == await li.conversations.emoji(WANG)
    await wang.conversations.confirm(LI)
    confirmed = {row.person: row.confirmed for row in await wang.conversations.members(made)}
    assert confirmed == {WANG: False, LI: True}
    talk.person(LI)
    assert await wang.conversations.emoji(LI) != shown
    [row] = [row for row in await wang.conversations.members(made) if row.person == LI]
    assert not row.confirmed
    assert (row.devices, row.unvouched) == (2, 1)
