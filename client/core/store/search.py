"""Local search (D4): FTS5 over single characters, Latin letters and digits as well.

So a word is found by its parts, whatever it is written together with: a 尾号, `40` in 40km/h, `10 kV` in 10kV, `GB/T9704` in
GB/T 9704-2012. Both sides are folded alike by `client.core.letters`, and by nothing else: `m2` finds m², `cafe` finds café.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from client.core.letters import letters


def put(connection: Connection, *, area: str, key: str, content: str) -> None:
    """Index `content` under (area, key), replacing what was there in its own place."""
    place = _place(connection, area, key)
    if place is None:
        add(connection, area=area, key=key, content=content)
        return
    _clear(connection, place)
    _write(connection, place, area, key, " ".join(letters(content)))


def add(connection: Connection, *, area: str, key: str, content: str) -> None:
    """Index what is not there yet, as the newest."""
    # The index finds words, not keys: among 100,000 messages it took 40 ms to find the one to replace.
    place = int(connection.execute(_NEXT_PLACE, {"area": area, "key": key}).scalar_one())
    _write(connection, place, area, key, " ".join(letters(content)))


def remove(connection: Connection, *, area: str, key: str) -> None:
    place = _place(connection, area, key)
    if place is not None:
        _clear(connection, place)
        here = {"area": area, "key": key}
        connection.execute(text("DELETE FROM search_places WHERE area = :area AND key = :key"), here)


def find(connection: Connection, *, area: str, query: str, limit: int = 200) -> list[str]:
    """Keys whose content has each space-separated part of `query` as a phrase, the newest first.

    Newest, not best: it is what people look for, and ranking reads every hit (18 ms instead of 0.8 among 100,000 messages).
    """
    phrases = ['"' + " ".join(words) + '"' for part in query.split() if (words := letters(part))]
    if not phrases:
        return []
    rows = connection.execute(
        text(
            "SELECT key FROM search WHERE content MATCH :query AND area = :area ORDER BY rowid DESC LIMIT :limit"
        ),
        {"query": " ".join(phrases), "area": area, "limit": limit},
    )
    return [row.key for row in rows]


def former_size(connection: Connection) -> int:
    """How many entries of an index made by an earlier version wait to be moved into this one."""
    if not _has_former(connection):
        return 0
    return int(connection.execute(text("SELECT count(*) FROM search_former_docsize")).scalar_one())


def move_former(connection: Connection, most: int) -> int:
    """Move the newest entries of the former index into this one, and the empty table away; returns how many were moved.

    Nothing else is read for it: an entry kept its words in order, and their letters are what is indexed now.
    """
    if not _has_former(connection):
        return 0
    chosen = text("SELECT rowid, area, key, content FROM search_former ORDER BY rowid DESC LIMIT :most")
    # In ascending order: at every lower one FTS5 writes out what it has gathered (20,000 took 15 s instead of 5.8).
    moved = connection.execute(chosen, {"most": most}).all()[::-1]
    if moved:
        rows = [
            {"place": row.rowid, "area": row.area, "key": row.key, "content": " ".join(letters(row.content))}
            for row in moved
        ]
        connection.execute(_INSERT, rows)
        connection.execute(_CLEAR_FORMER, [{"place": row.rowid} for row in moved])
    if len(moved) < most:
        connection.execute(text("DROP TABLE search_former"))
    return len(moved)


_INSERT: Final = text("INSERT INTO search (rowid, area, key, content) VALUES (:place, :area, :key, :content)")
_NEXT_PLACE: Final = text(
    "INSERT INTO search_places (area, key, place)"
    " SELECT :area, :key, coalesce(max(place), 0) + 1 FROM search_places RETURNING place"
)
_CLEAR_FORMER: Final = text("DELETE FROM search_former WHERE rowid = :place")


def _place(connection: Connection, area: str, key: str) -> int | None:
    found = text("SELECT place FROM search_places WHERE area = :area AND key = :key")
    return connection.execute(found, {"area": area, "key": key}).scalar_one_or_none()


def _write(connection: Connection, place: int, area: str, key: str, content: str) -> None:
    connection.execute(_INSERT, {"place": place, "area": area, "key": key, "content": content})


def _clear(connection: Connection, place: int) -> None:
    connection.execute(text("DELETE FROM search WHERE rowid = :place"), {"place": place})
    if _has_former(connection):
        connection.execute(_CLEAR_FORMER, {"place": place})


def _has_former(connection: Connection) -> bool:
    found = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'search_former'")
    return connection.execute(found).first() is not None
