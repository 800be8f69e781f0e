"""The field one types a message in: Enter sends, Ctrl+Enter begins a new line, and it grows to six lines."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QSizePolicy, QWidget

from client.ui.base.language import tr, with_keys
from client.ui.base.tips import set_tip
from client.ui.widgets.dropped import holds_files, holds_picture, local_paths
from client.ui.widgets.text_entry import TextEntry
from protocol.text import Field

_MOST_LINES = 6
_FRAME = 14  # padding and border of the style sheet, above and below


class MessageEdit(TextEntry):
    """Signals: `send_asked`, `left` (Escape), `files_given` (a list of Path, dropped or pasted), `picture_given` (its
    image).
    """

    send_asked = Signal()
    left = Signal()
    files_given = Signal(object)
    picture_given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Field.MESSAGE, parent)
        self.setAccessibleName(tr("Type a message"))
        self.setPlaceholderText(tr("Message (Enter sends)"))
        set_tip(self, with_keys(tr("New line"), "Ctrl+Enter"))
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._wanted_height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
                self.insertPlainText("\n")
                self.ensureCursorVisible()
            else:
                self.send_asked.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return holds_files(source) or holds_picture(source) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if holds_files(source):
            self.files_given.emit(local_paths(source))
        elif holds_picture(source):
            self.picture_given.emit(source.imageData())
        else:
            super().insertFromMimeData(source)

    def _wanted_height(self) -> int:
        margins = 2 * round(self.document().documentMargin())
        return self._lines() * self._line_height() + margins + _FRAME

    def _lines(self) -> int:
        return max(1, min(round(self.document().size().height()), _MOST_LINES))

    def _line_height(self) -> int:
        """Of a line with Chinese in it, which may be higher than the first face of the font says."""
        line = QTextLayout("字g", self.font())
        line.beginLayout()
        height = line.createLine().height()
        line.endLayout()
        return max(round(height), self.fontMetrics().lineSpacing())

    def _fit(self) -> None:
        height = self._wanted_height()
        full = round(self.document().size().height()) > _MOST_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if full else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        if self.minimumHeight() != height or self.maximumHeight() != height:
            self.setFixedHeight(height)
