"""The server is blind (promise 1): nothing the users wrote and no content key is in its folder, its logs, its memory, nor in
the clients' folders; the same search finds them where they must be."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlcipher3 import dbapi2

from client.cases import entry_store
from client.core.store import database, keys
from client.core.store.documents import OBJECTS
from client.core.store.store import Store
from client.documents import drafts
from client.documents.drafts import EMPTY, StoredDraft
from client.documents.rows import Box
from protocol.documents.steps import Step
from tests.end_to_end.processes import ROOT, environment
from tests.integration.documents.desks import BODY, TITLE, Desk, Office
from tests.support.blind_search import Needle, key_needle, search_folder, search_memory, text_needle
from tests.support.waiting import until

OPINION = "请再核对一次值班电话"
REASON = "缺少值班安排表格"
WORDS = "值班电话八三二零五五五五"


def content_keys(connection: Connection) -> list[Needle]:
    """Every key that opens something: of objects, and the principals' seeds."""
    found = [
        key_needle(f"key of {object_id}", key)
        for object_id in connection.execute(select(OBJECTS.c.id)).scalars()
        for key in entry_store.keys_of(connection, object_id).values()
    ]
    return found + [key_needle(f"seed of {name}", seed) for name, _, _, seed in keys.seeds(connection)]


async def needles(desks: list[Desk], file: Path) -> list[Needle]:
    texts = [TITLE, BODY.splitlines()[2], OPINION, REASON, WORDS, file.stem]
    found = [text_needle(text) for text in texts]
    for desk in desks:
        found += await desk.core.store.read(content_keys)
    return found


async def test_nothing_a_user_wrote_and_no_key_is_where_it_must_not_be(
    office: Office, tmp_path: Path
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk")
    leader = await office.appointed("乙", "fgw.office")
    await until(lambda: clerk.core.directory.size == leader.core.directory.size)
    file = tmp_path / "值班安排汇总表.txt"
    file.write_text(WORDS * 50, encoding="utf-8")
    draft = await clerk.draft(files=(file,))
    (reviewer,) = [target.id for target in await clerk.documents.drafting.reviewers()]
    case = await clerk.documents.drafting.start(draft, reviewer)
    await leader.waits(Box.WAITING)
    await leader.act(case, Step.OPINION, opinion=OPINION)
    await leader.act(case, Step.REVIEW_RETURN, reason=REASON)
    await clerk.may(case, Step.REVISE)
    await clerk.documents.reader.pages(case, 300)
    row = (await clerk.view(case)).attachments[0]
    saved = tmp_path / "saved.txt"
    await clerk.documents.reader.save_attachment(case, row.sha256, saved)
    assert saved.read_text(encoding="utf-8") == WORDS * 50

    own = await needles([clerk], file)
    wanted = [*own, *await needles([leader], file)]
    assert len(own) == 6 + 1 + 3, "six texts, the key of the case, seeds of person, post and body"
    server = office.city.server
    assert server is not None
    dumps = tmp_path / "dumps"
    hits = await asyncio.to_thread(search_memory, server.pid, wanted, dumps)
    await office.close()
    for place in (office.city.server_dir, office.city.folder / "logs", tmp_path / "甲", tmp_path / "乙"):
        hits += await asyncio.to_thread(search_folder, place, wanted)
    assert hits == []
    # The proof that the search would see it: a client that has read its documents holds every word and every key.
    seen = await asyncio.to_thread(seen_in_a_client, tmp_path / "甲", own, dumps)
    assert {needle.name for needle in own} <= seen


def seen_in_a_client(profile: Path, wanted: list[Needle], dumps: Path) -> set[str]:
    """Which needles are in the memory of a client that has opened this profile."""
    command = [sys.executable, "-m", "tests.integration.documents.reading_client", str(profile)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        hits = search_memory(client.pid, wanted, dumps)
        client.kill()
    return {hit.needle for hit in hits}


def plain_connector(path: Path, _key: bytes, *, read_only: bool) -> Callable[[], Any]:
    """The cipher double: the real store over a database without a key. It lives here alone."""

    def connect() -> Any:
        connection = dbapi2.connect(str(path), check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        return connection

    return connect


async def test_a_store_without_its_cipher_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def kept(name: str) -> list[object]:
        folder = tmp_path / name
        folder.mkdir()
        store = Store(folder / "store.db")
        store.create(bytes(32))
        draft = StoredDraft("drf", replace(EMPTY, title=TITLE), (), None, 1)
        await store.write(lambda connection: drafts.put(connection, draft))
        store.close()
        return list(search_folder(folder, [text_needle(TITLE)]))

    assert await kept("with") == []
    monkeypatch.setattr(database, "connector", plain_connector)
    assert await kept("without") != []
