"""A conversation of 100,000 messages: opening it at its end, searching it (from the words to the rows of a page), and taking in one.

`python -m tests.benchmarks.history`; the last line printed is one JSON object. The store is the product's own, encrypted.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, text

from client.core.letters import letters
from client.core.store import database, schema, search
from client.core.store.conversations import CONVERSATIONS, MESSAGES
from client.messaging import message_store, pages, presenter
from protocol.crypto import cbor
from protocol.directory.organisation import Organisation

COUNT, PAGE, ROUNDS, TALKS = 100_000, 50, 21, 200
# Two words that stand together, one that every other message has, two anywhere, the end of a number, part of a word, and two
# that nobody said, one of them of digits that all messages have.
_QUERIES: Final = ("防汛值班", "会", "预算 通知", "5678", "40 km/h", "海绵城市", "9876543")
AIM_OPEN_MS, AIM_SEARCH_MS = 50, 10
_WORDS: Final = (
    "会议",
    "材料",
    "防汛",
    "值班",
    "明天",
    "请",
    "已",
    "报送",
    "办公室",
    "修改",
    "通知",
    "预算",
    "审核",
    "40km/h",
    "13905715678",
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        path.touch()
        engine = database.make_engine(path, bytes(32), read_only=False, size=1)
        with engine.begin() as connection:
            schema.upgrade(connection)
            fill(connection)
        result = measure(engine.begin)
        engine.dispose()
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    return 0


def row(n: int, said: str) -> dict[str, object]:
    return {
        "id": f"msg{n}",
        "conversation": "cnv",
        "n": n,
        "person": f"prs{n % 9}",
        "device": "dev",
        "kind": "text",
        "fields": cbor.encode({"text": said, "reply_to": None}),
        "sent_at": n,
        "received_at": n,
        "standing": message_store.SETTLED,
        "recalled": False,
    }


def fill(connection: Connection) -> None:
    chance = random.Random(1)
    said = ["".join(chance.choices(_WORDS, k=10)) for _ in range(COUNT)]
    connection.execute(insert(MESSAGES), [row(n, each) for n, each in enumerate(said, 1)])
    indexed = [{"n": n, "k": f"msg{n}", "c": " ".join(letters(each))} for n, each in enumerate(said, 1)]
    for statement in (
        f"INSERT INTO search (rowid, area, key, content) VALUES (:n, '{message_store.AREA}', :k, :c)",
        f"INSERT INTO search_places (area, key, place) VALUES ('{message_store.AREA}', :k, :n)",
    ):
        connection.execute(text(statement), indexed)


def fill_list(connection: Connection) -> None:
    """Conversations beside the long one, each with a hundred messages of which half are unread."""
    people = {"members": cbor.encode([f"prs{n}" for n in range(9)]), "admins": cbor.encode(["prs0"])}
    numbers = {"roster_n": 1, "joined_n": 1, "last_n": 100, "read_n": 50, "updated_at": 0}
    for place in range(TALKS):
        name = {"id": f"cnv{place}", "grouped": True, "title": "组", "roster": b"", "draft": ""}
        connection.execute(insert(CONVERSATIONS).values(name | people | numbers))
        said = [
            row(n, "请报送材料") | {"id": f"m{place}_{n}", "conversation": f"cnv{place}"}
            for n in range(1, 101)
        ]
        connection.execute(insert(MESSAGES), said)


def measure(begin: Callable[[], object]) -> dict[str, object]:
    names = presenter.Names("prs0", Organisation(1, []), lambda _blob: None, lambda _device: True)
    opened = timed(begin, lambda c, _: presenter.page(c, names, pages.newest(c, "cnv", PAGE)))
    searched = {query: timed(begin, partial(found, names, query)) for query in _QUERIES}
    taken = timed(
        begin,
        lambda c, n: search.add(c, area=message_store.AREA, key=f"new{n}", content="明天的会议改到下午"),
    )
    with begin() as connection:  # type: ignore[attr-defined]
        fill_list(connection)
    listed = timed(begin, lambda c, _: presenter.rows(c, names))
    return {
        "benchmark": "history",
        "messages": COUNT,
        "list_ms": {"conversations": TALKS, "ms": listed},
        "open_ms": opened,
        "search_ms": searched,
        "index_one_ms": taken,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"open_ms": AIM_OPEN_MS, "search_ms": AIM_SEARCH_MS},
        "reached": opened <= AIM_OPEN_MS and max(searched.values()) <= AIM_SEARCH_MS,
    }


def found(names: presenter.Names, query: str, connection: Connection, _round: int) -> object:
    return presenter.messages(connection, names, message_store.found(connection, query))


def timed(begin: Callable[[], object], work: Callable[[Connection, int], object]) -> float:
    """The median of some rounds, in ms, each in a transaction of its own."""
    times = []
    for n in range(ROUNDS):
        started = time.perf_counter()
        with begin() as connection:  # type: ignore[attr-defined]
            work(connection, n)
        times.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(times), 2)


if __name__ == "__main__":
    raise SystemExit(main())
