"""公文 among the cases of this machine: the procedures it ships, and a case in its own words."""

from __future__ import annotations

from typing import Final

from client.cases.local_case import LocalCase, LocalCases
from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import DISPATCH_1, SHIPPED, procedure_for_new
from protocol.documents.dispatch_case import DispatchCase

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
