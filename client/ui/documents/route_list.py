"""流转: the seals of a document's way, shown whole inside a page that scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from client.cases.rows import Standing
from client.documents.rows import RouteStep
from client.ui.base.errors import code_notice
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.documents.words import answer_words, step_words
from client.ui.widgets.route import RouteSeal, RouteTimeline, SealState

_FRAME = 4


def seal_of(step: RouteStep) -> RouteSeal:
    """A step as a seal: an answer stands before the opinion, doubts below it."""
    answer = "" if step.answer is None else answer_words(step.answer)
    opinion = tr("{verdict}: {opinion}", verdict=answer, opinion=step.opinion) if answer else step.opinion
    return RouteSeal(
        key=step.entry_id.hex(),
        who=" · ".join(part for part in (f"{step.body} {step.post}".strip(), step.person) if part),
        what=step_words(step.step, step.called),
        when=full_time(step.signed_at),
        facts="\n".join(tr("{field}: {value}", field=field, value=value) for field, value in step.facts),
        opinion=opinion if step.opinion else answer,
        state=_state(step),
        note=_note(step),
    )


def _state(step: RouteStep) -> SealState:
    if step.standing is Standing.REFUSED:
        return SealState.REFUSED
    if step.standing is Standing.PENDING:
        return SealState.PENDING
    return SealState.VERIFIED if step.verified else SealState.UNVERIFIED


def _note(step: RouteStep) -> str:
    if step.refusal:
        return code_notice(step.refusal).what
    if step.offline and step.received_at is not None:
        return tr("Signed offline; reached the server {time}", time=full_time(step.received_at))
    return ""


class RouteList(RouteTimeline):
    """As high as its seals are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Route"), parent)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_route(self, steps: Sequence[RouteStep]) -> None:
        """The newest last, as they were done."""
        self.set_steps([seal_of(step) for step in steps])
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        model, option = self.model(), QStyleOptionViewItem()
        delegate = self.itemDelegate()
        rows = [model.index(number, 0) for number in range(model.rowCount())]
        self.setFixedHeight(sum(delegate.sizeHint(option, row).height() for row in rows) + _FRAME)
