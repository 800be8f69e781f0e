"""Forms: a label above its field, a hint below, and the error in the hint's place."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.widgets.text import Text, TextKind, restyle


class FormRow(QWidget):
    """One field with its words; the field's accessible name is the label."""

    def __init__(
        self,
        label: str,
        field: QWidget,
        *,
        hint: str = "",
        required: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.field = field
        self._hint = hint
        self._required = required
        self._label = Text("", TextKind.LABEL, self)
        self._label.setBuddy(field)
        self._below = Text(hint, TextKind.HINT, self, wrap=True)
        self._below.setVisible(bool(hint))
        self.rename(label)
        field.setAccessibleDescription(hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._label)
        column.addWidget(field)
        column.addWidget(self._below)

    def rename(self, label: str) -> None:
        """The field asks for something else now."""
        self._label.setText(f"{label} *" if self._required else label)
        _named_target(self.field).setAccessibleName(label)

    def set_error(self, text: str) -> None:
        """Say in place what is wrong with the field."""
        self._say(text, TextKind.ERROR, wrong=True)

    def clear_error(self) -> None:
        self._say(self._hint, TextKind.HINT, wrong=False)

    def show_fault(self, text: str) -> None:
        """Say what is wrong with what is being typed, or, with nothing to say, that all is well again."""
        if text:
            self.set_error(text)
        elif self.error:
            self.clear_error()

    @property
    def error(self) -> str:
        return self._below.text() if self._below.property("kind") == TextKind.ERROR.value else ""

    def _say(self, text: str, kind: TextKind, *, wrong: bool) -> None:
        self._below.setText(text)
        self._below.set_kind(kind)
        self._below.setVisible(bool(text))
        target = _named_target(self.field)
        target.setAccessibleDescription(text)
        target.setProperty("wrong", wrong)
        restyle(target)


def _named_target(field: QWidget) -> QWidget:
    """The control inside a composite (SecretEntry.field), or the field itself."""
    inner = getattr(field, "field", None)
    return inner if isinstance(inner, QWidget) else field


class Form(QWidget):
    """Rows of a form, one under the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)
        self._rows: list[FormRow] = []

    def add(self, label: str, field: QWidget, *, hint: str = "", required: bool = False) -> FormRow:
        """Add a field under the others."""
        row = FormRow(label, field, hint=hint, required=required, parent=self)
        self._rows.append(row)
        self._column.addWidget(row)
        return row

    def clear_errors(self) -> None:
        for row in self._rows:
            row.clear_error()
