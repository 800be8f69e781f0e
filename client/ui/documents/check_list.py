"""A searchable list of posts or bodies to tick, a few lines high."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.cases.rows import Target
from client.ui.base.language import enumerated, tr
from client.ui.base.rows import RowContent, RowsModel
from client.ui.widgets.list_view import ListView
from client.ui.widgets.row_delegate import ONE_LINE
from client.ui.widgets.text import Text, TextKind

_FEWEST = 2
_MOST = 5


class CheckList(QWidget):
    """Ticked names are said again below in their order, so that nobody scrolls to see whom they addressed.

    Signals: `changed` (a tick was set or taken away).
    """

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None, *, most: int = _MOST) -> None:
        super().__init__(parent)
        self._most = most
        self.field = ListView(name, self, compact=True, framed=True)
        self._rows: RowsModel[Target] = RowsModel(
            self,
            key=lambda target: target.id,
            content=lambda target: RowContent(title=target.name, when=target.detail),
            checkable=True,
        )
        self.field.setModel(self._rows)
        self._rows.dataChanged.connect(self._on_data_changed)
        self._said = Text("", TextKind.HINT, self, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self._said)
        self.set_targets(())

    def set_targets(self, targets: Sequence[Target]) -> None:
        """Offer these; ticks on those that stay are kept."""
        self._rows.set_rows(targets)
        rows = min(max(len(targets), _FEWEST), self._most)
        self.field.setFixedHeight(rows * ONE_LINE + 4)
        self._say()

    def checked(self) -> tuple[str, ...]:
        return tuple(str(key) for key in self._rows.checked())

    def set_checked(self, ids: Sequence[str]) -> None:
        self._rows.set_checked(ids)
        self._say()

    def _on_data_changed(self, *_what: object) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        chosen = set(self.checked())
        names = [target.name for target in self._rows.rows if target.id in chosen]
        self._said.setText(tr("{count} chosen: {names}", count=len(names), names=enumerated(names)))
        self._said.setVisible(bool(names))
