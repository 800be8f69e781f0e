"""How a lie about a document is written down that needs no server: an entry, a wrap or a line that must be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocol.cases.entries import DocumentEntry
from protocol.cases.succession import check
from protocol.documents.dispatch import SHIPPED
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.security.small_lies import SmallLie
from tests.support.document_builder import CaseBuilder

PAPERS: list[SmallLie] = []


def paper(code: ErrorCode) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter a lie, with the code it must raise."""

    def enter(run: Callable[[], None]) -> Callable[[], None]:
        PAPERS.append(SmallLie(code, run))
        return run

    return enter


def parsed(step: Step, **changes: Any) -> DocumentEntry:
    """Read an entry as it comes from the wire, right in all but what is changed; it need fit no case."""
    value = CaseBuilder().value(step, parents=[])
    head = value["head"] | changes.pop("head", {})
    return DocumentEntry.parse(value | {"head": head} | changes, SHIPPED)


def follow(so_far: CaseBuilder, step: Step, who: str | None = None, /, **said: Any) -> None:
    """Try an entry on a case, as the server and every reader do."""
    check(so_far.file, so_far.entry(step, who, **said))
