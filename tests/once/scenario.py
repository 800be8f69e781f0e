"""The scenario, and the register of what the people in it were told is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.once.points import Point
from tests.once.prepared import ATTACHMENT
from tests.once.stage import CLIENTS, CrashedError, Stage
from tests.once.user import Holdings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was acknowledged, and what everybody has when all is quiet."""

    stage: Stage
    attached: bytes
    case: str
    read: bytes
    holdings: dict[str, Holdings]


def play(prepared: Path, folder: Path, port: int, fatal: Sequence[Point] = ()) -> Outcome:
    """A clerk drafts with an attachment and submits, the office reads it and returns it, and whoever dies goes on."""
    stage = Stage.copy(prepared, folder, port, fatal)
    try:
        stage.start()
        draft = _until_acknowledged(stage, "clerk", "draft")
        attached = _until_acknowledged(stage, "clerk", "attach", draft, prepared / "attachment.pdf")
        case = _until_acknowledged(stage, "clerk", "submit")
        read = _until_acknowledged(stage, "leader", "send_back", case, folder / "copy.pdf")
        assert read == ATTACHMENT
        # The leader first: what he has queued must be at the server before the clerk can be in step with it.
        for role in reversed(CLIENTS):
            _until_acknowledged(stage, role, "settle")
        holdings = {role: _until_acknowledged(stage, role, "holdings") for role in CLIENTS}
        stage.stop()
    finally:
        stage.abandon()
    return Outcome(stage, attached, case, read, holdings)


def _until_acknowledged(stage: Stage, role: str, name: str, *arguments: object) -> Any:
    while True:
        try:
            return stage.ask(role, name, *arguments)
        except CrashedError:
            continue
