"""What an older program could not read of a padded content is read once it is updated; of a later form it says so (C41, C44)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest_asyncio
from sqlalchemy import Connection, update

from client.core.store import settings
from client.core.store.documents import ENTRIES
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.features import CONTENTS_2
from tests.security.desk import Desk
from tests.support.small_city import b64

MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    with TemporaryDirectory(dir=MEMORY) as folder:
        made = Desk(Path(folder))
        await made.sit()
        yield made
        await made.close()


async def test_what_0_2_0_kept_as_unreadable_is_opened_after_the_update(desk: Desk) -> None:
    desk.city.switch(CONTENTS_2.name)
    case = desk.case()
    case.until(Phase.REVIEW)
    case.padded = True
    remark = case.do(Step.OPINION, "bureau.head").id
    await desk.follow()
    kept = (await desk.book(case)).kept[remark]
    assert (kept.fault, kept.fields) == (None, {"opinion": "同意"})
    # As the release before leaves it: the first byte was of no suite it knew.
    unread = {"fields": cbor.encode({}), "fault": ErrorCode.WIRE_UNKNOWN_TYPE.value}

    def older(connection: Connection) -> None:
        connection.execute(update(ENTRIES).where(ENTRIES.c.entry_id == remark).values(unread))
        settings.put(connection, "core.read_by", "0.2.0")

    await desk.client.store.write(older)
    await desk.client.second_reading.run()
    kept = (await desk.book(case)).kept[remark]
    assert (kept.fault, kept.fields) == (None, {"opinion": "同意"})


async def test_a_content_in_a_later_form_reads_so_where_the_site_has_what_this_program_lacks(
    desk: Desk,
) -> None:
    for features, code in (
        ((), ErrorCode.WIRE_UNKNOWN_TYPE),
        (("tomorrow/1",), ErrorCode.CLIENT_OUTDATED),
    ):
        desk.city.switch(*features)
        await desk.client.directory.catch_up()
        case = desk.case()
        case.until(Phase.REVIEW)
        await desk.follow()
        before, request = desk.record(case), case.request(Step.OPINION, "bureau.head")
        ciphertext = b"\x82" + os.urandom(600)
        value = Signed.parse(base64.b64decode(request["entry"])).value()
        value |= {"content": hashlib.sha256(ciphertext).digest()}
        signed = desk.city.devices["bureau.head"].signed(SignedType.DOCUMENT_ENTRY, value)
        later = request | {"entry": b64(signed.to_bytes()), "ciphertext": b64(ciphertext)}
        record = desk.accepted(later, before)
        case.do(Step.OPINION, "bureau.head")
        desk.replace(record)
        await desk.follow()
        desk.honest()
        book = await desk.book(case)
        assert book.kept[signed.entry_id].fault == code.value
        # It stands in the case, as it does for those who can read it.
        assert book.file.line_heads == {signed.entry_id}
