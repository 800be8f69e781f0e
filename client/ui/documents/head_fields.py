"""What a step of a site's own procedure asks its author to decide: one field below the other, as the definition has them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from client.cases.rows import FieldKind, HeadField
from client.documents.rows import FIRST_NUMBER
from client.ui.base.language import tr
from client.ui.documents.check_list import CheckList
from client.ui.documents.words import target_words
from client.ui.widgets.form import FormRow
from client.ui.widgets.text_entry import LineEntry
from protocol.text import Field

_MOST = 4
_FIGURES = 15
Decided = tuple[tuple[str, str | tuple[str, ...] | None], ...]


class HeadFields(QWidget):
    """Fields that stay as they were filled in while the same ones are asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: tuple[HeadField, ...] = ()
        self._rows: list[tuple[HeadField, FormRow]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self.setVisible(False)

    def show_fields(self, fields: tuple[HeadField, ...]) -> None:
        """Ask for these, and for nothing when there are none."""
        if fields == self._fields:
            return
        self._fields = fields
        for _field, row in self._rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self._rows = [(field, FormRow(_called(field), _editor(field, self), parent=self)) for field in fields]
        for _field, row in self._rows:
            self._column.addWidget(row)
        self.setVisible(bool(fields))

    def forget(self) -> None:
        """What was filled in was for another case, or has gone with its act."""
        fields, self._fields = self._fields, ()
        if fields:
            self.show_fields(fields)

    def asks_for(self, fields: Sequence[HeadField]) -> bool:
        """Whether it is these that are asked for now."""
        return tuple(fields) == self._fields

    def rows(self) -> tuple[FormRow, ...]:
        """The fields in their order."""
        return tuple(row for _field, row in self._rows)

    def decided(self) -> Decided:
        """What was filled in, by the names of the fields."""
        for _field, row in self._rows:
            if isinstance(row.field, LineEntry):
                row.field.finish_composing()
        return tuple((field.name, _given(field, row.field)) for field, row in self._rows)

    def missing(self) -> bool:
        """Whether something still has to be filled in; it is said at the field."""
        empty = [row for field, row in self._rows if not field.optional and not _given(field, row.field)]
        for field, row in self._rows:
            row.clear_error()
            if row in empty and field.kind is not FieldKind.MANY:
                row.set_error(tr("Fill this in."))
            elif field.kind is FieldKind.FIGURE and not _is_figure(_given(field, row.field)):
                row.set_error(tr("Write a whole number."))
        named = [row for _field, row in self._rows if row.error]
        if named:
            named[0].field.setFocus()
        return bool(named)


def _called(field: HeadField) -> str:
    """The site's word, or this program's for what it asks itself."""
    own = {FIRST_NUMBER: tr("First number, going on from the paper register (may stay empty)")}
    return field.called or own.get(field.name, field.name)


def _is_figure(given: str | tuple[str, ...] | None) -> bool:
    return not given or (
        isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) <= _FIGURES
    )


def _editor(field: HeadField, parent: QWidget) -> QWidget:
    if field.kind in (FieldKind.TEXT, FieldKind.FIGURE):
        return LineEntry(Field.NAME, parent)
    if field.kind is FieldKind.MANY:
        listed = CheckList(field.called, parent, most=_MOST)
        listed.set_targets(field.choices)
        return listed
    chosen = QComboBox(parent)
    if field.optional:
        chosen.addItem("", None)
    for choice in field.choices:
        chosen.addItem(target_words(choice), choice.id)
    return chosen


def _given(field: HeadField, editor: QWidget) -> str | tuple[str, ...] | None:
    if isinstance(editor, CheckList):
        return editor.checked()
    if isinstance(editor, QComboBox):
        chosen = editor.currentData()
        return None if chosen is None else str(chosen)
    written = editor.text() if isinstance(editor, LineEntry) else ""
    return written or (None if field.optional else "")
