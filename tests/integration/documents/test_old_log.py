"""When the CA's lists are overdue beyond the grace, sealing and dispatch stop at the client, say why, and go on afterwards (C45)."""

from __future__ import annotations

import pytest

from client.core.clock import SystemClock
from client.documents.rows import Box
from protocol.crypto.signature import Signed
from protocol.directory.age import DAY_MS
from protocol.directory.log import RevocationList
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import Desk, Office
from tests.support.waiting import until


class Later(SystemClock):
    """The machine's clock, so many days ahead."""

    def __init__(self, days: int) -> None:
        self._ms = days * DAY_MS

    def now_ms(self) -> int:
        return super().now_ms() + self._ms


async def refusal(desk: Desk, case: str, step: Step) -> tuple[ErrorCode, set[str]]:
    """Why a step is refused, and what stands at its button."""
    view = await desk.view(case)
    findings = next(action.findings for action in view.actions if action.step == step)
    with pytest.raises(JinshuError) as caught:
        await desk.act_at_once(case, step)
    return caught.value.code, {each.rule for each in findings if each.hard}


async def test_dispatch_waits_for_the_cas_next_lists(office: Office) -> None:
    clerk = await office.appointed("文书", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("主任", "fgw.leader", "fgw.office")
    state = clerk.core.directory.state
    bureau = clerk.body("fgw")
    await until(lambda: bool(clerk.core.directory.state.seal_certificates(bureau)))
    post = clerk.post(bureau, "办公室主任")
    await until(lambda: clerk.core.directory.state.generation(post) is not None)
    case = await clerk.documents.drafting.start(await clerk.draft(), post)
    await clerk.core.outbox.drained()
    assert await leader.waits(Box.WAITING) == case
    for step in (Step.REVIEW_PASS, Step.VET_PASS, Step.SIGN_OFF, Step.RECHECK_PASS):
        await leader.act(case, step)
    await clerk.act(case, Step.NUMBER)
    # A new site dates its lists by itself: what is sealed now carries one.
    await until(lambda: _dated(clerk))
    await clerk.act(case, Step.SEAL)
    await clerk.may(case, Step.DISPATCH)

    directory = clerk.core.directory
    watch, honest = directory._watch, directory._watch._clock
    watch._clock = Later(60)
    assert await refusal(clerk, case, Step.DISPATCH) == (
        ErrorCode.DIRECTORY_CLOCK_DIFFERS,
        {"clock_differs"},
    )
    await directory.confirm_clock()
    assert await refusal(clerk, case, Step.DISPATCH) == (ErrorCode.DIRECTORY_STOPPED, {"log_stopped"})
    await clerk.act(case, Step.OPINION, opinion="待发")
    watch._clock = honest
    await clerk.act(case, Step.DISPATCH)
    assert state.organisation.dates_statements


def _dated(desk: Desk) -> bool:
    signed = desk.core.directory.state.revocations_signed
    return signed is not None and RevocationList.parse(Signed.parse(signed.to_bytes()).value()).dated
