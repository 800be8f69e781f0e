"""A case of 发文 in its own words: what the newest act of each kind says, and who has answered or received."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.cases.history import CaseFile, Placed
from protocol.cases.objects import ObjectKind
from protocol.documents.steps import Phase, Step


class DispatchCase:
    """A view of a case whose procedure is a version of `dispatch`; it keeps nothing of its own."""

    __slots__ = ("file",)

    def __init__(self, file: CaseFile) -> None:
        self.file = file

    @property
    def phase(self) -> Phase | None:
        """None: the case itself is not in view."""
        return Phase(self.file.phase) if self.file.phase else None

    @property
    def drafted(self) -> Placed | None:
        """The newest draft."""
        return self.file.last.get(Step.DRAFT)

    @property
    def signed_off(self) -> Placed | None:
        return self.file.last.get(Step.SIGN_OFF)

    @property
    def numbered(self) -> Placed | None:
        return self.file.last.get(Step.NUMBER)

    @property
    def sealed(self) -> Placed | None:
        return self.file.last.get(Step.SEAL)

    @property
    def dispatched(self) -> Placed | None:
        return self.file.last.get(Step.DISPATCH)

    @property
    def branches(self) -> Mapping[str, str]:
        """Post or body asked in this round → its branch."""
        return self.file.made[ObjectKind.BRANCH]

    @property
    def receipts(self) -> Mapping[str, str]:
        """Body → its receipt."""
        return self.file.made[ObjectKind.RECEIPT]

    @property
    def sent_to(self) -> tuple[str, ...]:
        """The bodies it was dispatched to; none before."""
        return () if self.dispatched is None else _listed(self.dispatched)

    @property
    def meant_for(self) -> tuple[str, ...]:
        """The bodies the newest draft names."""
        return () if self.drafted is None else _listed(self.drafted)

    def unanswered(self) -> tuple[str, ...]:
        """Those consulted in this round who have not answered."""
        return self.file.unanswered(ObjectKind.BRANCH)


def _listed(placed: Placed) -> tuple[str, ...]:
    return (*placed.entry.head["recipients"], *placed.entry.head["copies"])
