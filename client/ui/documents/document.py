"""A document: the page as printed at the left; at the right what it is, what I can do now, and its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from client.core.tokens.rows import TokenPin
from client.documents.rows import Act, AttachmentRow, DocumentView, SealToken
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.base.tips import set_tip
from client.ui.base.window_state import WindowState
from client.ui.documents.actions import ActionPanel
from client.ui.documents.document_files import DocumentFiles
from client.ui.documents.document_head import DocumentHead
from client.ui.documents.findings import refusal_words, verification_words
from client.ui.documents.opinion_box import OpinionBox
from client.ui.documents.page_pane import PagePane, waiting_words
from client.ui.documents.pin_panel import PinPanel
from client.ui.documents.receipts import ReceiptList
from client.ui.documents.refusal_bar import RefusalBar
from client.ui.documents.route_list import RouteList
from client.ui.documents.services import Circulation, Reader
from client.ui.documents.words import act_words, step_words
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice_strip import NoticeStrip
from client.ui.widgets.outdated_note import OutdatedNote
from client.ui.widgets.panes import Column, ScrollPane
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.save_dialog import ask_where
from client.ui.widgets.text import Line, Text, TextKind
from client.verify.record import SUFFIX
from protocol.documents.steps import Phase, Step

_SIDE_LEAST = 340


class DocumentPage(QWidget):
    """One document at a time; a refresh changes only what has changed.

    Signals: `acted` (object id), `revise_asked` and `copy_asked` (case id), `viewed` (DocumentView).
    """

    acted = Signal(str)
    revise_asked = Signal(str)
    copy_asked = Signal(str)
    viewed = Signal(object)

    def __init__(
        self,
        reader: Reader,
        circulating: Circulation,
        runner: CoreRunner,
        state: WindowState | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._circulating = circulating
        self._runner = runner
        self._id = ""
        self._view: DocumentView | None = None
        self._holder = ""
        self._busy = False
        self._reading: Operation[tuple[bytes, ...]] | None = None
        self._in_view: tuple[object, ...] | None = None  # what the pages in view were set from
        self._no_pages = ""  # why there are none
        self._taken_back = ""  # what was taken back just now, to be worked on once more
        self._notice = NoticeStrip(self)
        self._pdf = SecondaryButton(tr("Save PDF"), Icon.DOWNLOAD, self)
        self._head = DocumentHead(self._pdf, self)
        self._refusal = RefusalBar(self)
        self._progress = ProgressLine(self)
        self._outdated = OutdatedNote(self)
        self._actions = ActionPanel(self)
        self._pin = PinPanel(self)
        self._sealing: Act | None = None  # decided, and waiting for the PIN of the seal's UKey
        self._looking: Operation[SealToken | None] | None = None
        self._files = DocumentFiles(self)
        self._receipts = ReceiptList(self)
        self._route = RouteList(self)
        self._record = SecondaryButton(tr("Export proof"), Icon.DOWNLOAD, self)
        set_tip(
            self._record,
            tr(
                "A file by which anybody who has the city's root certificate can check every step of this case"
            ),
        )
        self._pages = PagePane(None, self)
        self._unknown = EmptyState(Icon.DOCUMENTS, tr("Opening the document…"), "")
        self._lay_out(state)
        self._connect()

    def _lay_out(self, state: WindowState | None) -> None:
        # What it is and whether it may be believed stays in sight while the rest scrolls.
        head = Column(margin=20, spacing=12, ground="surface")
        head.add(self._head)
        side = Column(margin=20, spacing=16, ground="surface")
        side.add(self._refusal)
        side.add(self._outdated)
        side.add(self._actions)
        side.add(self._pin)
        side.add(self._progress)
        side.add(Line())
        side.add(self._files)
        side.add(self._receipts)
        side.add(self._route_head())
        side.add(self._route)
        side.add_stretch()
        known = QWidget(self)
        column = QVBoxLayout(known)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(Line(known))
        column.addWidget(ScrollPane(side), 1)
        # Until a document has been read, nothing of the one before may stand beside its name.
        self._side = QStackedWidget(self)
        self._side.setMinimumWidth(_SIDE_LEAST)
        self._side.addWidget(self._unknown)
        self._side.addWidget(known)
        halves = QSplitter(Qt.Orientation.Horizontal, self)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(1)
        halves.addWidget(self._pages)
        halves.addWidget(self._side)
        halves.setStretchFactor(0, 1)
        halves.setStretchFactor(1, 0)
        halves.setSizes([560, 400])
        if state is not None:
            state.keep_splitter(halves, "document")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._notice)
        box.addWidget(halves, 1)

    def _route_head(self) -> QWidget:
        head = QWidget(self)
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Text(tr("Route"), TextKind.SECTION, head))
        row.addStretch(1)
        row.addWidget(self._record)
        return head

    def _connect(self) -> None:
        self._actions.decided.connect(self._on_decided)
        self._pin.given.connect(self._on_pin)
        self._progress.cancelled.connect(self._on_looking_cancelled)
        self._actions.revise_asked.connect(self._on_revise)
        self._actions.copy_asked.connect(self._on_copy)
        self._files.save_asked.connect(self._on_save_file)
        self._pdf.clicked.connect(self._on_save_pdf)
        self._record.clicked.connect(self._on_save_record)
        self._refusal.retried.connect(self._on_retry)
        self._refusal.taken_back.connect(self._on_take_back)

    @property
    def document(self) -> str:
        """The id of the document on the page, or nothing."""
        return self._id

    @property
    def opinions(self) -> OpinionBox:
        """Where opinions are written, of all documents."""
        return self._actions.opinion

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def show_document(self, object_id: str, holder: str = "") -> None:
        """Turn to a document; the one in view is merely read again."""
        self._holder = holder
        if object_id != self._id:
            self._id = object_id
            self._view = None
            self._sealing = None
            self._pin.hide()
            self.clear_notice()
            self._forget_pages()
            self._pages.say(*waiting_words())
            self._unknown.set_words(tr("Opening the document…"), "")
            self._side.setCurrentIndex(0)
        self.refresh()

    def set_holder(self, holder: str) -> None:
        """Who has the document now, as the boxes tell it."""
        if holder != self._holder:
            self._holder = holder
            if self._view is not None:
                self._head.show_view(self._view, holder)

    def refresh(self) -> None:
        """Read the document in view again."""
        document = self._id
        if not document:
            return
        Operation(
            self,
            self._runner,
            lambda: self._reader.view(document),
            on_success=lambda view: self._on_view(document, view),
            on_failure=lambda error: self._on_no_view(document, error),
        )

    def _on_view(self, document: str, view: DocumentView) -> None:
        if document != self._id:
            return
        before, self._view = self._view, view
        self._side.setCurrentIndex(1)
        self._set_busy(self._busy)
        self._head.show_view(view, self._holder)
        self._refusal.show_route(view.route)
        self._outdated.setVisible(view.outdated)
        self._actions.show_actions(document, view.actions, copyable=view.copyable)
        if not any(action.step == Step.SEAL for action in view.actions):
            self._pin.hide()
        self._files.set_files(view.attachments)
        self._receipts.set_receipts(view.receipts)
        self._route.set_route(view.route)
        self._pdf.setVisible(view.sealed)
        # Pages that could not be shown are asked for with every news: what was missing may have come.
        if before is None or _printed(before) != _printed(view) or self._no_pages:
            self._read_pages(document, _printed(view))
        self._hold()
        self.viewed.emit(view)
        if self._taken_back == document:
            self._taken_back = ""
            if view.phase is Phase.DRAFTING:
                self._on_revise()

    def _hold(self) -> None:
        """What signs the content waits until it is verified and the page in view is the current one."""
        view = self._view
        if view is None:
            return
        current = self._in_view == _printed(view)
        self._pages.set_outdated(not current)
        why = self._reason_to_wait(view, current=current)
        self._actions.wait_for(why)
        if why:
            self._pin.hide()

    def _reason_to_wait(self, view: DocumentView, *, current: bool) -> str:
        sentence, tone = verification_words(view.verification)
        if tone is Tone.SEAL or view.verification[0] == "unverified":
            return sentence
        if refused := refusal_words(view.verification):
            return refused
        if self._no_pages:
            return tr("The pages cannot be shown, so nothing can be signed: {why}", why=self._no_pages)
        return "" if current else tr("Wait until the current pages are in view.")

    def _forget_pages(self) -> None:
        self._in_view, self._no_pages = None, ""
        self._pages.clear()

    def _on_no_view(self, document: str, error: BaseException) -> None:
        if document != self._id:
            return
        self._set_busy(self._busy)
        notice = present(error)
        if self._view is None:
            self._unknown.set_words(tr("The document could not be opened"), "")
            self._pages.say(tr("No pages to show"), "")
        self.show_notice(notice)

    def _read_pages(self, document: str, printed: tuple[object, ...]) -> None:
        width = self._pages.wanted_width()
        if self._reading is not None:
            self._reading.cancel()  # older pages must not arrive after newer ones
        self._reading = Operation(
            self,
            self._runner,
            lambda: self._reader.pages(document, width),
            on_success=lambda pages: self._on_pages(document, printed, pages),
            on_failure=lambda error: self._on_no_pages(document, error),
        )

    def _on_pages(self, document: str, printed: tuple[object, ...], pages: tuple[bytes, ...]) -> None:
        if document == self._id:
            self._in_view, self._no_pages = printed, ""
            if pages:
                self._pages.set_pages(pages)
            else:
                self._pages.say(tr("This matter has no pages"), tr("All there is of it stands beside."))
            self._hold()

    def _on_no_pages(self, document: str, error: BaseException) -> None:
        if document == self._id:
            notice = present(error)
            self._forget_pages()
            self._no_pages = notice.what
            self._pages.say(notice.what, notice.do)
            self._hold()

    # What the user does

    def _on_decided(self, act: Act) -> None:
        self.clear_notice()
        self._pin.hide()
        if act.step == Step.SEAL:
            self._look_for_token(act)
        else:
            self._take(act)

    def _look_for_token(self, act: Act) -> None:
        """Where the seal's key lies; in a UKey, its PIN is asked for before anything is done."""
        document = self._id
        self._busy = True
        self._set_busy(True)
        # A driver may take its time over a UKey; nothing is done yet.
        self._progress.start(tr("Looking for the seal's key…"))
        self._looking = Operation(
            self,
            self._runner,
            lambda: self._circulating.seal_token(act.post),
            on_success=lambda token: self._on_token(document, act, token),
            on_failure=self._failed,
        )

    def _on_looking_cancelled(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looked()

    def _looked(self) -> None:
        self._looking = None
        self._busy = False
        self._progress.stop()
        self._set_busy(False)

    def _on_token(self, document: str, act: Act, token: SealToken | None) -> None:
        self._looked()
        if document != self._id:
            return
        if token is None:
            self._take(act)
        else:
            self._sealing = act
            self._pin.ask(token)

    def _on_pin(self, pin: TokenPin) -> None:
        if self._sealing is not None:
            self.clear_notice()
            self._take(replace(self._sealing, pin=pin))

    def _take(self, act: Act) -> None:
        document = self._id
        self._run(
            tr("{act}: at work", act=self._act_words(act)),
            lambda: self._circulating.act(document, act),
            lambda: self._on_acted(document, act),
        )

    def _act_words(self, act: Act) -> str:
        offered = self._view.actions if self._view is not None else ()
        return next((act_words(each) for each in offered if each.step == act.step), step_words(Step.LATER))

    def _on_acted(self, document: str, act: Act) -> None:
        self._sealing = None
        self._actions.acted(document, act.step)
        if act.step == Step.TAKE_BACK:
            self._taken_back = document

    def _on_retry(self) -> None:
        document = self._id
        self._run(tr("Trying again"), lambda: self._circulating.retry(document), lambda: None)

    def _on_take_back(self) -> None:
        document = self._id
        self._run(tr("Taking back"), lambda: self._circulating.withdraw_refused(document), lambda: None)

    def _run(self, what: str, work: Callable[[], Awaitable[object]], done: Callable[[], object]) -> None:
        """Do something to the document; until it is done nothing else can be."""
        document = self._id
        self._busy = True
        self._set_busy(True)
        self._progress.start(what, can_cancel=False)
        Operation(
            self,
            self._runner,
            work,
            on_success=lambda _none: self._done(document, done),
            on_failure=self._failed,
        )

    def _done(self, document: str, done: Callable[[], object]) -> None:
        self._busy = False
        self._progress.stop()
        done()
        # The buttons wait for what may be done next: a second press must not do the same thing twice.
        self.refresh()
        self.acted.emit(document)

    def _failed(self, error: BaseException) -> None:
        self._looked()
        if self._sealing is None or not self._pin.refused(error):
            self.show_notice(present(error))

    def _set_busy(self, busy: bool) -> None:
        self._actions.setEnabled(not busy)
        self._refusal.setEnabled(not busy)

    def _on_revise(self) -> None:
        if self._view is not None:
            self.revise_asked.emit(self._view.case)

    def _on_copy(self) -> None:
        if self._view is not None:
            self.copy_asked.emit(self._view.case)

    def _on_save_pdf(self) -> None:
        if self._view is None:
            return
        document, name = self._id, f"{self._view.number or ''}{self._view.title}.pdf"
        self._save(tr("Save PDF"), name, lambda path: self._reader.save_pdf(document, path))

    def _on_save_record(self) -> None:
        if self._view is None:
            return
        document = self._id
        name = tr("{document}, proof", document=f"{self._view.number or ''}{self._view.title}") + SUFFIX
        self._save(tr("Export proof"), name, lambda path: self._reader.save_record(document, path))

    def _on_save_file(self, file: AttachmentRow) -> None:
        document, digest = self._id, file.sha256
        self._save(
            tr("Save attachment"),
            file.name,
            lambda path: self._reader.save_attachment(document, digest, path),
        )

    def _save(self, title: str, name: str, work: Callable[[Path], Awaitable[None]]) -> None:
        path = ask_where(self, title, name)
        if path is not None:
            said = Notice(tr("Saved to {path}", path=path), tone=Tone.DONE)
            Operation(self, self._runner, lambda: work(path), on_success=lambda _none: self.show_notice(said))


def _printed(view: DocumentView) -> tuple[object, ...]:
    """What the printed pages depend on; a sealed file is shown from when it has been verified."""
    return (view.elements, view.number, view.signed_on, view.pdf_sha256, view.sealed, view.verification[0])
