"""Offline signatures that meet a conflict, and keys that change when a clerk leaves, with real clients (C3, C6, C10)."""

from __future__ import annotations

import asyncio

import pytest

from client.cases.rows import Standing
from client.core.events import LinkState
from client.documents.paper import CASES
from client.documents.rows import Act, Box
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.integration.documents.desks import Desk, Office, every_wrap
from tests.support.cable import Cable
from tests.support.waiting import until


async def in_step(*desks: Desk) -> None:
    """Wait until all have seen the same directory, settled."""

    def same() -> bool:
        return len({desk.core.directory.size for desk in desks}) == 1

    await until(same)


async def to_signing(clerk: Desk, leader: Desk) -> str:
    """A case up to the leader's desk, nobody consulted."""
    draft = await clerk.draft()
    reviewers = await clerk.documents.drafting.reviewers()
    post = next(target.id for target in reviewers if "办公室主任" in target.name)
    case = await clerk.documents.drafting.start(draft, post)
    await clerk.core.outbox.drained()
    assert await leader.waits(Box.WAITING) == case
    await leader.act(case, Step.REVIEW_PASS)
    await leader.act(case, Step.VET_PASS)
    await leader.may(case, Step.SIGN_OFF)
    return case


@pytest.mark.expects_logs
async def test_an_offline_signature_meets_a_conflict_and_is_signed_again(
    office: Office, cable: Cable
) -> None:
    """The leader signs without a connection; meanwhile the clerk leaves a remark. The signature is refused, both are
    shown, and only the leader's own second act counts."""
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office", address=cable.address)
    await in_step(clerk, leader)
    case = await to_signing(clerk, leader)
    await cable.sever()
    await until(lambda: leader.core.link.state is LinkState.OFFLINE)

    view = await leader.view(case)
    action = next(action for action in view.actions if action.step == Step.SIGN_OFF)
    act = Act(step=Step.SIGN_OFF, post=action.post, opinion="同意", next=action.targets[0].id)
    await leader.documents.circulating.act(case, act)
    view = await leader.view(case)
    assert view.phase == Phase.RECHECK
    assert [(step.step, step.standing, step.offline) for step in view.route][-1] == (
        Step.SIGN_OFF,
        Standing.PENDING,
        True,
    )
    await clerk.act(case, Step.OPINION, opinion="附件二有更新，请留意")

    await cable.mend()
    leader.core.link.nudge()
    await until(lambda: leader.core.link.state is LinkState.ONLINE)

    async def refused() -> bool:
        route = (await leader.view(case)).route
        return any(step.refusal == ErrorCode.DOCUMENTS_STALE_HEAD.value for step in route)

    await until(refused)
    route = (await leader.view(case)).route
    assert any(step.opinion == "附件二有更新，请留意" for step in route)
    assert (await clerk.view(case)).phase == Phase.SIGNING
    await leader.documents.circulating.retry(case)
    await leader.core.outbox.drained()

    async def signed() -> bool:
        return (await clerk.view(case)).phase == Phase.RECHECK

    await until(signed)
    steps = [step.step for step in (await clerk.view(case)).route]
    assert steps.count(Step.SIGN_OFF) == 1


@pytest.mark.expects_logs
async def test_numbering_sealing_and_dispatch_are_never_done_offline(office: Office, cable: Cable) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal", address=cable.address)
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    await in_step(clerk, leader)
    case = await to_signing(clerk, leader)
    await leader.act(case, Step.SIGN_OFF)
    await leader.act(case, Step.RECHECK_PASS)
    await clerk.may(case, Step.NUMBER)
    await cable.sever()
    await until(lambda: clerk.core.link.state is LinkState.OFFLINE)
    action = next(a for a in (await clerk.view(case)).actions if a.step == Step.NUMBER)
    with pytest.raises(Exception, match=r"network\.unreachable"):
        await clerk.documents.circulating.act(case, Act(step=Step.NUMBER, post=action.post))
    assert (await clerk.view(case)).phase == Phase.NUMBERING


@pytest.mark.expects_logs
async def test_a_removed_clerk_cannot_open_what_follows_and_the_other_finishes(office: Office) -> None:
    """With his full store and every byte the server has, the removed device opens nothing that came after."""
    first = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    second = await office.appointed("乙", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("丙", "fgw.leader", "fgw.office")
    bureau = first.body("fgw")
    await confirm(first, second)
    await in_step(first, second, leader)
    await second.core.principals.maintain()
    case = await to_signing(first, leader)
    assert await second.waits(Box.RUNNING) == case
    generation = first.core.directory.state.generation(bureau)

    await asyncio.to_thread(office.city.dismiss, second.core.me.person)
    await until(lambda: first.core.directory.state.generation(bureau) != generation)
    mine = first.core.principals.mine()
    await until(lambda: not any(map(first.core.directory.state.is_stale, mine)))
    await in_step(first, leader)
    await leader.act(case, Step.SIGN_OFF, opinion="同意，只给在岗的人看")
    await leader.act(case, Step.RECHECK_PASS)
    await first.act(case, Step.NUMBER)
    assert (await first.view(case)).phase == Phase.SEALING

    state = first.core.directory.state
    held = await second.core.store.read(lambda c: CASES.shown(c, case, second.core.directory.state))
    assert held.key(case) is not None
    book = await first.core.store.read(lambda c: CASES.received(c, case, state))
    await second.core.directory.catch_up()
    opened = []
    for placed in book.file.objects[case].chain:
        kept = book.kept[placed.id]
        if placed.entry.step in (Step.SIGN_OFF, Step.RECHECK_PASS, Step.NUMBER):
            opened += await second.tries(kept, held.keys[case], every_wrap(office.city, case))
    assert opened == []


@pytest.mark.expects_logs
async def test_a_new_clerk_reads_what_was_sealed_before_a_rotation(office: Office) -> None:
    """He is given the newest key by a present member; the keys before it hang on it."""
    first = await office.appointed("甲", "fgw.clerk")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    gone = await office.appointed("丙", "fgw.clerk")
    bureau = first.body("fgw")
    await confirm(first, gone)
    case = await to_signing(first, leader)
    generation = first.core.directory.state.generation(bureau)
    await asyncio.to_thread(office.city.dismiss, gone.core.me.person)
    await until(lambda: first.core.directory.state.generation(bureau) != generation)
    late = await office.appointed("丁", "fgw.clerk")
    await confirm(first, late)
    assert await late.waits(Box.RUNNING) == case
    assert (await late.view(case)).elements is not None


async def confirm(member: Desk, newcomer: Desk) -> None:
    """Give a newcomer every key the member holds."""
    device = newcomer.core.me.device
    await until(lambda: member.core.directory.has_device(device))
    for waiting in await member.core.principals.unconfirmed_members():
        if waiting.device == device:
            await member.core.principals.confirm_member(waiting)
    await until(lambda: device in member.core.directory.state.holders(member.body("fgw")))


async def test_a_consulted_bureau_cannot_open_the_dispatch_case(office: Office) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk", "czj.section")
    await in_step(clerk, leader, finance)
    draft = await clerk.draft()
    reviewers = await clerk.documents.drafting.reviewers()
    post = next(target.id for target in reviewers if "办公室主任" in target.name)
    case = await clerk.documents.drafting.start(draft, post)
    await clerk.core.outbox.drained()
    await leader.act(await leader.waits(Box.WAITING), Step.REVIEW_PASS, consult=(finance.body("czj"),))
    branch = await finance.waits(Box.WAITING)
    held = await finance.core.store.read(lambda c: CASES.shown(c, case, finance.core.directory.state))
    assert set(held.file.objects) == {branch}
    book = await clerk.core.store.read(lambda c: CASES.received(c, case, clerk.core.directory.state))
    for placed in book.file.objects[case].chain:
        wraps = every_wrap(office.city, case)
        assert await finance.tries(book.kept[placed.id], held.keys[branch], wraps) == []
