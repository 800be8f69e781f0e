"""签收情况: where each recipient stands, and what of it is only the server's word."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.documents.rows import ReceiptRow, ReceiptState
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.base.rows import Mark, RowContent, RowsModel
from client.ui.base.theme import Tone
from client.ui.documents.row_look import DocumentDelegate
from client.ui.widgets.list_view import ListView
from client.ui.widgets.row_delegate import TWO_LINES
from client.ui.widgets.text import Text, TextKind

_MOST = 6
# Checks that leave open what the pages look like.
_LESS = ("words", "none")
_SERVERS_WORD = (ReceiptState.UNDELIVERED, ReceiptState.DELIVERED)
_OURS = (ReceiptState.UNPRINTED, ReceiptState.CUT_OFF)  # worked out here, from what is signed


def state_mark(row: ReceiptRow) -> Mark:
    """Where the document stands with that body; what nobody signed is marked as the server's claim."""
    mark = {
        ReceiptState.UNDELIVERED: Mark(tr("not delivered"), Tone.NEUTRAL),
        ReceiptState.DELIVERED: Mark(tr("delivered"), Tone.WAITING),
        ReceiptState.RECEIVED: Mark(tr("received"), Tone.DONE),
        ReceiptState.REGISTERED: Mark(tr("registered"), Tone.DONE),
        ReceiptState.REJECTED: Mark(tr("rejected"), Tone.SEAL),
        ReceiptState.UNPRINTED: Mark(tr("waits for its key or for printing"), Tone.WAITING),
        ReceiptState.CUT_OFF: Mark(tr("cannot be opened there"), Tone.SEAL),
    }[row.state]
    if row.verified and row.page_check in _LESS:
        return Mark(mark.text, Tone.WAITING)
    if row.verified or row.state in _OURS:
        return mark
    if row.state in _SERVERS_WORD:
        return Mark(tr("the server says: {state}", state=mark.text), mark.tone)
    return Mark(tr("{state}, not verified", state=mark.text), Tone.SEAL)


def _check_words(row: ReceiptRow) -> str:
    """How its receiver's client compared the pages, as the receipt names it; receipts of before do not."""
    return {
        "page": tr("pages verified"),
        "words": tr("words only"),
        "none": tr("pages not verified"),
    }.get(row.page_check, "")


def receipt_content(row: ReceiptRow) -> RowContent:
    """A recipient in two lines."""
    detail = " · ".join(part for part in (row.person, _check_words(row), row.remark) if part)
    when = "" if row.at is None else full_time(row.at)
    return RowContent(title=row.body, detail=detail, when=when, marks=(state_mark(row),))


class ReceiptList(QWidget):
    """Hidden when there is no recipient; the count of receipts stands above the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = Text("", TextKind.SECTION, self, wrap=True)
        self.list = ListView(tr("Receipts"), self, framed=True)
        self.list.setItemDelegate(DocumentDelegate(self.list, title_lines=1))
        self._rows: RowsModel[ReceiptRow] = RowsModel(
            self, key=lambda row: row.body_id, content=receipt_content
        )
        self.list.setModel(self._rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._count)
        column.addWidget(self.list)
        self.set_receipts(())

    def set_receipts(self, receipts: tuple[ReceiptRow, ...]) -> None:
        self._rows.set_rows(receipts)
        done = len(
            [
                row
                for row in receipts
                if row.verified and row.state in (ReceiptState.RECEIVED, ReceiptState.REGISTERED)
            ]
        )
        self._count.setText(tr("Receipts: {done} of {total}", done=done, total=len(receipts)))
        self.list.setFixedHeight(min(max(len(receipts), 1), _MOST) * TWO_LINES + 4)
        self.setVisible(bool(receipts))
