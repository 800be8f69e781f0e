"""Stores of earlier landings open in this one, with everything that was in them (C21)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from client.core.bus import EventBus
from client.core.search_update import SearchUpdate
from client.core.store import (
    blobs,
    conversations,
    directory,
    documents,
    events,
    keys,
    meetings,
    schema,
    search,
    settings,
)
from client.core.store.store import Store
from client.core.sync import acts
from client.meetings import ledger
from tests.vectors import talking

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "upgrade"
STORES = sorted(VECTORS.glob("client-*.db"))
CONVERSATIONS = (
    conversations.ROSTERS,
    conversations.MESSAGES,
    conversations.READ_MARKS,
    conversations.OLM,
    conversations.OLM_SESSIONS,
    conversations.OUTBOUND,
    conversations.INBOUND,
)
CASE = "cas_" + "a" * 26


def test_there_is_a_store_of_every_version() -> None:
    versions = [json.loads(path.with_suffix(".json").read_bytes())["version"] for path in STORES]
    assert versions == list(range(1, schema.VERSION + 1))


@pytest.mark.parametrize("vector", STORES, ids=lambda path: path.stem)
async def test_an_older_store_opens_with_all_its_rows(tmp_path: Path, vector: Path) -> None:
    path = Path(shutil.copy(vector, tmp_path / "store.db"))
    store = Store(path)
    store.open(bytes.fromhex(json.loads(vector.with_suffix(".json").read_bytes())["key"]))

    def check(connection: Connection) -> None:
        assert schema.version(connection) == schema.VERSION
        assert settings.get(connection, "identity")["label"] == "桌面"
        assert keys.own_key(connection, "device") == keys.OwnKey(b"\x01" * 32, b"public", b"certificate")
        assert [row[1] for row in keys.seeds(connection)] == [1]
        assert directory.leaves(connection) == [b"leaf"]
        assert directory.newest_head(connection) == b"head"
        assert directory.snapshot(connection, 1) == [b"entry"]
        assert directory.trust(connection) == {"root": b"r", "issuing": b"i", "log": b"l"}
        assert connection.execute(select(documents.OBJECTS.c.key)).scalar_one() == b"\x03" * 32
        assert connection.execute(select(documents.ENTRIES.c.n)).scalar_one() == 1
        assert connection.execute(select(documents.DOCUMENT_ROWS.c.kind)).scalar_one() == "通知"
        assert connection.execute(select(documents.DRAFTS.c.updated_at)).scalar_one() == 1
        assert connection.execute(select(documents.NUMBER_ENTRIES.c.n)).scalar_one() == 1
        assert [act.blobs for act in acts.pending(connection)] == [("f" * 64,)]
        assert events.cursor(connection) == 7
        assert blobs.find(connection, "f" * 64) == (9, True, False)
        if json.loads(vector.with_suffix(".json").read_bytes())["version"] >= 2:
            assert (
                connection.execute(select(conversations.CONVERSATIONS.c.title)).scalar_one() == "防汛工作组"
            )
            for table in CONVERSATIONS:
                assert len(connection.execute(select(table)).all()) == 1
        if json.loads(vector.with_suffix(".json").read_bytes())["version"] >= 3:
            assert connection.execute(select(conversations.DELIVERY_MARKS.c.upto)).scalar_one() == 1
            assert connection.execute(select(conversations.CHANNEL_KEYS.c.seed)).scalar_one() == b"seed"
        if json.loads(vector.with_suffix(".json").read_bytes())["version"] >= 4:
            assert connection.execute(select(meetings.MEETING_ACTS.c.n)).scalar_one() == 1
            [kept] = ledger.all_of(connection)
            assert (kept.id, kept.standing, kept.meeting.starts_at) == (
                talking.MEETING,
                ledger.SETTLED,
                talking.AT,
            )
            assert (kept.chair.n, kept.chair.removed) == (1, frozenset({talking.OTHER}))
        assert connection.execute(text("PRAGMA cipher_integrity_check")).all() == []

    await store.read(check)
    await SearchUpdate(store, EventBus()).run()
    assert await store.read(lambda c: search.find(c, area="documents", query="防火")) == [CASE]
    await store.write(lambda c: search.put(c, area="documents", key=CASE, content="防汛"))
    found = await store.read(
        lambda c: [search.find(c, area="documents", query=word) for word in ("防火", "防汛")]
    )
    assert found == [[], [CASE]], "what an older client indexed is found again to be replaced"
    store.close()
