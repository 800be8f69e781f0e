"""A profile copied back from a backup goes on with its documents: nothing signed is lost, nothing is done twice."""

from __future__ import annotations

import shutil

import pytest

from client.core.client import CoreClient
from client.core.events import LinkState, NoticeRaised
from client.documents.rows import Box
from client.documents.service import Documents
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.integration.documents.desks import CHEAP, PASSPHRASE, Desk, Office
from tests.support.cable import Cable
from tests.support.waiting import until


async def opened(office: Office, name: str) -> Desk:
    core = CoreClient.open(office.folder / name, cost=CHEAP)
    desk = Desk(core, Documents(core))
    core.bus.subscribe(desk.events.append)
    office.desks.append(desk)
    await core.login.unlock(PASSPHRASE)
    await core.start()
    return desk


async def closed(office: Office, desk: Desk) -> None:
    await desk.core.stop()
    office.desks.remove(desk)


async def started(desk: Desk, title: str) -> str:
    draft = await desk.draft(title=title)
    (reviewer,) = [target.id for target in await desk.documents.drafting.reviewers()]
    return await desk.documents.drafting.start(draft, reviewer)


@pytest.mark.expects_logs
async def test_what_was_done_since_is_there_again_and_what_was_on_its_way_is_done_once(
    office: Office, cable: Cable
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", address=cable.address)
    leader = await office.appointed("乙", "fgw.office")
    await until(lambda: clerk.core.directory.size == leader.core.directory.size)
    # The backup is made while an act waits for the network.
    await cable.sever()
    await until(lambda: clerk.core.link.state is LinkState.OFFLINE)
    waiting = await started(clerk, "关于防汛值守的通知")
    await closed(office, clerk)
    shutil.copytree(office.folder / "甲", office.folder / "backup")
    await cable.mend()
    clerk = await opened(office, "甲")
    await leader.waits(Box.WAITING, "关于防汛值守的通知")
    await leader.act(waiting, Step.REVIEW_RETURN, reason="请修改")
    await clerk.may(waiting, Step.REVISE)
    later = await started(clerk, "关于抗旱工作的通知")
    await leader.waits(Box.WAITING, "关于抗旱工作的通知")
    before = len((await leader.view(waiting)).route)
    await closed(office, clerk)
    shutil.rmtree(office.folder / "甲")
    shutil.copytree(office.folder / "backup", office.folder / "甲")

    clerk = await opened(office, "甲")
    await clerk.may(waiting, Step.REVISE)
    await clerk.core.outbox.drained()
    assert await clerk.core.outbox.states() == ()
    assert len((await leader.view(waiting)).route) == before
    # What was begun after the backup is known again, and goes on.
    await leader.act(later, Step.REVIEW_RETURN, reason="请补充")
    await clerk.may(later, Step.REVISE)
    notices = [event.code for event in clerk.events if isinstance(event, NoticeRaised)]
    assert notices == [ErrorCode.SYNC_COPIED_BACK]
