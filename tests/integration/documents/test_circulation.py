"""A 通知 from draft to receipt, through real clients, the real server and the real CA (C8–C13)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from client.cases import entry_store
from client.documents.extract_maker import shanghai_day
from client.documents.rows import FIRST_NUMBER, Box
from client.verify.check import verify_document
from client.verify.record_check import verify_record
from protocol.crypto.signature import Signed
from protocol.documents.numbering import NumberEntry
from protocol.documents.steps import Answer, Phase, Step
from tests.integration.documents.desks import TITLE, Office
from tests.support.waiting import until


async def test_a_notice_goes_from_desk_to_desk(office: Office, tmp_path: Path) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk", "czj.section")
    await until(lambda: clerk.core.directory.state.generation(clerk.body("czj")) is not None)
    await until(lambda: clerk.core.directory.size == finance.core.directory.size)
    attachment = tmp_path / "值班表.pdf"
    attachment.write_bytes(b"%PDF-1.4 " + b"x" * 3_000_000)

    draft = await clerk.draft(files=(attachment,))
    assert await clerk.sees(Box.DRAFTS)
    reviewers = await clerk.documents.drafting.reviewers()
    office_post = next(t.id for t in reviewers if "办公室主任" in t.name)
    case = await clerk.documents.drafting.start(draft, office_post)
    assert not await clerk.sees(Box.DRAFTS)
    await clerk.core.outbox.drained()

    assert await leader.waits(Box.WAITING) == case
    await leader.act(case, Step.REVIEW_RETURN, reason="请补充联系人")
    await clerk.may(case, Step.REVISE)
    again = await clerk.documents.drafting.revise(case)
    assert again.form.title == TITLE
    assert await clerk.documents.drafting.start(again.id, office_post) == case
    await clerk.core.outbox.drained()

    await leader.act(case, Step.REVIEW_PASS, opinion="同意，请会签", consult=(clerk.body("czj"),))
    branch = await finance.waits(Box.WAITING)
    view = await finance.view(branch)
    assert view.role == "branch"
    assert view.elements is not None
    await finance.act(branch, Step.CONSULT_REPLY, opinion="无不同意见", answer=Answer.AGREE)
    await leader.act(case, Step.VET_PASS)
    await leader.act(case, Step.SIGN_OFF, opinion="同意发文")
    await leader.act(case, Step.RECHECK_PASS)
    await clerk.act(case, Step.NUMBER)
    await until(lambda: bool(clerk.core.directory.state.seal_certificates(clerk.body("fgw"))))
    await clerk.act(case, Step.SEAL)
    await clerk.act(case, Step.DISPATCH)
    view = await clerk.view(case)
    assert view.phase == Phase.DISPATCHED
    assert view.number.endswith("1号")

    issue = await finance.waits(Box.INCOMING)
    assert await finance.documents.reader.pages(issue, 400)
    received = await finance.view(issue)
    assert received.verification[0] == "sealed"
    await finance.act(issue, Step.RECEIVE, opinion="已收悉")
    # Until now the bureau has registered on paper: its ledger goes on where that has got to.
    await finance.may(issue, Step.REGISTER)
    [register] = [each for each in (await finance.view(issue)).actions if each.step == Step.REGISTER]
    assert [each.name for each in register.fields] == [FIRST_NUMBER]
    await finance.act(issue, Step.REGISTER, fields=((FIRST_NUMBER, "37"),))
    year = shanghai_day(finance.core.clock.now_ms()).year

    async def numbered() -> bool:
        lines = await finance.core.store.read(entry_store.lines)
        texts = [NumberEntry.parse(Signed.parse(line).value()).text for line in lines]
        return f"收〔{year}〕37号" in texts

    await until(numbered)
    await clerk.waits(Box.OUTGOING)

    async def registered() -> bool:
        rows = (await clerk.view(case)).receipts
        return [row.state for row in rows] == ["registered", "unprinted"]

    await until(registered)
    pdf, saved = tmp_path / "out.pdf", tmp_path / "saved.pdf"
    await finance.documents.reader.save_pdf(issue, pdf)
    assert hashlib.sha256(pdf.read_bytes()).digest() == received.pdf_sha256
    verdict = verify_in_thread(pdf.read_bytes(), finance.core.directory.trust.root)
    assert verdict == (TITLE, view.number, True)
    (row,) = received.attachments
    await finance.documents.reader.save_attachment(issue, row.sha256, saved)
    assert saved.read_bytes() == attachment.read_bytes()

    late = await office.appointed("丁", "sjj.clerk")
    issue = await late.waits(Box.INCOMING)
    await late.documents.reader.pages(issue, 200)
    await late.act(issue, Step.RECEIVE)

    async def both() -> bool:
        return [row.state for row in (await clerk.view(case)).receipts] == ["registered", "received"]

    await until(both)

    # The record: of the issuing body the whole way, of a recipient what it has seen of it.
    whole, part = tmp_path / "whole.jinshu-record", tmp_path / "part.jinshu-record"
    await clerk.documents.reader.save_record(case, whole)
    await late.documents.reader.save_record(issue, part)
    root = clerk.core.directory.trust.root
    judged = verify_record(whole.read_bytes(), root)
    assert (judged.whole, judged.phase, judged.called) == (True, Phase.DISPATCHED, "")
    assert [each.step for each in judged.steps][:4] == ["draft", "submit", "review_return", "revise"]
    assert {"number", "seal", "dispatch", "receive", "register"} <= {each.step for each in judged.steps}
    seen = verify_record(part.read_bytes(), root)
    assert (seen.whole, seen.steps[0].step) == (False, "dispatch")


def verify_in_thread(pdf: bytes, root: bytes) -> tuple[str, str, bool]:
    """The verifier runs a loop of its own: not on this one's thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        verdict = pool.submit(verify_document, pdf, root).result()
    return verdict.title, verdict.number, verdict.reproduced
