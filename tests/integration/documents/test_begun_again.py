"""作废 loses nothing: what was voided stands in its own box, and is begun again as a copy, text and all files."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.documents.rows import Box
from protocol.documents.steps import Phase, Step
from tests.integration.documents.desks import BODY, TITLE, Desk, Office
from tests.support.waiting import until


@pytest.mark.expects_logs
async def test_a_draft_sent_to_the_wrong_reviewer_is_voided_and_begun_again(
    office: Office, tmp_path: Path
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    reviewer = await office.appointed("乙", "fgw.office")
    files = tuple(tmp_path / f"附件{number}.txt" for number in range(10))
    for file in files:
        file.write_text(file.name, encoding="utf-8")
    post = clerk.post(clerk.body("fgw"), "办公室主任")
    await until(lambda: clerk.core.directory.state.generation(post) is not None)
    case = await clerk.documents.drafting.start(await clerk.draft(files=files), post)
    await clerk.core.outbox.drained()
    assert await reviewer.waits(Box.WAITING) == case
    # It is not the reviewer's to end; he can send it back.
    offered = {action.step for action in (await reviewer.view(case)).actions}
    assert Step.WITHDRAW not in offered
    assert Step.REVIEW_RETURN in offered

    assert not (await clerk.view(case)).copyable
    await clerk.act(case, Step.WITHDRAW, reason="送错了人")
    assert (await clerk.view(case)).phase == Phase.VOID
    assert await clerk.waits(Box.VOID) == case
    assert await reviewer.waits(Box.VOID) == case
    assert await clerk.sees(Box.OUTGOING) is None

    assert (await clerk.view(case)).copyable
    drafting = clerk.documents.drafting
    spare = await drafting.copy(case)
    assert (spare.form.title, spare.form.body_text) == (TITLE, BODY)
    assert [file.name for file in spare.attachments] == [file.name for file in files]
    # A copy that is thrown away takes nothing with it.
    await drafting.discard(spare.id)
    again = await drafting.start((await drafting.copy(case)).id, post)
    await clerk.core.outbox.drained()
    assert again != case
    assert await reviewer.waits(Box.WAITING) == again
    await reviewer.may(again, Step.REVIEW_PASS)
    for there in (case, again):
        await saved_alike(reviewer, there, files, tmp_path)
    await saved_alike(clerk, case, files, tmp_path)

    # Who looks for it need not know in which box it has got to.
    found = await clerk.documents.boxes.rows(Box.WAITING, "防汛")
    assert {(row.id, row.box) for row in found} == {(case, Box.VOID), (again, Box.RUNNING)}


async def saved_alike(desk: Desk, case: str, files: tuple[Path, ...], folder: Path) -> None:
    """Every file of a case opens, byte for byte."""
    for row, file in zip((await desk.view(case)).attachments, files, strict=True):
        target = folder / "out.txt"
        await desk.documents.reader.save_attachment(case, row.sha256, target)
        assert target.read_bytes() == file.read_bytes()


async def test_files_are_renamed_and_put_in_order(office: Office, tmp_path: Path) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    drafting, draft = clerk.documents.drafting, await clerk.draft()
    for name in ("一.txt", "二.txt", "😀.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
        await drafting.attach(draft, tmp_path / name)
    form = (await drafting.get(draft)).form
    named = [each for each in await drafting.check(draft, form) if each.rule == "attachment_unprintable"]
    assert [(each.hard, each.params) for each in named] == [(True, {"names": "😀.txt"})]
    await drafting.rename(draft, "😀.txt", "一.txt")
    await drafting.move(draft, "二.txt", -1)
    row = await drafting.move(draft, "一.txt", 5)
    assert [file.name for file in row.attachments] == ["二.txt", "一（2）.txt", "一.txt"]
    assert not [each for each in await drafting.check(draft, form) if each.rule == "attachment_unprintable"]
