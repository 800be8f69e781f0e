"""催办: who waits for a document presses whoever has it; that one reads why, and the document stays where it is."""

from __future__ import annotations

import pytest

from client.documents.rows import Act, Box
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import Office
from tests.support.waiting import until

WHY = "后天开会要用"


async def test_whoever_has_it_reads_why_he_is_urged(office: Office) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    reviewer = await office.appointed("乙", "fgw.office")
    post = clerk.post(clerk.body("fgw"), "办公室主任")
    await until(lambda: clerk.core.directory.state.generation(post) is not None)
    case = await clerk.documents.drafting.start(await clerk.draft(), post)
    await clerk.core.outbox.drained()
    assert await reviewer.waits(Box.WAITING) == case
    (offered,) = [each for each in (await clerk.view(case)).actions if each.step == Step.URGE]
    assert (offered.primary, offered.needs_reason) == (False, True)
    assert Step.URGE not in {each.step for each in (await reviewer.view(case)).actions}

    await clerk.act(case, Step.URGE, reason=WHY, opinion="不随催办发出")

    async def read() -> bool:
        last = (await reviewer.view(case)).route[-1]
        return (last.step, last.opinion, last.verified) == (Step.URGE, WHY, True)

    await until(read)
    assert (await reviewer.view(case)).phase == Phase.REVIEW
    assert await reviewer.waits(Box.WAITING) == case
    # Back with the drafter it is nobody's turn in particular.
    await reviewer.act(case, Step.REVIEW_RETURN, reason="附件缺页")
    await clerk.may(case, Step.REVISE)
    assert Step.URGE not in {each.step for each in (await clerk.view(case)).actions}
    with pytest.raises(JinshuError) as refused:
        await clerk.documents.circulating.act(case, Act(Step.URGE, offered.post, reason=WHY))
    assert refused.value.code is ErrorCode.DOCUMENTS_NOT_ALLOWED
