"""A procedure that no code of the product knows goes through CA, server, clients, their stores and their pages (C42).

Its definition stands in `tests/support/loan.py` and reaches the city the way an operator brings one: a file, signed into the
snapshot. Three bodies, branches beside each other, a return, a person who is asked by name, a recall, another body that takes
over in the same line.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from client.documents.rows import Act, Action, Beginning, Box
from client.ui.base.theme import Theme
from client.ui.documents.actions import ActionPanel
from client.ui.documents.begin_page import BeginPage
from client.ui.documents.check_list import CheckList
from client.ui.documents.document_head import DocumentHead
from client.ui.documents.head_fields import HeadFields
from client.ui.documents.reason_panel import ReasonPanel
from client.ui.documents.route_list import RouteList
from client.ui.widgets.buttons import Button, PrimaryButton, SecondaryButton
from client.ui.widgets.form import FormRow
from client.verify.record import Record
from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from tests.end_to_end.city import City
from tests.integration.documents.desks import Desk, Office
from tests.support.loan import LOAN, WORDS
from tests.support.waiting import until

T = TypeVar("T")
MATTER = "借阅档案"
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "loan.json"
    words = dict(line.split(" ", 1) for line in WORDS)
    path.write_text(json.dumps({"procedure": LOAN.value(), "words": words}, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    """An application that widgets can be drawn in."""
    if qapp.findChild(Theme) is None:
        Theme(qapp)
    yield qapp
    for widget in Page.made:
        shiboken6.delete(widget)
    Page.made.clear()


class Page:
    """The panel of a document page, used as its reader would, over what the service shows."""

    # Widgets end in the thread that made them, not wherever the collector runs: they are held until then.
    made: ClassVar[list[QWidget]] = []

    def __init__(self, desk: Desk, object_id: str) -> None:
        self.desk, self.object = desk, object_id
        self.panel, self.head, self.route = (
            ActionPanel(),
            DocumentHead(SecondaryButton("", None)),
            RouteList(),
        )

        self.made.extend((self.panel, self.head, self.route))

    async def acts(self, called: str, **fields: Any) -> None:
        """Fill in what is asked for, press the button with this word, and let the client sign it."""
        action = await self.offered(called)
        decided: list[Act] = []
        self.panel.decided.connect(decided.append)
        if action.fields and not self.fields().asks_for(action.fields):
            self.press(called)  # its fields come into view
        if action.fields:
            self.fill(action, fields)
        self.press(called)
        if action.needs_reason:
            asked = next(
                each for each in self.panel.findChildren(ReasonPanel) if each.isVisibleTo(self.panel)
            )
            asked.given.emit(str(fields["reason"]))
        assert len(decided) == 1, called
        await self.desk.documents.circulating.act(self.object, decided[0])
        await self.desk.core.outbox.drained()

    async def offered(self, called: str) -> Action:
        found: list[Action] = []

        async def there() -> bool:
            view = await self.desk.view(self.object)
            self.panel.show_actions(view.id, view.actions)
            found[:] = [each for each in view.actions if each.called == called]
            return bool(found)

        await until(there)
        return found[0]

    def press(self, called: str) -> None:
        buttons = [each for each in self.panel.findChildren(Button) if each.text().startswith(called)]
        buttons += [each for each in self.panel.findChildren(Button) if f"{called}" in each.text()]
        buttons[0].click()

    def fields(self) -> HeadFields:
        found = self.panel.findChild(HeadFields)
        assert isinstance(found, HeadFields)
        return found

    def fill(self, action: Action, wanted: dict[str, Any]) -> None:
        for field, row in zip(action.fields, self.fields().rows(), strict=True):
            value = wanted[field.name]
            if isinstance(row.field, CheckList):
                row.field.set_checked(value)
            elif isinstance(row.field, QComboBox):
                chosen = row.field.findData(value)
                assert chosen >= 0, field
                row.field.setCurrentIndex(chosen)

    async def shows(self) -> tuple[str, list[str]]:
        """The chip of the head, and the route as it is read."""
        view = await self.desk.view(self.object)
        self.head.show_view(view, "")
        self.route.set_route(view.route)
        assert view.matter is not None
        return view.matter.phase, [each.called for each in view.route]


class OnThisLoop:
    """Runs what a page starts beside what the test awaits."""

    def submit(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]:
        return asyncio.run_coroutine_threadsafe(work, asyncio.get_running_loop())


async def begin(desk: Desk, **fields: str) -> str:
    """Begin one on the page that asks for its first fields, and let the client sign it."""
    found: list[Beginning] = []

    async def offered() -> bool:
        found[:] = await desk.documents.reader.beginnings()
        return bool(found)

    await until(offered)
    [beginning] = found
    assert beginning.called == MATTER
    page = BeginPage(desk.documents.circulating, OnThisLoop())
    Page.made.append(page)
    page.show_beginning(beginning)
    begun: list[str] = []
    page.begun.connect(begun.append)
    for row in page.findChildren(FormRow):
        if isinstance(row.field, QComboBox) and row.field.accessibleName() == "出借单位":
            row.field.setCurrentIndex(row.field.findData(fields["lender"]))
    [button] = [each for each in page.findChildren(PrimaryButton) if each.text() == "申请借阅"]
    button.click()

    async def signed() -> bool:
        QApplication.processEvents()
        return bool(begun)

    await until(signed)
    await desk.core.outbox.drained()
    return begun[0]


async def begin_at_once(desk: Desk) -> str:
    """The same past the page, which does not offer it."""
    assert await desk.documents.reader.beginnings() == ()
    post = desk.core.directory.organisation.posts_of(desk.core.me.person)[0]
    fields = (("lender", desk.body("sjj")),)
    return await desk.documents.circulating.begin(LOAN.hash, Act("wish", post.id, fields=fields))


async def row_of(desk: Desk, box: Box) -> str:
    return await desk.waits(box, MATTER)


@pytest.mark.asyncio
@pytest.mark.usefixtures("themed")
async def test_it_goes_its_way_through_three_bodies(office: Office, definition: Path, tmp_path: Path) -> None:
    archivist = await office.appointed("档案", "fgw.clerk")
    director = await office.appointed("主任", "fgw.office")
    finance = await office.appointed("财政", "czj.clerk", "czj.leader")
    audit = await office.appointed("审计", "sjj.clerk", "sjj.leader")
    with pytest.raises(JinshuError) as refused:
        await begin_at_once(archivist)
    assert refused.value.code is ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE
    await asyncio.to_thread(office.city.procedures, "--add", str(definition))
    for desk in office.desks:
        await until(lambda desk=desk: LOAN.hash in desk.core.directory.organisation.procedures)  # type: ignore[misc]

    await until(
        lambda: all(archivist.core.directory.size == each.core.directory.size for each in office.desks)
    )
    case = await begin(archivist, lender=archivist.body("sjj"))
    asked = (archivist.body("czj"), archivist.body("sjj"))
    page = Page(archivist, case)
    await page.acts("征询", next=director.core.me.person, asked=asked)
    assert (await page.shows()) == ("待审批", ["申请借阅", "征询"])
    for body in asked:
        await page.acts("送征询", asked=body)

    # Each is asked beside the other; only what was opened to him comes to his box.
    answered = []
    for desk, body in ((finance, asked[0]), (audit, asked[1])):
        branch = await row_of(desk, Box.WAITING)
        assert branch != case
        answered.append(branch)
        await Page(desk, branch).acts("答复", says="yes")
        assert body

    # The director alone, who was named, weighs it; he gives it back, and it comes again.
    weighed = await row_of(director, Box.WAITING)
    assert weighed == case
    await Page(director, case).acts("退回", reason="请补充借阅理由")
    assert (await page.offered("征询")).fields
    await page.acts("征询", next=director.core.me.person, asked=())
    await Page(director, case).acts("同意出借", next=asked[1])
    assert (await Page(director, case).shows())[0] == "待交接"
    # He thinks better of it before anybody has gone on, and then lets it go.
    await Page(director, case).acts("收回")
    await Page(director, case).acts("同意出借", next=asked[1])

    # The lender, another body, takes over in the same line.
    taken = await row_of(audit, Box.WAITING)
    await until(lambda: _granted_twice(audit, case))
    await Page(audit, case).acts("交接")
    assert taken
    await until(lambda: _phase(archivist, case, "已借出"))
    assert (await archivist.view(case)).route[0].facts == (("出借单位", "云江市数据局"),)
    words = (await page.shows())[1]
    assert words[:4] == ["申请借阅", "征询", "送征询", "送征询"]
    assert words[-4:] == ["同意出借", "收回", "同意出借", "交接"]

    # A client that comes new to it folds the same from its log alone.
    other = await office.appointed("档案二", "fgw.clerk")
    await confirm(archivist, other)
    await row_of(other, Box.OUTGOING)
    assert [each.called for each in (await other.view(case)).route] == words

    # What it exports proves every step to a stranger who has nothing but the root.
    proof = tmp_path / "证明.jinshu-record"
    await other.documents.reader.save_record(case, proof)
    status, said = await asyncio.to_thread(judged, proof, office.city, "--lang", "zh")
    assert status == 0, said
    assert f"“{MATTER}”的办理证明，共{len(words)}个步骤，逐个成立" in said
    assert "办理程序：loan/1，列入第" in said
    assert LOAN.hash.hex() in said
    assert "申请借阅：" in said
    assert "最后状态：已借出" in said
    status, said = await asyncio.to_thread(judged, proof, office.city, "--lang", "en")
    assert (status, said.splitlines()[0]) == (
        0,
        f"Verified: the record of “{MATTER}”; steps that hold, one by one: {len(words)}",
    )
    # Who answered alone can prove that, and says that it is not the whole.
    part = tmp_path / "part.jinshu-record"
    await finance.documents.reader.save_record(answered[0], part)
    status, said = await asyncio.to_thread(judged, part, office.city)
    assert (status, "只经手其中一部分" in said) == (0, True), said
    # An act of the line that was taken back cannot be left out with its taking back.
    record = Record.parse(proof.read_bytes())
    kept = [each for each in record.steps if Signed.parse(each.entry).value()["step"] != "recall"]
    assert len(kept) == len(record.steps) - 1
    part.write_bytes(replace(record, steps=kept).to_bytes())
    status, said = await asyncio.to_thread(judged, part, office.city)
    assert (status, "verify.receipt_invalid" in said) == (1, True), said


def judged(file: Path, city: City, *options: str) -> tuple[int, str]:
    """The real command, in a process of its own with the file and the root."""
    root = file.with_suffix(".pem")
    root.write_bytes((city.ca / "root.pem").read_bytes())
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "client.verify", str(file), "--root", str(root), *options],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


async def confirm(member: Desk, newcomer: Desk) -> None:
    """The colleague who is there lets the new one read what their post and body could read before him (C6)."""
    keys = member.core.principals
    device = newcomer.core.me.device
    await until(lambda: member.core.directory.state.device_by_id(device) is not None)
    for waiting in await keys.unconfirmed_members():
        if waiting.device == device:
            await keys.confirm_member(waiting)


async def _granted_twice(desk: Desk, case: str) -> bool:
    """Whether the second word has come too: by the first one the matter was already in his box."""
    return [each.called for each in (await desk.view(case)).route].count("同意出借") == 2


async def _phase(desk: Desk, case: str, wanted: str) -> bool:
    view = await desk.view(case)
    return view.matter is not None and view.matter.phase == wanted


@pytest.mark.asyncio
@pytest.mark.usefixtures("themed")
async def test_a_case_under_way_goes_on_when_its_procedure_is_dropped(
    office: Office, definition: Path
) -> None:
    archivist = await office.appointed("档案", "fgw.clerk")
    director = await office.appointed("主任", "fgw.office")
    await asyncio.to_thread(office.city.procedures, "--add", str(definition))
    await until(lambda: LOAN.hash in archivist.core.directory.organisation.procedures)
    case = await begin(archivist, lender=archivist.body("sjj"))
    await asyncio.to_thread(office.city.procedures, "--drop", LOAN.name)
    await until(lambda: LOAN.hash not in archivist.core.directory.organisation.procedures)
    page = Page(archivist, case)
    await page.acts("征询", next=director.core.me.person, asked=())
    assert await page.shows() == ("待审批", ["申请借阅", "征询"])
    with pytest.raises(JinshuError) as refused:
        await begin_at_once(archivist)
    assert refused.value.code is ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE
