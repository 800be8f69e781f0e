"""A row in every table that is still empty: what an upgrade must keep, whatever it says; meetings say what was signed of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, MetaData, func, insert, select

from protocol.crypto.signature import Signed

_VECTORS: Final = Path(__file__).resolve().parents[1] / "protocol.json"


def fill(connection: Connection, metadata: MetaData) -> None:
    """Values of plausible kinds, named after their columns."""
    for table in metadata.sorted_tables:
        if not connection.execute(select(func.count()).select_from(table)).scalar_one():
            plain = {each.name: _value(each) for each in table.columns}
            signed = _signed(table.name)
            connection.execute(
                insert(table).values({**plain, **{n: signed[n] for n in plain if n in signed}})
            )


def _signed(table: str) -> dict[str, object]:
    """What is known of a row: the meeting of the vectors, and the act that follows it."""
    kind = {"meetings": "MEETING", "meeting_acts": "CHAIR_ACT"}.get(table)
    if kind is None:
        return {}
    formats = json.loads(_VECTORS.read_text(encoding="utf-8"))["signed_formats"]["formats"]
    signed = Signed.parse(bytes.fromhex(formats[kind]["bytes"]["hex"]))
    value = signed.value()
    made = {**value, "signed": signed.to_bytes(), "entry_id": signed.entry_id, "standing": "settled"}
    return made | ({"id": value["meeting"]} if table == "meetings" else {})


def _value(column: Column[Any]) -> object:
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer):
        return 1
    return column.name.encode() if isinstance(column.type, LargeBinary) else column.name
