"""The product's window as somebody at a seat sees it: he types, clicks and looks, and waits for what comes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.input_methods.engines import CHINESE, PINYIN, Engine
from tests.end_to_end.input_methods.seat import Area, Seat
from tests.end_to_end.processes import ask_hands


@dataclass(frozen=True, slots=True)
class Written:
    """What a field shows: `composed` is not part of its text yet."""

    text: str
    composed: str


class DeskWindow:
    """One process with one window; each conversation, document and draft opened in it is a new one."""

    def __init__(self, seat: Seat, engine: Engine) -> None:
        module = "tests.end_to_end.input_methods.desk_process"
        self._seat = seat
        self._engine = engine
        self._process = seat.start("desk", [sys.executable, "-m", module], QT_IM_MODULE=engine.module)
        self.do("input_method")  # it is there
        self.take_keyboard()

    def do(self, op: str, name: str | None = None, **rest: Any) -> Any:
        return ask_hands(self._process, "desk", op, name, **rest)

    def take_keyboard(self) -> None:
        self._seat.focus(self._seat.window_of(self._process))
        self.do("active")

    @property
    def input_method(self) -> tuple[str, str]:
        """What was named, and what Qt was told."""
        named, used = self.do("input_method")
        return named, used

    @property
    def drafts(self) -> dict[str, str]:
        """What is half written, by conversation."""
        found: dict[str, str] = self.do("told")["drafts"]
        return found

    @property
    def opinions(self) -> list[str]:
        """Given with acts until now."""
        found: list[str] = self.do("told")["opinions"]
        return found

    def sent(self, conversation: str) -> list[str]:
        found: list[str] = self.do("told")["sent"].get(conversation, [])
        return found

    def new_conversation(self) -> str:
        """Its id; it is not opened."""
        return str(self.do("new_conversation"))

    def notify(self, conversation: str) -> None:
        """A notification of this conversation is clicked."""
        self.do("notified", subject=conversation)

    def enter(self, field: str) -> None:
        """Click into a field."""
        self.click(field)
        self.do("focused", field)

    def click(self, name: str, **row: str) -> None:
        """Press the left button on something; `text=`: on the row that contains it."""
        self._seat.click(Area(*self.do("place", name, **row)))

    def written(self, field: str) -> Written:
        seen = self.do("field", field)
        return Written(seen["text"], seen["composed"])

    def read(self, field: str) -> str:
        return str(self.do("read", field))

    def line(self, field: str) -> Area:
        """The line of text with the caret, as it is drawn."""
        return Area(*self.do("field", field)["line"])

    def caret(self, field: str) -> Area:
        return Area(*self.do("field", field)["caret"])

    def until(self, field: str, text: str, composed: str = "") -> None:
        """Wait until a field shows this; what it shows instead is told on standard error now and then."""
        self.do("holds", field, text=text, composed=composed)

    def compose(self, field: str) -> None:
        """Type the pinyin and choose nothing yet."""
        before = self.written(field).text
        self._seat.press(*PINYIN)
        self.until(field, before, self._engine.shown)

    def write(self, field: str) -> None:
        """Type the pinyin and choose its first candidate, which comes behind what stands there."""
        before = self.written(field).text
        self.compose(field)
        self._seat.press("space")
        self.until(field, before + CHINESE)
