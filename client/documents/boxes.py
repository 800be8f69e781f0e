"""The boxes (待办, 草稿, 在办, 已发, 待签收, 已收, 已作废): rows, counts and search, all on this machine."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from client.cases.rows import Matter, Standing
from client.core.bus import EventBus
from client.core.events import DocumentsChanged
from client.core.letters import matches
from client.core.store import search
from client.core.store.documents import DOCUMENT_ROWS
from client.core.store.store_port import StorePort
from client.documents import drafts
from client.documents.projector import AREA
from client.documents.rows import Box, DocumentRow, DraftRow
from protocol import text
from protocol.cases.objects import ObjectKind
from protocol.crypto import cbor
from protocol.documents.kinds import Kind
from protocol.documents.steps import Phase
from protocol.text import Field

_URGENCIES: Final = {"most_urgent": 0, "urgent": 1, "none": 2}


class Boxes:
    """Reads what the projection wrote; nothing here asks the server."""

    def __init__(self, store: StorePort, bus: EventBus) -> None:
        self._store = store
        self._bus = bus

    async def rows(self, box: Box, query: str = "") -> tuple[DocumentRow, ...]:
        """The rows of a box, newest first; with a query those of all boxes that contain each of its words."""
        if query.strip():
            return await self._found(query)
        if box is Box.DRAFTS:
            return tuple(_draft_row(draft) for draft in await self._store.read(drafts.all_drafts))
        rows = await self._store.read(lambda connection: _rows(connection, ""))
        return tuple(row for row_box, row in rows if row_box is box)

    async def _found(self, query: str) -> tuple[DocumentRow, ...]:
        """Hits wherever they lie: who looks for a document does not know in which box it has got to."""

        def read(connection: Connection) -> list[DocumentRow]:
            drafted = drafts.all_drafts(connection)
            mine = [each for each in drafted if matches(f"{each.form.title}\n{each.form.body_text}", query)]
            return [row for _, row in _rows(connection, query)] + [_draft_row(draft) for draft in mine]

        return tuple(sorted(await self._store.read(read), key=lambda row: -row.updated_at))

    async def counts(self) -> dict[Box, int]:
        """How much is in each box where something waits; elsewhere how much is unread."""
        rows = await self._store.read(lambda connection: _rows(connection, ""))
        counted = dict.fromkeys(Box, 0)
        counted[Box.DRAFTS] = len(await self._store.read(drafts.all_drafts))
        for box, row in rows:
            counted[box] += 1 if box in (Box.WAITING, Box.INCOMING) else int(row.unread)
        return counted

    async def today(self) -> tuple[DocumentRow, ...]:
        """What waits for me, the most urgent and the nearest deadline first."""
        rows = await self._store.read(lambda connection: _rows(connection, ""))
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

        if await self._store.write(write):
            self._bus.publish(DocumentsChanged((object_id,)))


def _rows(connection: Connection, query: str) -> list[tuple[Box, DocumentRow]]:
    chosen = select(DOCUMENT_ROWS).order_by(DOCUMENT_ROWS.c.updated_at.desc())
    if query.strip():
        chosen = chosen.where(DOCUMENT_ROWS.c.id.in_(search.find(connection, area=AREA, query=query)))
    return [(_box(row), _row(row)) for row in connection.execute(chosen)]


def _box(row: Row[Any]) -> Box:
    # Earlier versions put what had been voided among what was dispatched, and wrote so into the row.
    stored = Box(_data(row)["box"])
    return Box.VOID if stored is Box.OUTGOING and row.phase == Phase.VOID.value else stored


def _data(row: Row[Any]) -> dict[str, Any]:
    return dict(cbor.decode(row.data))


def _row(row: Row[Any]) -> DocumentRow:
    return DocumentRow(
        id=row.id,
        title=text.shown(row.title, Field.TITLE),
        kind=Kind(row.kind) if row.kind else None,
        number=text.shown(row.number, Field.NAME),
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
        consult=row.role == ObjectKind.BRANCH,
        box=_box(row),
        outdated=bool(_data(row).get("outdated")),
        matter=Matter(*_data(row)["matter"]) if "matter" in _data(row) else None,
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
        box=Box.DRAFTS,
    )
