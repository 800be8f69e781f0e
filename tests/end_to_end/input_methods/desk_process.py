"""The product's window over doubles, as a process on a real screen; only keyboard and mouse move it, and it says what it shows.

Commands come as JSON lines on standard input, answers go to standard output.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from client.ui.base.catalogue import LanguageName
from client.ui.base.language import set_language
from client.ui.base.qt_application import make_qt
from client.ui.base.theme import Theme, ThemeChoice
from client.ui.base.window_state import WindowState
from client.ui.widgets.text_entry import LineEntry, TextEntry
from client.ui.window.area import AreaKey
from protocol.documents.steps import Step
from tests.end_to_end.driver import COMMANDS, Command, Hands, NotFoundError, find
from tests.end_to_end.places import on_screen, place
from tests.ui.desk_double import City
from tests.ui.documents_double import CirculationDouble, action, view
from tests.ui.messaging_double import PEOPLE


class Pages:
    """What of the window's pages can be opened, and what the services behind them were told."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._opened = 0

    def active(self, _command: Command) -> None:
        """Raise until the window has the keyboard."""
        if not self._city.desk.window.isActiveWindow():
            raise NotFoundError("the keyboard")

    def new_conversation(self, _command: Command) -> str:
        """One in which nothing has been said or typed; its id."""
        return asyncio.run(self._city.talks.start((PEOPLE[0].id,), ""))

    def notified(self, command: Command) -> None:
        """A notification of this subject has been clicked."""
        self._city.desk.show_subject(str(command["subject"]))

    def document(self, _command: Command) -> None:
        """One that has not been looked at."""
        self._opened += 1
        self._city.desk.window.show_area(AreaKey.DOCUMENTS)
        self._city.desk._documents.show_document(f"cas_{self._opened}")

    def draft(self, _command: Command) -> None:
        """A new one."""
        self._city.desk.window.show_area(AreaKey.DOCUMENTS)
        self._city.desk._documents.new_document()

    def settings(self, _command: Command) -> None:
        self._city.desk.window.show_settings()

    def told(self, _command: Command) -> dict[str, object]:
        """What has been sent, by conversation; what is half written, by conversation; the opinions given."""
        sent: dict[str, list[object]] = {}
        for act in self._city.talks.acts:
            if act[0] == "send":
                sent.setdefault(str(act[1]), []).append(act[2])
        opinions = [act.opinion for act in self._city.documents.circulating.acts]
        return {"sent": sent, "drafts": dict(self._city.talks.drafts), "opinions": opinions}


def focus(command: Command) -> None:
    """Put the caret into a field, as after a click in it."""
    find(str(command["name"])).setFocus(Qt.FocusReason.OtherFocusReason)


def focused(command: Command) -> None:
    """Raise until a field has the caret."""
    if not find(str(command["name"])).hasFocus():
        raise NotFoundError("the caret")


def holds(command: Command) -> None:
    """Raise until a field has this text, and this is being composed in it."""
    entry = find(str(command["name"]))
    assert isinstance(entry, LineEntry | TextEntry)
    if (entry.written, entry.composed) != (command["text"], command["composed"]):
        selected = entry.selectedText() if isinstance(entry, LineEntry) else entry.textCursor().selectedText()
        raise NotFoundError(
            f"{command['name']} holds {entry.written!r}, composes {entry.composed!r} and has {selected!r} selected"
        )


def field(command: Command) -> dict[str, object]:
    """What a field shows: its text, what is being composed there, and where on the screen its caret is."""
    entry = find(str(command["name"]))
    assert isinstance(entry, LineEntry | TextEntry)
    drawn = entry.viewport() if isinstance(entry, TextEntry) else entry
    caret = QGuiApplication.inputMethod().cursorRectangle().toRect()
    return {
        "text": entry.written,
        "composed": entry.composed,
        "line": on_screen(drawn, entry.cursorRect()),
        "caret": on_screen(entry.window(), caret),
    }


def main() -> int:
    """Until standard input ends."""
    qt, choice = make_qt()
    # These hands come back to a field sooner than any others: three clicks of three tests would be one that selects its text.
    qt.setDoubleClickInterval(0)
    with tempfile.TemporaryDirectory() as folder:
        state = WindowState(Path(folder, "window.ini"))
        set_language(LanguageName.CHINESE)
        Theme(qt, ThemeChoice.LIGHT)
        vetted = CirculationDouble(view((action(Step.VET_PASS, primary=True),)))
        pages = Pages(City.of(qt, state, circulating=vetted))
        COMMANDS.update(
            active=pages.active,
            new_conversation=pages.new_conversation,
            notified=pages.notified,
            document=pages.document,
            draft=pages.draft,
            settings=pages.settings,
            told=pages.told,
            place=place,
            focus=focus,
            focused=focused,
            field=field,
            holds=holds,
            input_method=lambda _command: [choice.named, choice.used],
            close=lambda _command: qt.exit(),
        )
        Hands(qt)
        return qt.exec()


if __name__ == "__main__":
    sys.exit(main())
