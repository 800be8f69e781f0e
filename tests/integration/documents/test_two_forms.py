"""A site without and with `contents/2`, and one that switches in the middle of a case: real clients at the real server (C44)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from client.documents.paper import CASES
from client.documents.rows import Box
from protocol.cases.entries import DocumentEntry
from protocol.crypto.content import is_padded
from protocol.crypto.padding import padme
from protocol.documents.steps import Step
from protocol.features import CONTENTS_2, MESSAGES_2
from tests.integration.documents.desks import Desk, Office
from tests.support.waiting import until

FORMS = {MESSAGES_2.name, CONTENTS_2.name}
_SIZE = 100_001


async def switched(office: Office, *features: str) -> None:
    """Exactly these of the two are on, and every client has seen it."""
    off = FORMS - set(features)
    arguments = [*(("--on", name) for name in features), *(("--off", name) for name in off)]
    await asyncio.to_thread(office.city.switch, *(part for pair in arguments for part in pair))
    for desk in office.desks:
        await until(lambda desk=desk: desk.core.directory.features & FORMS == set(features))  # type: ignore[misc]


async def entries(desk: Desk, case: str) -> list[tuple[Step, bytes, DocumentEntry]]:
    """Steps, ciphertexts and entries of a case, in order; each was opened without a fault."""
    state = desk.core.directory.state
    book = await desk.core.store.read(lambda c: CASES.shown(c, case, state))
    found = []
    for entry_id in (placed.id for placed in book.file.objects[case].chain):
        kept, entry = book.kept[entry_id], book.entries[entry_id]
        assert (kept.fault, kept.fields is not None) == (None, True)
        found.append((Step(entry.step), kept.ciphertext, entry))
    return found


def blob_size(office: Office, blob: str) -> int:
    return (office.city.server_dir / "blobs" / blob).stat().st_size


async def test_a_case_goes_on_over_the_switch_and_back_and_is_read_by_all(
    office: Office, tmp_path: Path
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    leader = await office.appointed("乙", "fgw.office")
    await until(lambda: clerk.core.directory.size == leader.core.directory.size)
    assert clerk.core.directory.features >= FORMS
    await switched(office)
    file = tmp_path / "值班安排汇总表.txt"
    file.write_bytes(b"x" * _SIZE)
    draft = await clerk.draft(files=(file,))
    (reviewer,) = [target.id for target in await clerk.documents.drafting.reviewers()]
    case = await clerk.documents.drafting.start(draft, reviewer)
    await leader.waits(Box.WAITING)
    await leader.act(case, Step.OPINION, opinion="好")
    # On, in the middle of the case.
    await switched(office, CONTENTS_2.name)
    await leader.act(case, Step.OPINION, opinion="好")
    await leader.act(case, Step.OPINION, opinion="请再核对一次值班电话，并在附件里写明联系人。" * 3)
    await leader.act(case, Step.REVIEW_RETURN, reason="缺少值班安排表格")
    await clerk.may(case, Step.REVISE)
    # And off again.
    await switched(office)
    await clerk.act(case, Step.OPINION, opinion="好")
    await until(lambda: seen(leader, case, 7))
    for desk in (clerk, leader):
        found = await entries(desk, case)
        assert [(step, is_padded(data)) for step, data, _ in found] == [
            (Step.DRAFT, False),
            (Step.SUBMIT, False),
            (Step.OPINION, False),
            (Step.OPINION, True),
            (Step.OPINION, True),
            (Step.REVIEW_RETURN, True),
            (Step.OPINION, False),
        ]
        sizes = [len(data) for _, data, _ in found]
        assert sizes[3] == sizes[4] == sizes[5] == 1 + 12 + 512 + 16
        assert sizes[2] < sizes[3]
    # The file of before is what it was, to whoever saves it now.
    (blob,) = found[0][2].blobs
    assert blob_size(office, blob) == 8 + _SIZE + 16
    await saves(leader, case, file, tmp_path / "first.txt")


async def test_a_new_site_pads_contents_and_files_from_the_beginning(office: Office, tmp_path: Path) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    leader = await office.appointed("乙", "fgw.office")
    await until(lambda: clerk.core.directory.size == leader.core.directory.size)
    file = tmp_path / "值班安排汇总表.txt"
    file.write_bytes(b"x" * _SIZE)
    draft = await clerk.draft(files=(file,))
    (reviewer,) = [target.id for target in await clerk.documents.drafting.reviewers()]
    case = await clerk.documents.drafting.start(draft, reviewer)
    await leader.waits(Box.WAITING)
    await leader.act(case, Step.REVIEW_RETURN, reason="缺少值班安排表格")
    await clerk.may(case, Step.REVISE)
    found = await entries(clerk, case)
    assert all(is_padded(data) for _, data, _ in found)
    for _, data, _ in found:
        plain = len(data) - 1 - 12 - 16
        assert plain == max(512, padme(plain))
    (blob,) = found[0][2].blobs
    assert blob_size(office, blob) == 8 + 100_352 + 16
    await saves(leader, case, file, tmp_path / "saved.txt")


async def seen(desk: Desk, case: str, count: int) -> bool:
    return len(await entries(desk, case)) == count


async def saves(desk: Desk, case: str, file: Path, target: Path) -> None:
    """Somebody saves the attachment and has the bytes that were attached."""
    row = (await desk.view(case)).attachments[0]
    await desk.documents.reader.save_attachment(case, row.sha256, target)
    assert same(target, file)


def same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
