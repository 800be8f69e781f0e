"""公文 among the cases of this machine: the procedures it ships, and a case in its own words."""

from __future__ import annotations

from typing import Final

from client.cases.local_case import LocalCase, LocalCases
from protocol.cases.history import ObjectFile
from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import DISPATCH_1, SHIPPED, procedure_for_new
from protocol.documents.dispatch_case import DispatchCase
from protocol.documents.model import Elements
from protocol.documents.steps import Step

CASES: Final = LocalCases(SHIPPED)


def paper_of(case: LocalCase) -> DispatchCase:
    """A case of 发文 in the words of 公文."""
    return DispatchCase(case.file)


def is_paper(case: LocalCase) -> bool:
    """Whether a case is 发文 at all, of whatever version."""
    return case.file.procedure.id == DISPATCH_1.id


def new_case(case: str, state: DirectoryState) -> LocalCase:
    """A case of 发文 that is about to begin."""
    return CASES.new(case, procedure_for_new(state.organisation.site.features), state)


def elements_of(book: LocalCase, found: ObjectFile) -> Elements | None:
    """The elements an object shows: the newest draft of a case, the consulted draft of a branch, what was issued."""
    steps = (Step.DRAFT, Step.REVISE, Step.CONSULT_OPEN, Step.DISPATCH)
    sources = [p for p in reversed(found.chain) if p.entry.step in steps]
    for placed in sources:
        fields = book.fields(placed)
        if "elements" in fields:
            return Elements.from_cbor_value(fields["elements"])
    return None


def title_of(book: LocalCase, found: ObjectFile) -> str:
    """The newest title anybody gave it; empty when this device cannot open it."""
    for placed in reversed(found.chain):
        title = book.fields(placed).get("title")
        if isinstance(title, str):
            return title
    return ""
