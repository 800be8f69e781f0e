"""How old the directory is, above all pages (C45): from the day its lists are overdue, through the grace, to the stop; and the question
whether this computer's date is right, where that alone could be the reason."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.errors import Notice
from client.ui.base.language import enumerated, tr
from client.ui.base.moments import full_day, wall_ms
from client.ui.base.theme import Tone
from client.ui.widgets.notice import NoticeBar
from protocol.directory.age import LogAge, Stage, Statement
from protocol.errors import ErrorCode


class AgeBar(NoticeBar):
    """Hidden while nothing is late. What was closed comes back when it has another consequence.

    Signals: `clock_confirmed` (the user says that the date is right).
    """

    clock_confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("window_age")
        self.acted.connect(self.clock_confirmed)

    def show_age(self, age: LogAge) -> None:
        notice = age_notice(age, wall_ms())
        if notice is None:
            self.clear_notice()
            return
        self.show_notice(notice, tr("The date is right") if age.clock_differs else "")


def age_notice(age: LogAge, now: int) -> Notice | None:
    """The age in words; None while there is nothing to say. `now` is this computer's date (ms UTC)."""
    if age.clock_differs:
        return Notice(
            tr("This computer says it is {day}. Is that right?", day=full_day(now)),
            tr(
                "The administrator last signed a list on {day}. Until you say that the date is right, nothing is sealed or "
                "dispatched and no device added. If it is wrong, set the computer's date.",
                day=full_day(age.stated_at),
            ),
            tone=Tone.WAITING,
        )
    if age.stage is Stage.CURRENT:
        return None
    what = tr("Overdue since {day}: {late}", day=full_day(age.due_at), late=enumerated(_late_words(age)))
    if age.stage is Stage.STOPPED:
        do = tr(
            "Sealing, dispatch and new devices have stopped; reading and drafting go on. Ask the administrator to publish."
        )
        return Notice(what, do, ErrorCode.DIRECTORY_STOPPED.value, Tone.SEAL)
    if age.stops_at is None:
        do = tr("You may go on working. Ask the administrator to publish.")
    else:
        do = tr(
            "You may go on working. From {day} on nothing can be sealed or dispatched and no device added, unless the "
            "administrator publishes before.",
            day=full_day(age.stops_at),
        )
    return Notice(what, do, ErrorCode.DIRECTORY_OVERDUE.value, Tone.WAITING)


def _late_words(age: LogAge) -> list[str]:
    words = {
        Statement.ORGANISATION: tr("organisation's register"),
        Statement.REVOCATIONS: tr("list of revocations"),
        Statement.WITNESSES: tr("witnesses' signatures"),
    }
    return [words[each] for each in age.late]
