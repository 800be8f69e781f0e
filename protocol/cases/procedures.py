"""The procedures a reader knows: those his program ships, and those the CA has signed into the site's snapshots (C42)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from protocol.cases.definitions import read_definition
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile
from protocol.cases.procedure import Procedure, ProcedureReference
from protocol.directory.state import DirectoryState
from protocol.errors import JinshuError

# Of a case whose rules are not known here, entries are kept in their places and nothing is told.
UNKNOWN: Final = Procedure("unknown", 0, (), ())


class Procedures:
    """Finds the rules of a case by what its entries name.

    An entry that names none means `unnamed`, and that procedure is never named: a case has one form.
    """

    def __init__(
        self,
        unnamed: Procedure,
        shipped: tuple[Procedure, ...],
        definitions: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """`definitions`: SHA-256 of a definition → its bytes, as snapshots brought them."""
        self._unnamed = unnamed
        self._shipped = {each.reference: each for each in shipped}
        self._definitions = definitions or {}
        known = (unnamed, *shipped)
        # Pages and ledgers have words and rules of their own for these.
        self._ids = {each.id for each in known}
        self._steps = {step for each in known for step in each.steps}

    def known_to(self, state: DirectoryState) -> Procedures:
        """These, and what the site has defined itself as far as a directory tells."""
        if not state.definitions:
            return self
        found = ((name, each.definition) for name, each in state.definitions.items())
        return _with_definitions(self, frozenset((name, data) for name, data in found if data is not None))

    def defined_by(self, definitions: Mapping[bytes, bytes]) -> Procedures:
        """These, and what the definitions say."""
        return Procedures(self._unnamed, tuple(self._shipped.values()), definitions)

    def find(self, reference: ProcedureReference | None) -> Procedure | None:
        """The procedure an entry names, or means by naming none; None: it is not known here."""
        if reference is None:
            return self._unnamed
        if reference in self._shipped:
            return self._shipped[reference]
        data = self._definitions.get(reference.hash)
        found = None if data is None else _defined(data)
        return found if found is not None and found.reference == reference and self.admits(found) else None

    def admits(self, procedure: Procedure) -> bool:
        """Whether a site may define it: under an id of its own, with steps that no shipped procedure has, and none that writes a
        line into a ledger of numbers."""
        numbered = any("number_entry" in row.head for row in procedure.rows)
        return procedure.id not in self._ids and self._steps.isdisjoint(procedure.steps) and not numbered

    def of(self, entry: DocumentEntry) -> Procedure:
        """The rules of an entry that was read; UNKNOWN of one whose procedure is not known here."""
        return self.find(entry.procedure) or UNKNOWN

    def file(self, case: str, reference: ProcedureReference | None) -> CaseFile:
        """An empty fold of a case whose entries name this procedure."""
        return CaseFile(case, self.find(reference) or UNKNOWN, reference)

    def file_for(self, case: str, procedure: Procedure) -> CaseFile:
        """An empty fold of a case that begins under a procedure."""
        return CaseFile(case, procedure, None if procedure is self._unnamed else procedure.reference)


# One and the same for one and the same directory: what was read by it is remembered by it.
@lru_cache(8)
def _with_definitions(shipped: Procedures, definitions: frozenset[tuple[bytes, bytes]]) -> Procedures:
    return shipped.defined_by(dict(definitions))


@lru_cache(256)
def _defined(data: bytes) -> Procedure | None:
    try:
        return read_definition(data)
    except JinshuError:
        return None
