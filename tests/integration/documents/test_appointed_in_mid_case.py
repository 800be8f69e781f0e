"""Whoever takes over a post in mid-case can act in it, once a holder has sealed the case to him anew (C7)."""

from __future__ import annotations

import asyncio

import pytest

from client.documents.rows import Box
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import Desk, Office
from tests.support.waiting import until


async def succeed(office: Office, before: Desk, name: str, code: str, post_name: str, who: Desk) -> Desk:
    """Somebody leaves his post, and somebody else is appointed to it who was handed nothing on."""
    await asyncio.to_thread(office.city.dismiss, before.core.me.person)
    newcomer = await office.appointed(name, f"fgw.{code}")
    post, device = who.post(who.body("fgw"), post_name), newcomer.core.me.device
    await until(lambda: device in who.core.directory.state.holders(post))
    return newcomer


async def stopped_by(desk: Desk, case: str, step: Step) -> set[str]:
    """What keeps somebody from a step, as soon as it is his to take."""
    found: dict[str, set[str]] = {}

    async def offered() -> bool:
        view = await desk.view(case)
        found.update({each.step: {f.rule for f in each.findings if f.hard} for each in view.actions})
        return step in found

    await until(offered)
    return found[step]


async def sent(drafter: Desk) -> str:
    """A draft sent to review, as soon as the reviewing post has a key."""
    post = drafter.post(drafter.body("fgw"), "办公室主任")
    await until(lambda: drafter.core.directory.state.generation(post) is not None)
    case = await drafter.documents.drafting.start(await drafter.draft(), post)
    await drafter.core.outbox.drained()
    return case


@pytest.mark.expects_logs
async def test_a_seal_keeper_appointed_after_numbering_seals(office: Office) -> None:
    """The first keeper is gone: nobody can hand on the post's key, and the new one got `keys.no_key` for ever."""
    clerk = await office.appointed("文书", "fgw.clerk")
    leader = await office.appointed("主任", "fgw.leader", "fgw.office")
    keeper = await office.appointed("保管", "fgw.seal")
    bureau = clerk.body("fgw")
    await until(lambda: bool(clerk.core.directory.state.seal_certificates(bureau)))
    case = await sent(clerk)
    assert await leader.waits(Box.WAITING) == case
    for step in (Step.REVIEW_PASS, Step.VET_PASS, Step.SIGN_OFF, Step.RECHECK_PASS):
        await leader.act(case, step)
    await clerk.act(case, Step.NUMBER)

    newcomer = await succeed(office, keeper, "接任", "seal", "印章保管员", clerk)
    # He sees that it is his turn and what must be done first; nothing is signed by him before.
    await newcomer.waits(Box.WAITING, "")
    assert "key_wanted" in await stopped_by(newcomer, case, Step.SEAL)
    with pytest.raises(JinshuError) as refused:
        await newcomer.act_at_once(case, Step.SEAL)
    assert refused.value.code in (ErrorCode.KEYS_NO_KEY, ErrorCode.DOCUMENTS_DEAD_END)
    await clerk.act(case, Step.RESEAL)
    await newcomer.act(case, Step.SEAL)
    await clerk.act(case, Step.DISPATCH)
    view = await clerk.view(case)
    assert view.phase == Phase.DISPATCHED
    assert Step.RESEAL not in {each.step for each in view.actions}


@pytest.mark.expects_logs
async def test_a_successor_of_the_drafter_takes_up_what_was_returned(office: Office) -> None:
    drafter = await office.appointed("拟稿", "fgw.section")
    await office.appointed("文书", "fgw.clerk")
    reviewer = await office.appointed("核稿", "fgw.office")
    case = await sent(drafter)
    assert await reviewer.waits(Box.WAITING) == case
    await reviewer.act(case, Step.REVIEW_RETURN, reason="请补附件")
    newcomer = await succeed(office, drafter, "接任", "section", "综合科科长", reviewer)
    await reviewer.act(case, Step.RESEAL)
    await newcomer.may(case, Step.REVISE)
    again = await newcomer.documents.drafting.revise(case)
    assert again.form.title == (await reviewer.view(case)).title
