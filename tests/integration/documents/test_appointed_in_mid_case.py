"""Whoever takes over a post in mid-case can act in it: for each duty, once a holder has sealed the case to him anew (C7)."""

from __future__ import annotations

import asyncio

import pytest

from client.documents.rows import Box
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import Desk, Office, until

# A dozen people are enrolled by processes of their own.
pytestmark = pytest.mark.timeout(600)

# Each duty in its turn, with the post it is taken in.
DUTIES = (
    (Step.REVIEW_PASS, "office", "办公室主任"),
    (Step.VET_PASS, "office", "办公室主任"),
    (Step.SIGN_OFF, "leader", "主任"),
    (Step.RECHECK_PASS, "office", "办公室主任"),
    (Step.NUMBER, "clerk", "文秘科文书"),
    (Step.SEAL, "seal", "印章保管员"),
    (Step.DISPATCH, "clerk", "文秘科文书"),
)


async def succeed(office: Office, before: Desk, name: str, code: str, post_name: str, who: Desk) -> Desk:
    """Somebody leaves his post, and somebody else is appointed to it who was handed nothing on."""
    await asyncio.to_thread(office.city.dismiss, before.core.me.person)
    newcomer = await office.appointed(name, f"fgw.{code}")
    post, device = who.post(who.body("fgw"), post_name), newcomer.core.me.device
    await until(lambda: device in who.core.directory.state.holders(post))
    return newcomer


async def stopped_by(desk: Desk, case: str, step: Step) -> set[str]:
    """What keeps somebody from a step, as soon as it is his to take."""
    found: dict[Step, set[str]] = {}

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
async def test_a_successor_in_every_post_takes_the_next_step(office: Office) -> None:
    drafter = await office.appointed("拟稿", "fgw.section")
    holders = {
        code: await office.appointed(f"{code}0", f"fgw.{code}")
        for code in ("office", "leader", "clerk", "seal")
    }
    await until(lambda: bool(drafter.core.directory.state.seal_certificates(drafter.body("fgw"))))
    case = await sent(drafter)
    for number, (step, code, post_name) in enumerate(DUTIES, start=1):
        gone = holders[code]
        holders[code] = newcomer = await succeed(office, gone, f"{code}{number}", code, post_name, drafter)
        # He sees that it is his turn and what must be done first; nothing is signed by him before.
        await newcomer.waits(Box.WAITING, "")
        assert "key_wanted" in await stopped_by(newcomer, case, step)
        with pytest.raises(JinshuError) as refused:
            await newcomer.act_at_once(case, step)
        assert refused.value.code in (ErrorCode.KEYS_NO_KEY, ErrorCode.DOCUMENTS_DEAD_END)
        await drafter.act(case, Step.RESEAL)
        await newcomer.act(case, step)
        # Once a generation: it is not asked for again.
        assert Step.RESEAL not in {each.step for each in (await drafter.view(case)).actions}
    assert (await holders["clerk"].view(case)).phase is Phase.DISPATCHED
    assert (await holders["clerk"].view(case)).elements is not None


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
