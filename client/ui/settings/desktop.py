"""How Jinshu lives on the desktop: without its window, from the sign-in on, and what it leaves on the clipboard."""

from __future__ import annotations

import logging

from PySide6.QtWidgets import QWidget

from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import (
    CLIPBOARD_MINUTES,
    OnClose,
    chosen_clipboard_minutes,
    chosen_on_close,
    keep_clipboard_minutes,
    keep_on_close,
)
from client.ui.settings.section import Choice, Section
from client.ui.settings.services import Autostart, Desktop
from client.ui.widgets.buttons import CheckBox

_log = logging.getLogger(__name__)


def closing_words(choice: OnClose) -> str:
    """What closing the window does, in words."""
    return {
        OnClose.ASK: tr("Ask me"),
        OnClose.STAY: tr("Keep running in the tray"),
        OnClose.END: tr("Quit Jinshu"),
    }[choice]


def clipboard_words(minutes: int) -> str:
    """How long what was copied stays, in words."""
    if minutes == 1:
        return tr("After one minute")
    return tr("After {count} minutes", count=minutes) if minutes else tr("Leave it there")


class DesktopSection(Section):
    """Takes effect at once."""

    def __init__(self, desktop: Desktop, state: WindowState, parent: QWidget | None = None) -> None:
        super().__init__(tr("Desktop"), Icon.DEVICE, parent)
        self._state = state
        self._closing: Choice[OnClose] | None = None
        if desktop.has_tray():
            closing = [(closing_words(choice), choice) for choice in OnClose]
            hint = tr("In the tray Jinshu tells you of documents and messages until it locks itself.")
            self._closing = Choice(closing, chosen_on_close(state), self._on_closing, self)
            self.add_card(tr("When the window is closed"), self._closing, hint=hint)
        else:
            self.add_card(
                tr("When the window is closed"),
                hint=tr(
                    "This desktop has no tray in which Jinshu could be reached: closing the window ends it."
                ),
            )
        if desktop.autostart is not None:
            self._autostart_card(desktop.autostart)
        clipboard = [(clipboard_words(minutes), minutes) for minutes in (*CLIPBOARD_MINUTES, 0)]
        self.add_card(
            tr("Clear what was copied out of Jinshu"),
            Choice(
                clipboard,
                chosen_clipboard_minutes(state),
                lambda minutes: keep_clipboard_minutes(state, minutes),
                self,
            ),
            hint=tr(
                "It goes from the clipboard then, and when Jinshu locks or ends, unless you have copied something else. Recovery codes "
                "always go after one minute. A list of copies that the desktop keeps itself is not cleared."
            ),
        )

    def refresh(self) -> None:
        """What may have been chosen elsewhere: beside the button that closes the window, or in the desktop's own settings."""
        if self._closing is not None:
            self._closing.show_chosen(chosen_on_close(self._state))

    def _on_closing(self, choice: OnClose) -> None:
        keep_on_close(self._state, choice)

    def _autostart_card(self, autostart: Autostart) -> None:
        box = CheckBox(tr("Start Jinshu when I sign in to this computer"))
        box.setAccessibleName(box.text())
        box.setChecked(autostart.on)

        def on_clicked(on: bool) -> None:
            self.clear_notice()
            try:
                autostart.choose(on=on)
            except OSError as error:
                _log.warning("the start at sign-in could not be changed: %s", type(error).__name__)
                what = tr("That could not be changed on this computer.")
                self.show_notice(Notice(what, tr("Ask your administrator.")))
            box.setChecked(autostart.on)

        box.clicked.connect(on_clicked)
        self.add_card(
            tr("Start"),
            box,
            hint=tr(
                "It starts in the tray, without a window. Until it is unlocked, by you or by the system's keyring, it tells you nothing."
            ),
        )
