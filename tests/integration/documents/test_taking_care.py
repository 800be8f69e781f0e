"""What a dispatcher puts beside the sealed page is not believed, and what a clerk typed is never lost (C9, C10, C11)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from client.cases import entry_store
from client.documents.paper import CASES, paper_of
from client.documents.rows import Box
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import BODY, TITLE, Office
from tests.support.waiting import until


async def test_a_file_swapped_at_dispatch_is_refused_by_the_recipient(office: Office, tmp_path: Path) -> None:
    """The dispatcher's own client lists another file than was signed off; the sealed page itself is genuine."""
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk", "czj.section")
    await until(lambda: clerk.core.directory.state.generation(clerk.body("czj")) is not None)
    await until(lambda: clerk.core.directory.size == finance.core.directory.size)
    signed = tmp_path / "预算.txt"
    signed.write_text("一百万元", encoding="utf-8")
    draft = await clerk.draft(files=(signed,))
    reviewers = await clerk.documents.drafting.reviewers()
    post = next(t.id for t in reviewers if "办公室主任" in t.name)
    case = await clerk.documents.drafting.start(draft, post)
    await clerk.core.outbox.drained()
    assert await leader.waits(Box.WAITING) == case
    for step in (Step.REVIEW_PASS, Step.VET_PASS, Step.SIGN_OFF, Step.RECHECK_PASS):
        await leader.act(case, step)
    await clerk.act(case, Step.NUMBER)
    await until(lambda: bool(clerk.core.directory.state.seal_certificates(clerk.body("fgw"))))
    await clerk.act(case, Step.SEAL)

    signed.write_text("一千万元", encoding="utf-8")
    blob = await clerk.core.blobs.encrypt_file(signed)
    state = clerk.core.directory.state
    book = await clerk.core.store.read(lambda c: CASES.received(c, case, state))
    placed = paper_of(book).drafted
    assert placed is not None
    fields, drafted = book.fields(placed), placed.id
    swapped = {"blob": blob.id, "key": blob.key, "sha256": blob.sha256, "size": blob.size}
    listed = fields["elements"]["attachments"][0] | {"sha256": blob.sha256, "size": blob.size}
    elements = fields["elements"] | {"attachments": [listed]}
    false = {**fields, "attachments": [fields["attachments"][0] | swapped], "elements": elements}
    await clerk.core.store.write(lambda c: entry_store.opened(c, drafted, false, None))
    await clerk.act(case, Step.DISPATCH)

    issue = await finance.waits(Box.INCOMING)
    await finance.documents.reader.pages(issue, 400)
    assert (await finance.view(issue)).verification == ("changed", {})
    with pytest.raises(JinshuError) as refused:
        await finance.documents.reader.save_attachment(issue, blob.sha256, tmp_path / "收到.txt")
    assert refused.value.code is ErrorCode.CONTENT_HEADER_MISMATCH
    with pytest.raises(JinshuError) as refused:
        await finance.act(issue, Step.RECEIVE)
    assert refused.value.code is ErrorCode.CONTENT_HEADER_MISMATCH


@pytest.mark.expects_logs
@pytest.mark.parametrize("choice", ["withdraw_refused", "retry"])
async def test_a_refused_draft_that_is_taken_back_is_a_draft_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, choice: str
) -> None:
    """The clerk's clock was an hour fast when he signed: nothing he typed or attached may be lost by that."""
    clerk = await office.appointed("甲", "fgw.clerk")
    await office.appointed("乙", "fgw.office")
    attachment = tmp_path / "名单.txt"
    attachment.write_bytes(b"list")
    draft = await clerk.draft(files=(attachment,))
    await until(
        lambda: clerk.core.directory.state.generation(clerk.post(clerk.body("fgw"), "办公室主任")) is not None
    )
    reviewers = await clerk.documents.drafting.reviewers()
    clock = type(clerk.core.clock)
    true = clock.now_ms
    with monkeypatch.context() as fast:
        fast.setattr(clock, "now_ms", lambda self: true(self) + 3_600_000)
        case = await clerk.documents.drafting.start(draft, reviewers[0].id)
    await clerk.core.outbox.drained()
    assert [state.code for state in await clerk.core.outbox.states()] == [ErrorCode.CLOCK_SKEW.value, None]

    # The same bytes would be refused for ever: "try again" gives the draft back too.
    await getattr(clerk.documents.circulating, choice)(case)
    assert await clerk.core.outbox.states() == ()
    assert await clerk.sees(Box.WAITING) is None
    again = await clerk.documents.drafting.get(await clerk.waits(Box.DRAFTS))
    assert (again.form.title, again.form.body_text) == (TITLE, BODY)
    assert [file.name for file in again.attachments] == ["名单.txt"]
    await clerk.documents.drafting.start(again.id, reviewers[0].id)
    await clerk.core.outbox.drained()
    assert await clerk.core.outbox.states() == ()


async def test_saving_and_attaching_at_once_lose_nothing(office: Office, tmp_path: Path) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    drafting = clerk.documents.drafting
    draft = await clerk.draft()
    form = (await drafting.get(draft)).form
    files = [tmp_path / f"{number}.txt" for number in range(8)]
    for file in files:
        file.write_text(file.name)
    await asyncio.gather(
        *(each for file in files for each in (drafting.attach(draft, file), drafting.save(draft, form)))
    )
    assert len((await drafting.get(draft)).attachments) == len(files)


async def test_two_files_of_one_name_can_be_told_apart(office: Office, tmp_path: Path) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    draft = await clerk.draft()
    for folder in ("一", "二"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "名单.xlsx").write_text(folder, encoding="utf-8")
        await clerk.documents.drafting.attach(draft, tmp_path / folder / "名单.xlsx")
    found = (await clerk.documents.drafting.get(draft)).attachments
    assert [file.name for file in found] == ["名单.xlsx", "名单（2）.xlsx"]
