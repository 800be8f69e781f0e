"""When Jinshu locks itself."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import IDLE_MINUTES, chosen_idle_minutes, keep_idle_minutes
from client.ui.settings.section import Choice, Section


def idle_words(minutes: int) -> str:
    """A time without mouse and keyboard, in words."""
    return tr("After {count} minutes", count=minutes) if minutes else tr("Not by itself")


class LockingSection(Section):
    """Takes effect at once."""

    def __init__(self, state: WindowState, parent: QWidget | None = None) -> None:
        super().__init__(tr("Automatic lock"), Icon.LOCK, parent)
        options = [(idle_words(minutes), minutes) for minutes in (*IDLE_MINUTES, 0)]
        self.add_card(
            tr("Lock when nobody uses Jinshu"),
            Choice(
                options,
                chosen_idle_minutes(state),
                lambda minutes: keep_idle_minutes(state, minutes),
                self,
            ),
            hint=tr(
                "Drafts are kept. Then the passphrase is asked again. A meeting you are in keeps Jinshu open until it is over."
            ),
        )
