"""整理 as a list with ticks: what would change, why, by which rule; nothing changes before the writer takes it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import Suggestion
from client.ui.base.language import tr
from client.ui.base.rows import RowsModel
from client.ui.documents.tidy_words import reason_words, suggestion_content
from client.ui.widgets.buttons import CheckBox, QuietButton, SecondaryButton
from client.ui.widgets.list_view import ListView
from client.ui.widgets.row_delegate import TWO_LINES
from client.ui.widgets.text import Text, TextKind
from protocol.documents.corrections import CorrectionRule
from protocol.documents.parts import Part

Reason = CorrectionRule | Part

_MOST_ROWS = 4
_COLUMNS = 2


class TidyPanel(QFrame):
    """A tick for each change, and one for all of a rule.

    Signals: `taken` (a tuple of Suggestion, those ticked), `left` (nothing is to change).
    """

    taken = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("notice", "action")
        self.setAccessibleName(tr("What could be tidied up"))
        self._text = ""
        self._said = Text("", TextKind.STRONG, self, wrap=True)
        self._rules: dict[Reason, CheckBox] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self.list = ListView(tr("Proposed changes"), self, framed=True)
        self._rows: RowsModel[Suggestion] = RowsModel(
            self,
            key=lambda each: each,
            content=lambda each: suggestion_content(each, self._text),
            checkable=True,
        )
        self.list.setModel(self._rows)
        self._rows.dataChanged.connect(self._on_ticked)
        self._take = SecondaryButton(tr("Make the ticked changes"), None, self)
        self._take.clicked.connect(lambda: self.taken.emit(self.ticked))
        self._leave = QuietButton(tr("Leave as it is"), None, self)
        self._leave.clicked.connect(self.left)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._take)
        buttons.addWidget(self._leave)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self._said)
        column.addLayout(self._grid)
        column.addWidget(self.list)
        column.addLayout(buttons)

    @property
    def ticked(self) -> tuple[Suggestion, ...]:
        chosen = set(self._rows.checked())
        return tuple(each for each in self._rows.rows if each in chosen)

    def show_suggestions(self, suggestions: Sequence[Suggestion], text: str) -> None:
        """Propose these changes of a text; those that are advised are ticked."""
        self._text = text
        self._rows.set_rows(())
        self._rows.set_rows(suggestions)
        self._make_rules(suggestions)
        self._rows.set_checked([each for each in suggestions if each.advised])
        found = bool(suggestions)
        self.list.setVisible(found)
        self.list.setFixedHeight(min(max(len(suggestions), 1), _MOST_ROWS) * TWO_LINES + 4)
        self._take.setVisible(found)
        self._say()
        self.show()

    def _make_rules(self, suggestions: Sequence[Suggestion]) -> None:
        for box in self._rules.values():
            box.hide()
            box.deleteLater()
        self._rules = {}
        for reason in dict.fromkeys(each.reason for each in suggestions):
            count = sum(each.reason == reason for each in suggestions)
            words = tr("{reason} ({count})", reason=reason_words(reason), count=count)
            box = CheckBox(words, self)
            box.setAccessibleName(words)
            box.clicked.connect(lambda _on, of=reason, box=box: self._tick_all(of, box))
            place = len(self._rules)
            self._grid.addWidget(box, place // _COLUMNS, place % _COLUMNS)
            self._rules[reason] = box
        self._order_tabs()

    def _order_tabs(self) -> None:
        chain = [*self._rules.values(), self.list, self._take, self._leave]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    def _tick_all(self, reason: Reason, box: CheckBox) -> None:
        """All of a rule, or none; a click on some of it takes all."""
        of_rule = {each for each in self._rows.rows if each.reason == reason}
        others = [each for each in self.ticked if each not in of_rule]
        wanted = box.checkState() is not Qt.CheckState.Unchecked
        self._rows.set_checked([*others, *of_rule] if wanted else others)

    def _on_ticked(self, *_what: object) -> None:
        self._say()

    def _say(self) -> None:
        ticked = self.ticked
        for reason, box in self._rules.items():
            all_of = sum(each.reason == reason for each in self._rows.rows)
            some = sum(each.reason == reason for each in ticked)
            box.setTristate(0 < some < all_of)
            state = Qt.CheckState.PartiallyChecked if some else Qt.CheckState.Unchecked
            box.setCheckState(Qt.CheckState.Checked if some == all_of else state)
        count = len(self._rows.rows)
        self._said.setText(
            tr(
                "Proposed changes: {count}; ticked: {ticked}. Nothing has been changed yet.",
                count=count,
                ticked=len(ticked),
            )
            if count
            else tr("Nothing to tidy up.")
        )
        self._take.setEnabled(bool(ticked))
