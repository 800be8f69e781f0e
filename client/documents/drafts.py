"""Drafts as they lie in the store: the form as typed, and the files taken in with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store import blobs
from client.core.store.documents import DRAFTS
from client.core.sync import acts
from client.documents.files import FileRef
from client.documents.rows import DraftForm, DraftRow
from protocol.crypto import cbor
from protocol.documents.kinds import Kind
from protocol.errors import ErrorCode, LocalProtocolError

_LIMIT: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft with what opens its files. `case`: the returned case it revises."""

    id: str
    form: DraftForm
    files: tuple[FileRef, ...]
    case: str | None
    updated_at: int

    def row(self) -> DraftRow:
        return DraftRow(self.id, self.form, tuple(ref.row() for ref in self.files), self.updated_at)


EMPTY = DraftForm(
    kind=Kind.NOTICE,
    title="",
    body_text="",
    main_recipients=(),
    copy_recipients=(),
    urgency="none",
    label="internal",
    publicity="on_request",
    publicity_reason="",
    note="",
    deadline=None,
)


def put(connection: Connection, draft: StoredDraft) -> None:
    """Write a draft.

    Raises:
        LocalProtocolError: `wire.too_large`, it could not be read again; what is on disk stays.
    """
    form: dict[str, Any] = asdict(draft.form) | {"kind": draft.form.kind.value}
    row: dict[str, Any] = {
        "id": draft.id,
        "form": cbor.encode({name: list(v) if isinstance(v, tuple) else v for name, v in form.items()}),
        "attachments": cbor.encode([ref.value() for ref in draft.files]),
        "case_id": draft.case,
        "updated_at": draft.updated_at,
    }
    if max(len(row["form"]), len(row["attachments"])) > _LIMIT:
        raise LocalProtocolError(ErrorCode.WIRE_TOO_LARGE)
    connection.execute(insert(DRAFTS).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


def find(connection: Connection, draft_id: str) -> StoredDraft | None:
    row = connection.execute(select(DRAFTS).where(DRAFTS.c.id == draft_id)).first()
    return None if row is None else _stored(row)


def of_case(connection: Connection, case: str) -> StoredDraft | None:
    row = connection.execute(select(DRAFTS).where(DRAFTS.c.case_id == case)).first()
    return None if row is None else _stored(row)


def all_drafts(connection: Connection) -> list[DraftRow]:
    rows = connection.execute(select(DRAFTS).order_by(DRAFTS.c.updated_at.desc()))
    return [_stored(row).row() for row in rows]


def remove(connection: Connection, draft_id: str) -> None:
    connection.execute(DRAFTS.delete().where(DRAFTS.c.id == draft_id))


def unused(connection: Connection, draft: StoredDraft) -> list[str]:
    """The blobs of a draft just removed that nothing else here names and the server has not: what no page can show."""
    if draft.case is not None:
        return []
    others = {ref.blob for row in connection.execute(select(DRAFTS)) for ref in _stored(row).files}
    others |= acts.blobs(connection)
    return [ref.blob for ref in draft.files if ref.blob not in others and not _there(connection, ref.blob)]


def _there(connection: Connection, blob: str) -> bool:
    found = blobs.find(connection, blob)
    return found is not None and found[2]


def _stored(row: Row[Any]) -> StoredDraft:
    form = cbor.decode(row.form, limit=_LIMIT)
    form |= {name: tuple(form[name]) for name in ("main_recipients", "copy_recipients")}
    form["kind"] = Kind(form["kind"])
    files = tuple(FileRef.of(value) for value in cbor.decode(row.attachments, limit=_LIMIT))
    return StoredDraft(row.id, DraftForm(**form), files, row.case_id, row.updated_at)
