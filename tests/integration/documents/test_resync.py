"""A device that was away longer than its events are kept gets everything again, and goes on (C20)."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from client.core.store import events
from client.core.store.documents import DOCUMENT_ROWS, ENTRIES, OBJECTS
from client.documents.rows import Box
from protocol.documents.steps import Step
from tests.integration.documents.desks import Office
from tests.support.waiting import until


@pytest.mark.expects_logs
async def test_a_device_told_to_resync_gets_its_documents_again(office: Office) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    leader = await office.appointed("乙", "fgw.office")
    await until(lambda: clerk.core.directory.size == leader.core.directory.size)
    draft = await clerk.draft()
    (reviewer,) = [t.id for t in await clerk.documents.drafting.reviewers()]
    case = await clerk.documents.drafting.start(draft, reviewer)
    await leader.waits(Box.WAITING)

    def lose(connection: Connection) -> None:
        for table in (ENTRIES, OBJECTS, DOCUMENT_ROWS):
            connection.execute(table.delete())
        events.move_cursor(connection, 1_000_000)

    await leader.core.store.write(lose)
    leader.core.pull.forget()
    assert not await leader.sees(Box.WAITING)
    await leader.core.pull.catch_up()
    assert await leader.waits(Box.WAITING) == case
    await leader.act(case, Step.REVIEW_RETURN, reason="请修改")
    await clerk.may(case, Step.REVISE)
