"""When Jinshu locks itself."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import (
    IDLE_MINUTES,
    chosen_idle_minutes,
    keep_idle_minutes,
    keep_locking_with_screen,
    locks_with_screen,
)
from client.ui.settings.section import Choice, Section
from client.ui.widgets.buttons import CheckBox


def idle_words(minutes: int) -> str:
    """A time without mouse and keyboard, in words."""
    return tr("After {count} minutes", count=minutes) if minutes else tr("Not by itself")


class LockingSection(Section):
    """Takes effect at once."""

    def __init__(self, state: WindowState, tells_lock: bool, parent: QWidget | None = None) -> None:
        """`tells_lock`: whether this desktop says that its screen is locked."""
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
        if tells_lock:
            box = CheckBox(tr("Lock Jinshu when the screen is locked or the computer sleeps"))
            box.setAccessibleName(box.text())
            box.setChecked(locks_with_screen(state))
            box.toggled.connect(lambda on: keep_locking_with_screen(state, on=on))
            self.add_card(
                tr("With the screen"),
                box,
                hint=tr("A meeting you are in goes on; Jinshu locks when it is over."),
            )
