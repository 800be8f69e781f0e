"""People to tick, with a field to find them by name or post."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.core.letters import is_searchable, matches
from client.messaging.rows import PersonChoice
from client.ui.base.language import enumerated, tr
from client.ui.base.rows import RowContent, RowsModel
from client.ui.widgets.list_view import ListView
from client.ui.widgets.nothing_found import nothing_found
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_entry import PlainLine

_MOST_NAMES = 8


class PeoplePicker(QWidget):
    """Ticks stay on those whom the filter hides.

    Signals: `changed` (a tick was set or taken away).
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filter = PlainLine(self)
        self._filter.setAccessibleName(tr("Find people"))
        self._filter.setPlaceholderText(tr("Name or post"))
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(lambda _text: self._hide_others())
        self.field = ListView(tr("Choose people"), self, framed=True)
        self._rows: RowsModel[PersonChoice] = RowsModel(
            self,
            key=lambda person: person.id,
            content=lambda person: RowContent(title=person.name, detail=person.detail, avatar=person.name),
            checkable=True,
        )
        self.field.setModel(self._rows)
        self._rows.dataChanged.connect(self._on_ticked)
        self._said = Text("", TextKind.HINT, self, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._filter)
        column.addWidget(self.field, 1)
        column.addWidget(self._said)
        self._say()

    def set_people(self, people: Sequence[PersonChoice]) -> None:
        """Offer these, ticks on those who stay are kept."""
        self._rows.set_rows(people)
        self._hide_others()
        self._on_ticked()

    def clear(self) -> None:
        """Begin anew."""
        self._filter.clear()
        self._rows.set_checked(())
        self._on_ticked()

    def checked(self) -> tuple[str, ...]:
        return tuple(str(key) for key in self._rows.checked())

    def focus(self) -> None:
        self._filter.setFocus()

    def _hide_others(self) -> None:
        words = self._filter.text()
        for number, person in enumerate(self._rows.rows):
            self.field.setRowHidden(number, not matches(f"{person.name} {person.detail}", words))
        self._say()

    def _on_ticked(self, *_what: object) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        chosen = set(self.checked())
        names = [person.name for person in self._rows.rows if person.id in chosen]
        said = enumerated(names[:_MOST_NAMES]) + ("…" if len(names) > _MOST_NAMES else "")
        chosen_words = tr("Chosen ({count}): {names}", count=len(names), names=said) if names else ""
        self._said.setText(" ".join(part for part in (self._none_words(), chosen_words) if part))
        self._said.setVisible(bool(self._said.text()))

    def _none_words(self) -> str:
        rows = range(self._rows.rowCount())
        searched = bool(self._filter.text().strip())
        if not (searched and all(map(self.field.isRowHidden, rows))):
            return ""
        if not is_searchable(self._filter.text()):
            return nothing_found(self._filter.text(), "")[1]
        return tr("Nobody matches.")
