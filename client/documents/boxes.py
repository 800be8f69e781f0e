"""The boxes (待办, 草稿, 在办, 已发, 待签收, 已收): rows, counts and search, all on this machine."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from client.core.client import CoreClient
from client.core.events import DocumentsChanged
from client.core.store import search
from client.core.store.documents import DOCUMENT_ROWS
from client.documents import drafts
from client.documents.projecting import AREA
from client.documents.rows import Box, DocumentRow, DraftRow, Standing
from protocol.crypto import cbor
from protocol.documents.kinds import Kind
from protocol.documents.steps import Phase

_URGENCIES: Final = {"most_urgent": 0, "urgent": 1, "none": 2}


class Boxes:
    """Reads what the projection wrote; nothing here asks the server."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core

    async def rows(self, box: Box, query: str = "") -> tuple[DocumentRow, ...]:
        """The rows of a box, newest first; with a query those that contain each of its words."""
        if box is Box.DRAFTS:
            found = await self._core.store.read(drafts.all_drafts)
            return tuple(
                _draft_row(draft) for draft in found if query.casefold() in draft.form.title.casefold()
            )
        rows = await self._core.store.read(lambda connection: _rows(connection, query))
        return tuple(row for row_box, row in rows if row_box is box)

    async def counts(self) -> dict[Box, int]:
        """How much is in each box where something waits; elsewhere how much is unread."""
        rows = await self._core.store.read(lambda connection: _rows(connection, ""))
        counted = dict.fromkeys(Box, 0)
        counted[Box.DRAFTS] = len(await self._core.store.read(drafts.all_drafts))
        for box, row in rows:
            counted[box] += 1 if box in (Box.WAITING, Box.INCOMING) else int(row.unread)
        return counted

    async def today(self) -> tuple[DocumentRow, ...]:
        """What waits for me, the most urgent and the nearest deadline first."""
        rows = await self._core.store.read(lambda connection: _rows(connection, ""))
        waiting = [row for box, row in rows if box in (Box.WAITING, Box.INCOMING)]
        never = 1 << 62
        return tuple(
            sorted(waiting, key=lambda r: (_URGENCIES.get(r.urgency, 2), r.deadline or never, -r.updated_at))
        )

    async def mark_opened(self, object_id: str) -> None:
        """The user has seen what is there now."""

        def write(connection: Connection) -> bool:
            row = connection.execute(select(DOCUMENT_ROWS).where(DOCUMENT_ROWS.c.id == object_id)).first()
            length = _data(row)["length"] if row is not None else 0
            if row is None or row.opened_n == length:
                return False
            chosen = update(DOCUMENT_ROWS).where(DOCUMENT_ROWS.c.id == object_id)
            connection.execute(chosen.values(opened_n=length))
            return True

        if await self._core.store.write(write):
            self._core.bus.publish(DocumentsChanged((object_id,)))


def _rows(connection: Connection, query: str) -> list[tuple[Box, DocumentRow]]:
    chosen = select(DOCUMENT_ROWS).order_by(DOCUMENT_ROWS.c.updated_at.desc())
    if query.strip():
        chosen = chosen.where(DOCUMENT_ROWS.c.id.in_(search.find(connection, area=AREA, query=query)))
    return [(Box(_data(row)["box"]), _row(row)) for row in connection.execute(chosen)]


def _data(row: Row[Any]) -> dict[str, Any]:
    return dict(cbor.decode(row.data))


def _row(row: Row[Any]) -> DocumentRow:
    return DocumentRow(
        id=row.id,
        title=row.title,
        kind=Kind(row.kind),
        number=row.number,
        urgency=row.urgency,
        label=row.label,
        phase=Phase(row.phase) if row.phase else None,
        holder=row.holder,
        origin=row.origin,
        updated_at=row.updated_at,
        deadline=row.deadline,
        unread=row.opened_n < _data(row)["length"],
        standing=Standing(row.standing),
        refusal=row.refusal,
        consult=row.role == "branch",
        outdated=bool(_data(row).get("outdated")),
    )


def _draft_row(draft: DraftRow) -> DocumentRow:
    return DocumentRow(
        id=draft.id,
        title=draft.form.title,
        kind=draft.form.kind,
        number="",
        urgency=draft.form.urgency,
        label=draft.form.label,
        phase=None,
        holder="",
        origin="",
        updated_at=draft.updated_at,
        deadline=draft.form.deadline,
        unread=False,
        standing=Standing.SETTLED,
        refusal=None,
    )
