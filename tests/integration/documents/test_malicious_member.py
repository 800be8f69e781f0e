"""A member who signs what his client would not let him harms nobody but himself (promise 1, C11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from client.cases.entry_writer import EntryWriter
from client.documents.contents import PaperContents
from client.documents.paper import CASES
from client.documents.rows import Box
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.integration.documents.desks import TITLE, Desk, Office
from tests.support.waiting import until

OTHER = "关于另一件事的通知"
Twist = Callable[[Step, dict[str, Any]], None]


def twisted(monkeypatch: pytest.MonkeyPatch, twist: Twist) -> None:
    """Let a client sign what `twist` makes of its hidden fields, without its own checks."""
    write = EntryWriter.write

    async def writing(
        self: EntryWriter,
        step: Step,
        post: Any,
        head: Mapping[str, Any],
        fields: Mapping[str, Any],
        **more: Any,
    ) -> Any:
        changed = dict(fields)
        twist(step, changed)
        return await write(self, step, post, head, changed, **more)

    monkeypatch.setattr(EntryWriter, "write", writing)
    monkeypatch.setattr(PaperContents, "check", lambda _self, _object, _fields: None)


async def sent(clerk: Desk, title: str = TITLE) -> str:
    draft = await clerk.draft(title=title)
    reviewers = await clerk.documents.drafting.reviewers()
    post = next(target.id for target in reviewers if "办公室主任" in target.name)
    case = await clerk.documents.drafting.start(draft, post)
    await clerk.core.outbox.drained()
    return case


@pytest.mark.expects_logs
async def test_nonsense_in_hidden_fields_is_a_fault_and_the_next_case_arrives(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    leader = await office.appointed("乙", "fgw.office")
    await until(lambda: clerk.core.directory.size == leader.core.directory.size)
    with monkeypatch.context() as patched:

        def nonsense(step: Step, fields: dict[str, Any]) -> None:
            if step == Step.DRAFT:
                fields["attachments"] = 7

        twisted(patched, nonsense)
        poisoned = await sent(clerk)

    async def faulty() -> bool:
        state = leader.core.directory.state
        book = await leader.core.store.read(lambda c: CASES.received(c, poisoned, state))
        return any(kept.fault == ErrorCode.CONTENT_HEADER_MISMATCH.value for kept in book.kept.values())

    await until(faulty)
    assert (await leader.view(poisoned)).verification[0] == "broken"
    honest = await sent(clerk, OTHER)
    assert await leader.waits(Box.WAITING, OTHER) == honest
    assert leader.core.online


@pytest.mark.expects_logs
async def test_a_consultation_about_another_text_is_shown_as_changed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reviewer who asks about text X while Y goes to the signature is found out by whoever can read both."""
    clerk = await office.appointed("甲", "fgw.clerk")
    reviewer = await office.appointed("乙", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk", "czj.section")
    await until(lambda: clerk.core.directory.size == finance.core.directory.size)
    await until(lambda: reviewer.core.directory.size == finance.core.directory.size)
    case = await sent(clerk)
    await reviewer.waits(Box.WAITING)
    with monkeypatch.context() as patched:

        def other_text(step: Step, fields: dict[str, Any]) -> None:
            if step == Step.CONSULT_OPEN:
                fields["elements"] = {**fields["elements"], "note": "另一种说法"}

        twisted(patched, other_text)
        await reviewer.act(case, Step.REVIEW_PASS, consult=(reviewer.body("czj"),))
    await finance.waits(Box.WAITING)

    async def seen() -> bool:
        return (await clerk.view(case)).verification[0] == "changed"

    await until(seen)
