"""Files before they go: their names and sizes with ticks, pictures to be seen, and what cannot go with the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from client.core.intake import LARGEST, MOST_FILES, FileFault, Found, Incoming, Picture
from client.ui.base.language import enumerated, tr
from client.ui.base.moments import size_words
from client.ui.base.rows import RowContent, RowsModel
from client.ui.widgets.buttons import PrimaryButton, QuietButton, SecondaryButton
from client.ui.widgets.list_view import ListView
from client.ui.widgets.row_delegate import ONE_LINE
from client.ui.widgets.text import Text, TextKind
from protocol.text import Field, shown

_MOST_ROWS = 4
_PREVIEW = QSize(160, 72)


class FileStrip(QFrame):
    """Hidden while no file waits. `question` asks about so many files.

    Signals: `confirmed` (a list of Source, those ticked), `dropped` (none is to go).
    """

    confirmed = Signal(object)
    dropped = Signal()

    def __init__(
        self, question: Callable[[int], str], action: str, parent: QWidget | None = None, *, primary: bool
    ) -> None:
        super().__init__(parent)
        self._question = question
        self.setProperty("notice", "action")
        self.setAccessibleName(tr("Files to go"))
        self._waiting: tuple[Incoming, ...] = ()
        self._folders: tuple[str, ...] = ()
        self._more = False
        self._asks = Text("", TextKind.STRONG, self, wrap=True)
        self._said = Text("", TextKind.SECONDARY, self, wrap=True)
        self._preview = QLabel(self)
        self._preview.setAccessibleName(tr("Preview of the picture"))
        self.list = ListView(tr("Files to go"), self, compact=True, framed=True)
        self._rows: RowsModel[Incoming] = RowsModel(
            self, key=lambda file: file.source, content=_content, checkable=True
        )
        self.list.setModel(self._rows)
        self._rows.dataChanged.connect(lambda *_what: self._ask())
        self._yes = (PrimaryButton if primary else SecondaryButton)(action, None, self)
        self._yes.clicked.connect(self._on_yes)
        self._no = QuietButton(tr("Cancel"), None, self)
        self._no.clicked.connect(self._on_no)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self._asks)
        listed = QHBoxLayout()
        listed.setSpacing(8)
        listed.addWidget(self.list, 1)
        listed.addWidget(self._preview, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(listed)
        column.addWidget(self._said)
        column.addLayout(buttons)

    @property
    def waiting(self) -> tuple[Incoming, ...]:
        """All that is in it, ticked or not."""
        return self._waiting

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._on_no()
            return
        super().keyPressEvent(event)

    def show_found(self, found: Found) -> None:
        """Ask about these and those that wait already; an empty file is not ticked by itself."""
        ticked = {*self._rows.checked(), *(file.source for file in found.files if file.plain)}
        self._folders, self._more = (*self._folders, *found.folders), self._more or found.more
        self._waiting = tuple({file.source: file for file in (*self._waiting, *found.files)}.values())
        good = [file for file in self._waiting if file.fault is None]
        self._rows.set_rows(good)
        self._rows.set_checked([file.source for file in good if file.source in ticked])
        self.list.setVisible(bool(good))
        self.list.setFixedHeight(min(max(len(good), 1), _MOST_ROWS) * ONE_LINE + 4)
        self._show_preview(good)
        self._say()
        self._ask()
        self.setVisible(bool(self._waiting or self._folders))
        self._no.setFocus() if not good else self._yes.setFocus()

    def clear(self) -> None:
        """Nothing waits any more."""
        self._waiting, self._folders, self._more = (), (), False
        self._rows.set_rows(())
        self._preview.clear()
        self.hide()

    def _show_preview(self, files: Sequence[Incoming]) -> None:
        pictures = [file.source for file in files if isinstance(file.source, Picture)]
        drawn = QPixmap()
        if pictures:
            drawn.loadFromData(pictures[-1].data)
            drawn = drawn.scaled(
                _PREVIEW, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        self._preview.setPixmap(drawn)
        self._preview.setVisible(bool(pictures))

    def _say(self) -> None:
        said = [tr("From the folder {name}.", name=shown(name, Field.FILE_NAME)) for name in self._folders]
        if self._more:
            said.append(tr("Only the first {count} files are listed.", count=MOST_FILES))
        if self._folders and not self._waiting:
            said.append(tr("There is no file in it."))
        for fault in FileFault:
            names = [shown(file.name, Field.FILE_NAME) for file in self._waiting if file.fault is fault]
            if names:
                said.append(_fault_words(fault, enumerated(names)))
        self._said.setText("\n".join(said))
        self._said.setVisible(bool(said))

    def _ask(self) -> None:
        count = len(self._rows.checked())
        nothing = tr("No file can go.") if not self._rows.rows else tr("Tick the files that are to go.")
        self._asks.setText(self._question(count) if count else nothing)
        self._yes.setEnabled(bool(count))

    def _on_yes(self) -> None:
        chosen = list(self._rows.checked())
        self.clear()
        self.confirmed.emit(chosen)

    def _on_no(self) -> None:
        self.clear()
        self.dropped.emit()


def _content(file: Incoming) -> RowContent:
    size = tr("Empty file") if file.empty else size_words(file.size)
    return RowContent(title=shown(file.name, Field.FILE_NAME), when=size)


def _fault_words(fault: FileFault, names: str) -> str:
    return {
        FileFault.UNREADABLE: tr("Cannot be read: {names}.", names=names),
        FileFault.TOO_LARGE: tr("Larger than {most}: {names}.", most=size_words(LARGEST), names=names),
    }.get(fault, tr("Not a file: {names}.", names=names))
