"""Why a text cannot go, in words for the field it stands in."""

from __future__ import annotations

from client.ui.base.language import tr
from protocol import text
from protocol.text import Fault, FaultKind, Field


def fault_words(typed: str, field: Field) -> str:
    """What of a typed text cannot go, the first thing of it; nothing when all can."""
    wanted = text.clean(typed, field)
    found = text.faults(wanted, field)
    return _words(found[0], wanted) if found else ""


def _words(fault: Fault, wanted: str) -> str:
    if fault.kind is FaultKind.TOO_LONG:
        return tr(
            "{count} characters; {most} at most can be sent.",
            count=f"{len(wanted):,}",
            most=f"{fault.most:,}",
        )
    before = wanted[: fault.at].rpartition("\n")[2][-_BEFORE:]
    if fault.kind is FaultKind.MARKS:
        return tr("After “{before}” more marks are piled up than can be read. Delete some.", before=before)
    return tr(
        "The character after “{before}” (U+{code}) is known to one font only, and nobody else would see it. Write it another way.",
        before=before,
        code=f"{ord(fault.characters):04X}",
    )


_BEFORE = 8  # characters before it say where it stands
