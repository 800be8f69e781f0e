"""The user's guide in a window of its own: its chapters at the left, its pages at the right. F1 opens it where one is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtPdf import QPdfBookmarkModel, QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.resources import resource
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.screen_fit import ScreenFit
from client.ui.base.theme import Tone
from client.ui.guide.chapters import Chapter
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.list_view import ListView
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, TwoPane
from client.ui.widgets.save_dialog import ask_where

GUIDE = resource("guide", "guide.pdf")
_SMALLEST = QSize(720, 480)
_FIRST = (1120, 820)


@dataclass(frozen=True, slots=True)
class ChapterRow:
    """A chapter of the guide and where it begins."""

    number: int
    title: str
    page: int
    place: QPointF

    def __hash__(self) -> int:
        return self.number


class GuideWindow(QWidget):
    """Reads the product's own file, nobody else's: no confinement is needed."""

    def __init__(self, path: Path = GUIDE, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("User's guide to Jinshu"))
        self.setProperty("ground", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        # It does not keep the program running when the window it was opened from is closed.
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self._path = path
        self._document = QPdfDocument(self)
        self._notice = NoticeBar(self)
        self._view = QPdfView(self)
        self._view.setAccessibleName(tr("Pages of the guide"))
        self._view.setPageMode(QPdfView.PageMode.MultiPage)
        self._view.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self._view.setDocument(self._document)
        # Qt keeps the pixels it had scrolled, in pages that are larger or smaller after a change of size.
        self._scrolled, self._settling = 0.0, False
        self._view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._view.verticalScrollBar().rangeChanged.connect(self._on_range)
        self._chapters = ListView(tr("Chapters"), compact=True)
        self._rows: RowsModel[ChapterRow] = RowsModel(
            self, key=lambda row: row.number, content=lambda row: RowContent(title=row.title)
        )
        self._chapters.setModel(self._rows)
        self._chapters.chosen.connect(self._on_chosen)
        save = SecondaryButton(tr("Save the guide"), Icon.DOWNLOAD)
        save.clicked.connect(self._on_save)
        side = Column(margin=16, spacing=12, ground="clear")
        side.add(self._chapters, 1)
        side.add_row(save)
        thing = Column(margin=0, spacing=0)
        thing.add(self._notice)
        thing.add(self._view, 1)
        box = Column(margin=0, spacing=0, ground="clear")
        box.add(TwoPane(side, thing, "guide"), 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(box)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self).activated.connect(self.close)
        self._fit = ScreenFit(self, _SMALLEST)
        self.resize(*_FIRST)
        self._load()

    @property
    def rows(self) -> tuple[ChapterRow, ...]:
        """The chapters as the file has them."""
        return tuple(self._rows.rows)

    @property
    def page(self) -> int:
        """The page in view, from 0."""
        return self._view.pageNavigator().currentPage()

    def show_chapter(self, chapter: Chapter) -> None:
        """Come to the front, open where a chapter begins."""
        self.show()
        self.raise_()
        self.activateWindow()
        self._chapters.choose(int(chapter))
        row = self._chapters.current_row()
        # Once more when the view has its size: it scrolls by pixels, and its pages are as wide as it is.
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, lambda: self._on_chosen(row)))

    def _load(self) -> None:
        if self._document.load(str(self._path)) is not QPdfDocument.Error.None_:
            what = tr("The guide is missing from this installation.")
            self._notice.show_notice(Notice(what, tr("Ask your administrator for it."), tone=Tone.WAITING))
            return
        found = QPdfBookmarkModel(self)
        found.setDocument(self._document)
        roles = QPdfBookmarkModel.Role
        rows = []
        for number in range(found.rowCount()):
            index = found.index(number, 0)
            title, page, place = (index.data(int(role)) for role in (roles.Title, roles.Page, roles.Location))
            rows.append(ChapterRow(number, str(title), int(page), place))
        self._rows.set_rows(rows)

    def _on_chosen(self, row: ChapterRow | None) -> None:
        if row is not None:
            self._view.pageNavigator().jump(row.page, row.place)

    def _on_scrolled(self, value: int) -> None:
        if not self._settling:
            self._scrolled = value / max(self._view.verticalScrollBar().maximum(), 1)

    def _on_range(self, _least: int, _most: int) -> None:
        if not self._settling:
            # Qt sets the old pixels once more after telling of the range, and the range changes again with the bars.
            self._settling = True
            QTimer.singleShot(0, self, self._keep_place)

    def _keep_place(self) -> None:
        bar = self._view.verticalScrollBar()
        bar.setValue(round(self._scrolled * bar.maximum()))
        self._settling = False

    def _on_save(self) -> None:
        place = ask_where(self, tr("Save the guide"), tr("User's guide to Jinshu") + ".pdf")
        if place is None:
            return
        try:
            shutil.copyfile(self._path, place)
        except OSError:
            self._notice.show_notice(Notice(tr("The guide could not be saved there."), str(place)))
            return
        self._notice.show_notice(Notice(tr("The guide was saved."), str(place), tone=Tone.DONE))


def listen_for_help(window: QWidget, asked: Callable[[], object]) -> None:
    """F1 anywhere in a window."""
    QShortcut(QKeySequence(QKeySequence.StandardKey.HelpContents), window).activated.connect(asked)
