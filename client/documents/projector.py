"""The rows of the boxes, made anew from a case's entries whenever one of them changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from client.cases import entry_store, names
from client.cases.local_case import LocalCase
from client.cases.rows import Standing
from client.core.events import DocumentsChanged, Event
from client.core.store import search
from client.core.store.documents import DOCUMENT_ROWS
from client.documents import matters, possible
from client.documents.paper import CASES, elements_of, is_paper, paper_of, title_of
from client.documents.rows import Box
from protocol.cases.history import ObjectFile
from protocol.cases.objects import ObjectKind
from protocol.crypto import cbor
from protocol.directory.state import DirectoryState
from protocol.documents.steps import Phase

AREA: Final = "documents"
_DONE: Final = frozenset({Phase.DISPATCHED, Phase.CLOSED, Phase.VOID, Phase.ANNULLED})


class Projector:
    """`person` and `state` are asked at the moment of projecting: who I am, and what the directory says."""

    def __init__(self, person: Callable[[], str], state: Callable[[], DirectoryState]) -> None:
        self._person = person
        self._state = state

    def refresh(self, connection: Connection, case: str, *, received: LocalCase | None = None) -> list[Event]:
        """Write the rows of a case; returns the news for the pages.

        `received`: all that this device's log has brought of it, for a caller who has just folded that.
        """
        if received is None or entry_store.any_on_its_way(connection, case):
            book = CASES.shown(connection, case, self._state())
        else:
            book = received
        wanted = {row["id"]: row for row in self._rows(book)}
        chosen = select(DOCUMENT_ROWS.c.id, DOCUMENT_ROWS.c.data).where(DOCUMENT_ROWS.c.case_id == case)
        known = {row.id: cbor.decode(row.data).get("indexed") for row in connection.execute(chosen)}
        for row_id in known.keys() - wanted.keys():
            connection.execute(delete(DOCUMENT_ROWS).where(DOCUMENT_ROWS.c.id == row_id))
            search.remove(connection, area=AREA, key=row_id)
        for row in wanted.values():
            text, indexed = row.pop("text"), row.pop("indexed")
            update = {name: value for name, value in row.items() if name != "opened_n"}
            statement = insert(DOCUMENT_ROWS).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=update))
            # Most acts change nothing that is searched for, and indexing is the dearest part.
            if known.get(row["id"]) != indexed:
                search.put(connection, area=AREA, key=row["id"], content=text)
        return [DocumentsChanged((case, *sorted(set(wanted) - {case})))]

    def refresh_all(self, connection: Connection) -> list[Event]:
        """After the organisation changed: who may do what is different."""
        chosen = select(DOCUMENT_ROWS.c.case_id).distinct()
        found = sorted(connection.execute(chosen).scalars())
        return [event for case in found for event in self.refresh(connection, case)]

    def _rows(self, book: LocalCase) -> list[dict[str, Any]]:
        organisation = self._state().organisation
        mine = organisation.bodies_of(self._person())
        if not is_paper(book):
            found_rows = matters.rows(book, self._person(), self._state())
            return [self._matter_row(book, found, box, holder) for found, box, holder in found_rows]
        rows = []
        for found in book.file.objects.values():
            if found.kind is ObjectKind.CASE:
                rows.append(self._row(book, found, self._case_box(book, found)))
            elif found.kind is ObjectKind.LATER or found.begun_later:
                if not book.file.complete:
                    rows.append(self._row(book, found, Box.RUNNING))
            elif found.kind is ObjectKind.BRANCH and not book.file.complete:
                box = Box.WAITING if self._can(book, found) else Box.RUNNING
                rows.append(self._row(book, found, box))
            elif (
                found.kind is ObjectKind.ISSUE and self._addressed(found, mine) and book.file.body not in mine
            ):
                received = any(body in mine for body in paper_of(book).receipts)
                rows.append(self._row(book, found, Box.RECEIVED if received else Box.INCOMING))
        return rows

    @staticmethod
    def _addressed(found: ObjectFile, mine: frozenset[str]) -> bool:
        head = found.first.head
        return bool(mine & {*head["recipients"], *head["copies"]})

    def _case_box(self, book: LocalCase, found: ObjectFile) -> Box:
        if paper_of(book).phase == Phase.VOID and not book.refused():
            return Box.VOID
        if book.file.phase in _DONE:
            return Box.OUTGOING
        return Box.WAITING if self._can(book, found) or book.refused() else Box.RUNNING

    def _can(self, book: LocalCase, found: ObjectFile) -> bool:
        """Whether the way forward is mine."""
        state = self._state()
        return any(a.primary for a in possible.actions(book, found.id, self._person(), state))

    def _row(self, book: LocalCase, found: ObjectFile, box: Box) -> dict[str, Any]:
        file, paper, organisation = book.file, paper_of(book), self._state().organisation
        elements = elements_of(book, found)
        first = found.first
        drafted = paper.drafted.entry.head if paper.drafted is not None else {}
        issued = paper.dispatched.entry.head if paper.dispatched is not None else {}
        numbered = paper.numbered.entry.head if paper.numbered is not None else issued
        standing, refusal = _standing(book)
        title = title_of(book, found)
        body_text = "\n".join(block.text for block in elements.body) if elements is not None else ""
        number = str(numbered.get("number", ""))
        text = " ".join((title, number, body_text))
        indexed = hashlib.sha256(text.encode()).digest()
        return {
            "id": found.id,
            "role": found.kind.value,
            "case_id": file.case,
            "title": title,
            "kind": elements.kind.value if elements is not None else str(drafted.get("kind", "notice")),
            "number": number,
            "urgency": elements.urgency.value
            if elements is not None
            else str(drafted.get("urgency", "none")),
            "label": elements.label.value if elements is not None else str(drafted.get("label", "public")),
            "phase": file.phase or None,
            "holder": self._holder(book, found),
            "origin": names.short_name(organisation, file.body or first.body),
            "updated_at": _updated_at(book),
            "deadline": drafted.get("deadline"),
            "standing": standing.value,
            "refusal": refusal,
            "opened_n": 0,
            "data": cbor.encode(
                {"box": box.value, "length": len(book.kept), "indexed": indexed, "outdated": book.outdated}
            ),
            "indexed": indexed,
            "text": text,
        }

    def _matter_row(self, book: LocalCase, found: ObjectFile, box: Box, holder: str) -> dict[str, Any]:
        """A case of another procedure: its words are the site's, and it has no elements."""
        state = self._state()
        title, matter = matters.title_of(book, found, state), matters.matter_of(book, state)
        standing, refusal = _standing(book)
        searched = " ".join((title, matter.called))
        indexed = hashlib.sha256(searched.encode()).digest()
        return {
            "id": found.id,
            "role": found.kind.value,
            "case_id": book.file.case,
            "title": title,
            "kind": "",
            "number": "",
            "urgency": "none",
            "label": "",
            "phase": None,
            "holder": holder,
            "origin": names.short_name(state.organisation, book.file.body or found.first.body),
            "updated_at": _updated_at(book),
            "deadline": None,
            "standing": standing.value,
            "refusal": refusal,
            "opened_n": 0,
            "data": cbor.encode(
                {
                    "box": box.value,
                    "length": len(book.kept),
                    "indexed": indexed,
                    "outdated": book.outdated,
                    "matter": [matter.called, matter.phase],
                }
            ),
            "indexed": indexed,
            "text": searched,
        }

    def _holder(self, book: LocalCase, found: ObjectFile) -> str:
        file, paper, organisation = book.file, paper_of(book), self._state().organisation
        if found.begun_later:
            return ""
        if found.kind is ObjectKind.BRANCH:
            answered = len(found.chain) > 1
            return "" if answered else names.principal_name(organisation, found.first.head["asked"])
        if found.kind is ObjectKind.ISSUE or file.phase in _DONE:
            return ""
        asked = paper.unanswered() if file.phase == Phase.VETTING else ()
        if asked:
            return "、".join(names.principal_name(organisation, target) for target in asked)
        turn = file.turn or (paper.drafted.entry.post if paper.drafted is not None else None)
        return names.principal_name(organisation, turn) if turn is not None else ""


def _updated_at(book: LocalCase) -> int:
    times = (kept.received_at or book.entries[kept.id].signed_at for kept in book.kept.values())
    return max(times, default=0)


def _standing(book: LocalCase) -> tuple[Standing, str | None]:
    refused = book.refused()
    if refused:
        return Standing.REFUSED, refused[0].refusal
    return (Standing.PENDING if book.waiting else Standing.SETTLED), None
