"""The city's list of what pages may be set with, at the desks: before sealing, before receiving, and in the receipt (C9, C13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from client.documents.files import press
from client.documents.rows import Box
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import Desk, Office
from tests.support.waiting import until


async def refused(act: Awaitable[None]) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        await act
    return caught.value.code


def seen_by(desk: Desk, counts: bool) -> Callable[[], bool]:
    """Whether a client knows the newest list."""
    return lambda: bool(desk.core.directory.organisation.page_settings) is counts


async def test_what_does_not_count_is_neither_sealed_nor_received_and_receipts_name_the_check(
    office: Office,
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk")
    own = str(await asyncio.to_thread(lambda: press().setting()))

    async def lists(*arguments: str, counts: bool) -> None:
        await asyncio.to_thread(office.city.page_settings, *arguments)
        for desk in (clerk, finance):
            await until(seen_by(desk, counts))

    case = await numbered(clerk, leader)
    await lists("--drop", own, counts=False)
    code = await refused(clerk.act_at_once(case, Step.SEAL))
    assert code is ErrorCode.DOCUMENTS_SETTING_UNLISTED
    await lists("--add", own, counts=True)
    await clerk.act(case, Step.SEAL)
    await clerk.act(case, Step.DISPATCH)

    issue = await finance.waits(Box.INCOMING)
    await finance.documents.reader.pages(issue, 200)
    kind, facts = (await finance.view(issue)).verification
    assert (kind, facts["page_check"], facts["listed"], facts["list"]) == ("sealed", "page", "yes", "site")
    await lists("--drop", own, counts=False)
    code = await refused(finance.act_at_once(issue, Step.RECEIVE))
    assert code is ErrorCode.DOCUMENTS_SETTING_REFUSED
    kind, facts = (await finance.view(issue)).verification
    assert (kind, facts["page_check"], facts["listed"]) == ("sealed", "words", "no")
    await lists("--add", own, counts=True)
    await finance.act(issue, Step.RECEIVE)

    async def told() -> bool:
        row = (await clerk.view(case)).receipts[0]
        return (row.state, row.page_check, row.verified) == ("received", "page", True)

    await until(told)


async def test_a_site_that_has_not_switched_it_on_signs_no_check_into_its_receipts(office: Office) -> None:
    await asyncio.to_thread(office.city.switch, "--off", "page_checks/1")
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk")
    assert finance.core.directory.organisation.page_settings is None
    case = await numbered(clerk, leader)
    await clerk.act(case, Step.SEAL)
    await clerk.act(case, Step.DISPATCH)
    issue = await finance.waits(Box.INCOMING)
    await finance.documents.reader.pages(issue, 200)
    assert (await finance.view(issue)).verification[1]["list"] == "release"
    await finance.act(issue, Step.RECEIVE)

    async def told() -> bool:
        row = (await clerk.view(case)).receipts[0]
        return (row.state, row.page_check, row.verified) == ("received", "", True)

    await until(told)


async def numbered(clerk: Desk, leader: Desk) -> str:
    """A case that waits for its seal."""
    await until(lambda: clerk.core.directory.state.generation(clerk.body("czj")) is not None)
    draft = await clerk.draft()
    reviewers = await clerk.documents.drafting.reviewers()
    case = await clerk.documents.drafting.start(
        draft, next(each.id for each in reviewers if "办公室主任" in each.name)
    )
    await clerk.core.outbox.drained()
    assert await leader.waits(Box.WAITING) == case
    for step in (Step.REVIEW_PASS, Step.VET_PASS, Step.SIGN_OFF, Step.RECHECK_PASS):
        await leader.act(case, step)
    await clerk.act(case, Step.NUMBER)
    await until(lambda: bool(clerk.core.directory.state.seal_certificates(clerk.body("fgw"))))
    await clerk.may(case, Step.SEAL)
    return case
