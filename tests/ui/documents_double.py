"""A written double of the three document services: it remembers, and does at once what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter

from client.cases.rows import Standing, Target
from client.core.intake import Found, Picture, Source, look_at, name_of
from client.documents import form_texts
from client.documents.rows import (
    Act,
    Action,
    AttachmentRow,
    Beginning,
    Box,
    DocumentRow,
    DocumentView,
    DraftForm,
    DraftRow,
    Finding,
    ReceiptRow,
    ReceiptState,
    RouteStep,
    SealToken,
    Suggestion,
)
from client.documents.tidying import suggestions
from client.ui.base.theme import font
from protocol.cases.objects import ObjectKind
from protocol.directory.organisation import Body, Organisation
from protocol.documents.kinds import Kind
from protocol.documents.steps import Answer, Phase, Step
from protocol.errors import ErrorCode, JinshuError
from tests.support.sample_documents import notice

NOW = 1_795_000_000_000
HOUR = 3_600_000
TITLE = "云江市发展和改革委员会关于做好2026年度冬季农村公路养护和安全保畅工作的通知"
LEADER = Target("pst_leader", "主任", "周正")
DEPUTY = Target("pst_deputy", "副主任", "李文")
FINANCE = Target("bdy_finance", "云江市财政局", "")
ROADS = Target("bdy_roads", "云江市交通运输局", "")
COUNTY = Target("bdy_county", "清河县人民政府", "下级")
ISSUER = Body("bdy_a_fgw", "fgw", "云江市发展和改革委员会", "市发展改革委", None, 1, "云发改", "bureau", None)
ORGANISATION = Organisation(
    1,
    [
        ISSUER,
        *(
            Body(each.id, each.id, each.name, each.name.removeprefix("云江"), None, 2, "", "bureau", None)
            for each in sorted((FINANCE, ROADS, COUNTY), key=lambda target: target.id)
        ),
    ],
)
EMPTY = DraftForm(Kind.NOTICE, "", "", (), (), "none", "public", "on_initiative", "", "", None)


def picture(words: str) -> bytes:
    """A white page with a few words on it."""
    image = QImage(400, 566, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setFont(font())
    painter.setPen(QColor("#B3282D"))
    painter.drawText(image.rect().adjusted(0, 60, 0, 0), Qt.AlignmentFlag.AlignHCenter, words[:20])
    painter.drawLine(40, 110, 360, 110)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(data.data())


def row(
    number: int,
    title: str = TITLE,
    *,
    phase: Phase | None = Phase.REVIEW,
    urgency: str = "none",
    deadline: int | None = None,
    unread: bool = False,
    standing: Standing = Standing.SETTLED,
) -> DocumentRow:
    """A line of a box."""
    return DocumentRow(
        id=f"cas_{number}",
        title=title,
        kind=Kind.NOTICE,
        number="",
        urgency=urgency,
        label="public",
        phase=phase,
        holder="市发展改革委 办公室",
        origin="云江市人民政府",
        updated_at=NOW - number * HOUR,
        deadline=deadline,
        unread=unread,
        standing=standing,
        refusal=None,
    )


WAITING = (
    row(1, urgency="most_urgent", deadline=NOW + 5 * HOUR, unread=True),
    row(2, "关于报送三季度经济运行情况的函", phase=Phase.VETTING, urgency="urgent"),
    row(3, "关于召开全市重点项目调度会的通知", phase=Phase.SIGNING, deadline=NOW - HOUR),
    row(4, "关于印发2026年政务公开工作要点的通知", phase=Phase.SEALING, standing=Standing.PENDING),
)


def step(
    number: int,
    what: Step,
    person: str,
    opinion: str = "",
    *,
    verified: bool = True,
    standing: Standing = Standing.SETTLED,
    refusal: str | None = None,
) -> RouteStep:
    """A seal of the route."""
    return RouteStep(
        entry_id=bytes([number]) * 32,
        step=what,
        person=person,
        post="办公室",
        body="市发展改革委",
        signed_at=NOW - (20 - number) * HOUR,
        received_at=NOW - (19 - number) * HOUR,
        opinion=opinion,
        answer=Answer.AGREE if what == Step.CONSULT_REPLY else None,
        offline=number == 2,
        verified=verified,
        standing=standing,
        refusal=refusal,
    )


ROUTE = (
    step(1, Step.DRAFT, "王芳"),
    step(2, Step.SUBMIT, "王芳", "现将通知稿呈上，请审核。"),
    step(3, Step.REVIEW_PASS, "李强", "拟同意。第三条时限改为十二月五日，附件二格式按市政府办公室要求调整。"),
    step(4, Step.CONSULT_REPLY, "赵敏", "无不同意见。"),
)
REFUSED = (
    *ROUTE,
    step(
        5,
        Step.REVIEW_PASS,
        "李强",
        standing=Standing.REFUSED,
        refusal=ErrorCode.DOCUMENTS_STALE_HEAD.value,
    ),
)
RECEIPTS = (
    ReceiptRow("bdy_1", "清河县人民政府", ReceiptState.RECEIVED, NOW - HOUR, "孙丽", "", True, "page"),
    ReceiptRow("bdy_2", "云江市财政局", ReceiptState.DELIVERED, NOW - 2 * HOUR, "", "", False),
    ReceiptRow("bdy_3", "云江市文物局", ReceiptState.UNPRINTED, None, "", "", False),
    ReceiptRow("bdy_4", "云江市交通运输局", ReceiptState.REJECTED, NOW - HOUR, "钱进", "附件二缺页", True),
    ReceiptRow("bdy_5", "云江市审计局", ReceiptState.REGISTERED, NOW - HOUR, "赵敏", "", True, "words"),
)


def action(
    what: Step,
    *,
    primary: bool = False,
    reason: bool = False,
    targets: tuple[Target, ...] = (),
    consultable: tuple[Target, ...] = (),
    post: str = "pst_clerk",
) -> Action:
    """Something I may do."""
    names = {"pst_clerk": "办公室文书", "pst_vice": "办公室副主任"}
    return Action(what, post, names[post], primary, reason, targets, consultable)


REVIEW = (
    action(Step.REVIEW_PASS, primary=True, targets=(LEADER, DEPUTY), consultable=(FINANCE, ROADS, COUNTY)),
    action(Step.REVIEW_RETURN, reason=True),
    action(Step.OPINION),
)


def view(
    actions: tuple[Action, ...] = REVIEW,
    *,
    phase: Phase | None = Phase.REVIEW,
    route: tuple[RouteStep, ...] = ROUTE,
    receipts: tuple[ReceiptRow, ...] = (),
    role: ObjectKind = ObjectKind.CASE,
    sealed: bool = False,
) -> DocumentView:
    """A document as the page sees it."""
    elements = replace(notice(4), title=TITLE)
    return DocumentView(
        id="cas_1",
        case="cas_1",
        title=TITLE,
        number="云发改〔2026〕12号" if sealed else "",
        phase=phase,
        elements=elements,
        attachments=tuple(
            AttachmentRow(each.name, each.media_type, 25_600, each.sha256, "blb_1")
            for each in elements.attachments
        ),
        route=route,
        actions=actions,
        receipts=receipts,
        pdf_sha256=bytes(32) if sealed else None,
        sealed=sealed,
        signed_on="2026-11-18" if sealed else "",
        verification=(
            "sealed" if sealed else "route",
            {
                "signer": "市发展改革委 主任",
                "time": "2026-11-18 10:12",
                "body": "市发展改革委",
                "page_check": "page",
            },
        ),
        outgoing=True,
        role=role,
    )


class BoxesDouble:
    """Rows by box; opening one makes it read."""

    def __init__(self) -> None:
        self.by_box: dict[Box, tuple[DocumentRow, ...]] = {Box.WAITING: WAITING}
        self.opened: list[str] = []
        self.drafts: DraftingDouble | None = None

    async def rows(self, box: Box, query: str = "", /) -> tuple[DocumentRow, ...]:
        rows = self.by_box.get(box, ())
        if box is Box.DRAFTS and self.drafts is not None:
            rows = tuple(
                replace(row(9, draft.form.title, phase=None), id=draft.id)
                for draft in self.drafts.drafts.values()
            )
        return tuple(each for each in rows if query in each.title)

    async def counts(self) -> dict[Box, int]:
        return {box: len(await self.rows(box)) for box in Box}

    async def today(self) -> tuple[DocumentRow, ...]:
        return self.by_box.get(Box.WAITING, ())

    async def mark_opened(self, object_id: str, /) -> None:
        self.opened.append(object_id)
        waiting = self.by_box.get(Box.WAITING, ())
        self.by_box[Box.WAITING] = tuple(
            replace(each, unread=False) if each.id == object_id else each for each in waiting
        )


class DraftingDouble:
    """Drafts in memory; the rule it knows is that a title and a main recipient must be there."""

    def __init__(self) -> None:
        self.drafts: dict[str, DraftRow] = {}
        self.started: list[tuple[DraftForm, str]] = []
        self.saves = 0

    async def new(self) -> DraftRow:
        return self._keep(DraftRow(f"drf_{len(self.drafts) + 1}", EMPTY, (), NOW))

    async def get(self, draft_id: str, /) -> DraftRow:
        return self.drafts[draft_id]

    async def save(self, draft_id: str, form: DraftForm, /) -> DraftRow:
        self.saves += 1
        return self._keep(replace(self.drafts[draft_id], form=form))

    async def look_at(self, paths: Sequence[Path], /) -> Found:
        return look_at(paths)

    async def attach(self, draft_id: str, source: Source, /) -> DraftRow:
        draft = self.drafts[draft_id]
        name = source.name if isinstance(source, Picture) else name_of(source)
        file = AttachmentRow(name, "text/plain", 1024 * len(name), name.encode(), None)
        return self._keep(replace(draft, attachments=(*draft.attachments, file)))

    async def detach(self, draft_id: str, name: str, /) -> DraftRow:
        draft = self.drafts[draft_id]
        left = tuple(file for file in draft.attachments if file.name != name)
        return self._keep(replace(draft, attachments=left))

    async def rename(self, draft_id: str, name: str, new_name: str, /) -> DraftRow:
        draft = self.drafts[draft_id]
        files = tuple(replace(f, name=new_name) if f.name == name else f for f in draft.attachments)
        return self._keep(replace(draft, attachments=files))

    async def move(self, draft_id: str, name: str, by: int, /) -> DraftRow:
        draft = self.drafts[draft_id]
        files = list(draft.attachments)
        at = next(n for n, file in enumerate(files) if file.name == name)
        files.insert(max(0, at + by), files.pop(at))
        return self._keep(replace(draft, attachments=tuple(files)))

    async def discard(self, draft_id: str, /) -> None:
        del self.drafts[draft_id]

    async def check(self, draft_id: str, form: DraftForm, /) -> tuple[Finding, ...]:
        found = list(form_texts.findings(form_texts.clean(form)))
        if not form.title:
            found.append(Finding("title_missing", "9-6", True, {}))
        if not form.main_recipients:
            found.append(Finding("main_recipient_missing", "9-7", True, {}))
        if form.urgency != "none" and form.deadline is None:
            found.append(Finding("urgent_deadline", "24-4", False, {}))
        return tuple(found)

    async def reviewers(self) -> tuple[Target, ...]:
        return (Target("pst_head", "文秘科科长", "李强"), Target("pst_vice", "办公室副主任", "赵敏"))

    async def recipients(self) -> tuple[Target, ...]:
        return (FINANCE, ROADS, COUNTY)

    async def preview(self, draft_id: str, form: DraftForm, width: int, /) -> tuple[bytes, ...]:
        return (picture(form.title), picture("第二页"))

    async def tidy(self, draft_id: str, form: DraftForm, /) -> tuple[Suggestion, ...]:
        files = [file.name for file in self.drafts[draft_id].attachments]
        return suggestions(form, ISSUER, ORGANISATION, files)

    async def start(self, draft_id: str, reviewer: str, /) -> str:
        self.started.append((self.drafts.pop(draft_id).form, reviewer))
        return "cas_1"

    async def revise(self, case_id: str, /) -> DraftRow:
        return self._keep(DraftRow(f"drf_of_{case_id}", replace(EMPTY, title=TITLE), (), NOW))

    async def copy(self, case_id: str, /) -> DraftRow:
        return self._keep(DraftRow(f"drf_copy_of_{case_id}", replace(EMPTY, title=TITLE), (), NOW))

    def _keep(self, draft: DraftRow) -> DraftRow:
        self.drafts[draft.id] = draft
        return draft


class CirculationDouble:
    """One document; it takes acts down and can refuse them."""

    def __init__(self, shown: DocumentView | None = None) -> None:
        self.shown = shown or view()
        self.acts: list[Act] = []
        self.saved: list[Path] = []
        self.asked: list[str] = []
        self.refusing: ErrorCode | None = None
        self.unreadable: ErrorCode | None = None
        self.no_pages: ErrorCode | None = None
        self.seal_place: SealToken | ErrorCode | None = None
        self.offered: tuple[Beginning, ...] = ()
        self.begun: list[tuple[bytes, Act]] = []

    async def beginnings(self) -> tuple[Beginning, ...]:
        return self.offered

    async def begin(self, procedure: bytes, act: Act, /) -> str:
        if self.refusing is not None:
            raise JinshuError(self.refusing)
        self.begun.append((procedure, act))
        return "cas_9"

    async def view(self, object_id: str, /) -> DocumentView:
        if self.unreadable is not None:
            raise JinshuError(self.unreadable)
        return replace(self.shown, id=object_id)

    async def seal_token(self, _post: str, /) -> SealToken | None:
        if isinstance(self.seal_place, ErrorCode):
            raise JinshuError(self.seal_place, token="发改委印章")
        return self.seal_place

    async def act(self, object_id: str, act: Act, /) -> None:
        if self.refusing is not None:
            raise JinshuError(self.refusing)
        self.acts.append(act)

    async def pages(self, object_id: str, width: int, /) -> tuple[bytes, ...]:
        if self.no_pages is not None:
            raise JinshuError(self.no_pages)
        return (picture(self.shown.title), picture("第二页"))

    async def save_pdf(self, object_id: str, path: Path, /) -> None:
        self.saved.append(path)

    async def save_attachment(self, object_id: str, sha256: bytes, path: Path, /) -> None:
        self.saved.append(path)

    async def save_record(self, object_id: str, path: Path, /) -> None:
        self.saved.append(path)

    async def retry(self, object_id: str, /) -> None:
        self.asked.append("retry")

    async def withdraw_refused(self, object_id: str, /) -> None:
        self.asked.append("withdraw")
        self.shown = replace(self.shown, route=ROUTE)
