"""The usual phrases (拟同意, 请审示, …): chosen from a menu, put where the cursor is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.widgets.buttons import QuietButton
from client.ui.widgets.menu import add_line
from client.ui.widgets.text_entry import TextEntry


class PhraseMenu(QuietButton):
    """A button that writes into `target`."""

    def __init__(self, target: TextEntry, phrases: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(tr("Usual phrases"), Icon.PHRASE, parent)
        self._target = target
        self._menu = QMenu(self)
        self.give_menu(self._menu)
        self.set_phrases(phrases)

    def set_phrases(self, phrases: Sequence[str]) -> None:
        """Offer these, in this order."""
        self._menu.clear()
        for phrase in phrases:
            action = add_line(self._menu, phrase)
            action.triggered.connect(lambda _checked=False, words=phrase: self._write(words))

    def _write(self, phrase: str) -> None:
        self._target.finish_composing()
        self._target.insertPlainText(phrase)
        self._target.setFocus()
