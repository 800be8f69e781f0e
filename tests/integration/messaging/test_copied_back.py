"""A profile copied back from a backup goes on: it says so, writes with new sessions, and what it cannot read again says why."""

from __future__ import annotations

import shutil

import pytest

from client.core.events import NoticeRaised
from client.meetings import chair_acts, meeting_calls
from client.meetings import ledger as meetings
from client.meetings.ports import ports_of
from client.meetings.service import MeetingArea
from protocol.errors import ErrorCode
from protocol.meetings.payloads import ChairAct
from tests.integration.documents.desks import PASSPHRASE
from tests.integration.messaging.talkers import Hall, Talker
from tests.support.waiting import until


async def copied(hall: Hall, talker: Talker, name: str) -> Talker:
    """Make the backup: the client is closed, its folder copied, and opened again."""
    await hall.closed(talker)
    shutil.copytree(hall.folder / name, hall.folder / f"{name}-copy")
    return await opened(hall, name)


async def copied_back(hall: Hall, talker: Talker, name: str) -> Talker:
    """Put the backup in the place of the folder, and open it."""
    await hall.closed(talker)
    shutil.rmtree(hall.folder / name)
    shutil.copytree(hall.folder / f"{name}-copy", hall.folder / name)
    return await opened(hall, name)


async def opened(hall: Hall, name: str) -> Talker:
    again = hall.open(name)
    MeetingArea(again.core)
    await again.core.login.unlock(PASSPHRASE)
    await again.core.start()
    return again


def lost(talker: Talker) -> list[ErrorCode]:
    return [event.code for event in talker.events if isinstance(event, NoticeRaised)]


@pytest.mark.expects_logs("held", "an earlier one", "refused")
async def test_both_go_on_talking_and_what_cannot_be_read_again_says_why(hall: Hall) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    await first.says(talk, "1")
    await second.sees(talk, "1")
    await second.says(talk, "2")
    await first.sees(talk, "1", "2")
    first = await copied(hall, first, "甲")
    await first.says(talk, "3")
    await second.sees(talk, "1", "2", "3")
    await second.says(talk, "4")
    await first.sees(talk, "1", "2", "3", "4")
    first = await copied_back(hall, first, "甲")
    # At once, before it can have heard anything of the server.
    await first.says(talk, "5")
    await second.sees(talk, "1", "2", "3", "4", "5")
    await second.says(talk, "6")
    await first.sees(talk, "1", "2", "", "4", "5", "6")
    await second.says(talk, "7")
    await first.sees(talk, "1", "2", "", "4", "5", "6", "7")
    await first.says(talk, "8")
    await first.sees(talk, "1", "2", "", "4", "5", "6", "7", "8")
    await second.sees(talk, "1", "2", "3", "4", "5", "6", "7", "8")
    rows = await first.messages(talk)
    assert [row.unreadable for row in rows if row.text == ""] == [ErrorCode.MESSAGING_KEY_NOT_RESTORED.value]
    assert lost(first) == [ErrorCode.SYNC_COPIED_BACK]
    assert lost(second) == []
    assert await first.core.outbox.states() == ()


@pytest.mark.expects_logs("held", "an earlier one")
async def test_a_meeting_called_and_locked_since_is_known_again_and_its_chair_goes_on(hall: Hall) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    await first.core.outbox.drained()
    first = await copied(hall, first, "甲")
    now = first.core.clock.now_ms()
    meeting = await meeting_calls.call(ports_of(first.core), talk, now, now + 3_600_000)
    await first.core.outbox.drained()
    await chair_acts.act(ports_of(first.core), meeting, ChairAct.LOCK)
    first = await copied_back(hall, first, "甲")
    core = first.core

    async def known() -> bool:
        found = await core.store.read(lambda c: meetings.find(c, meeting))
        return found is not None and found.chair.locked

    await until(known)
    await chair_acts.act(ports_of(core), meeting, ChairAct.UNLOCK)
    found = await core.store.read(lambda c: meetings.find(c, meeting))
    assert found is not None
    assert (found.chair.n, found.chair.locked) == (2, False)
    assert lost(first) == [ErrorCode.SYNC_COPIED_BACK]
