"""A store with its search index, and one whose index an earlier version made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, text

from client.core.store import database, schema, search
from client.core.store.migrations import m0007_search_by_characters, m0008_search_by_letters

_KEY = bytes(32)
_FORMER_TOKEN = re.compile(r"[a-z0-9]+|[^\W_]")


class Index:
    """The index of a store in a folder, opened for writing."""

    def __init__(self, folder: Path) -> None:
        path = folder / "store.db"
        fresh = not path.exists()
        path.touch()
        self._engine = database.make_engine(path, _KEY, read_only=False, size=1)
        if fresh:
            self.write(schema.upgrade)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._engine.dispose()

    def write(self, work: Callable[[Connection], Any]) -> Any:
        with self._engine.begin() as connection:
            return work(connection)

    def find(self, query: str) -> list[str]:
        found: list[str] = self.write(lambda c: search.find(c, area="messages", query=query))
        return found


def make_former(path: Path, texts: Sequence[str]) -> None:
    """A store of the version before whole runs of letters and digits were taken apart; the keys are the numbers."""
    path.touch()
    engine = database.make_engine(path, _KEY, read_only=False, size=1)
    before = schema.MIGRATIONS.index(m0007_search_by_characters.upgrade)
    with engine.begin() as connection:
        for step in schema.MIGRATIONS[:before]:
            step(connection)
        connection.execute(text(f"PRAGMA user_version = {before}"))
        for place, said in enumerate(texts, 1):
            folded = unicodedata.normalize("NFKC", said).casefold()
            row = {"p": place, "k": str(place), "c": " ".join(_FORMER_TOKEN.findall(folded))}
            connection.execute(
                text("INSERT INTO search (rowid, area, key, content) VALUES (:p, 'messages', :k, :c)"), row
            )
            connection.execute(text("INSERT INTO search_places VALUES ('messages', :k, :p)"), row)
    engine.dispose()


def make_accented(path: Path, texts: Sequence[str], *, moved: int) -> None:
    """A store of the version whose tokenizer took off accents by itself, which has moved the newest `moved` out of the index
    before it, as that version did: their letters with their accents. The keys are the numbers.
    """
    make_former(path, texts)
    engine = database.make_engine(path, _KEY, read_only=False, size=1)
    before = schema.MIGRATIONS.index(m0008_search_by_letters.upgrade)
    with engine.begin() as connection:
        m0007_search_by_characters.upgrade(connection)
        connection.execute(text(f"PRAGMA user_version = {before}"))
        for place in range(len(texts), len(texts) - moved, -1):
            folded = unicodedata.normalize("NFKC", texts[place - 1]).casefold()
            row = {"p": place, "k": str(place), "c": " ".join(filter(str.isalnum, folded))}
            connection.execute(
                text("INSERT INTO search (rowid, area, key, content) VALUES (:p, 'messages', :k, :c)"), row
            )
            connection.execute(text("DELETE FROM search_former WHERE rowid = :p"), {"p": place})
        if moved == len(texts):
            connection.execute(text("DROP TABLE search_former"))
    engine.dispose()
