"""Drafts and boxes in memory: what the document pages ask for, with a store and a directory and no server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from client.cases.entry_writer import EntryWriters
from client.cases.ports import WriterPorts
from client.core.events import DocumentsChanged, DraftsChanged
from client.core.sync.blob_files import BlobFiles
from client.core.sync.blobs import Blobs
from client.documents.boxes import Boxes
from client.documents.contents import PaperContents
from client.documents.drafting import Drafting
from client.documents.paper import CASES
from client.documents.projector import Projector
from client.documents.rows import Box
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.unit.cases.in_memory import CUPBOARD, NoFiles, Official, office
from tests.unit.messaging.talk import NoBlobs

pytestmark = pytest.mark.asyncio


@dataclass
class Clerk:
    """王 with the services of the document pages."""

    official: Official
    drafting: Drafting
    boxes: Boxes
    writers: EntryWriters

    def told(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.official.device.events)


@pytest_asyncio.fixture
async def clerk(tmp_path: Path) -> Clerk:
    _city, _server, wang, _li = await office()
    device, signer = wang.device, wang.signer
    projector = Projector(lambda: signer.me.person, lambda: device.directory.state)
    ports = WriterPorts(
        signer=signer,
        directory=device.directory,
        keys=device.principals,
        blobs=NoFiles(),
        outbox=wang.outbox,
        online=lambda: True,
        rules=PaperContents(),
        projection=projector,
    )
    writers = EntryWriters(ports, CASES)
    blobs = Blobs(device.store, BlobFiles(tmp_path, signer.entropy), NoBlobs(), device.bus, lambda: False)
    drafting = Drafting(device.store, signer, device.directory, blobs, device.bus, writers)
    return Clerk(wang, drafting, Boxes(device.store, device.bus), writers)


async def begun(clerk: Clerk, title: str) -> str:
    """A matter of the site's own procedure."""
    state = clerk.official.device.directory.state
    case = clerk.official.signer.new_id(IdKind.CASE)
    writer = clerk.writers.of(CASES.new(case, CUPBOARD, state))
    await writer.write("ask", clerk.official.post, {}, {"title": title})
    await writer.commit()
    return case


async def test_a_draft_is_on_disk_from_the_first_moment_and_gone_when_it_is_thrown_away(clerk: Clerk) -> None:
    draft = await clerk.drafting.new()
    await clerk.drafting.save(draft.id, replace(draft.form, title="关于防汛值守的通知", body_text="各单位："))
    [row] = await clerk.boxes.rows(Box.DRAFTS)
    assert (row.id, row.title) == (draft.id, "关于防汛值守的通知")
    assert (await clerk.drafting.get(draft.id)).form.body_text == "各单位："
    assert (await clerk.boxes.counts())[Box.DRAFTS] == 1
    await clerk.drafting.discard(draft.id)
    assert not await clerk.boxes.rows(Box.DRAFTS)
    assert clerk.told(DraftsChanged) >= 3


async def test_a_draft_that_could_go_nowhere_says_so_before_it_is_sent(clerk: Clerk) -> None:
    """The office has nobody who reviews."""
    draft = await clerk.drafting.new()
    form = replace(draft.form, title="关于防汛值守的通知", body_text="各单位：请值守。")
    found = await clerk.drafting.check(draft.id, form)
    assert any(finding.hard and finding.rule == "no_post_to_review" for finding in found), found
    assert not await clerk.drafting.reviewers()


async def test_a_matter_lies_in_the_boxes_in_the_words_the_site_signed(clerk: Clerk) -> None:
    case = await begun(clerk, "三号柜钥匙")
    rows = [row for box in Box for row in await clerk.boxes.rows(box)]
    assert [(row.id, row.title, row.kind) for row in rows] == [(case, "三号柜钥匙", None)]
    assert rows[0].matter is not None
    assert (rows[0].matter.called, rows[0].matter.phase) == ("cupboard", "asked")
    assert [row.id for row in await clerk.boxes.rows(Box.WAITING, "钥匙")] == [case]
    assert not await clerk.boxes.rows(Box.WAITING, "公章")
    assert rows[0].unread
    await clerk.boxes.mark_opened(case)
    assert not [row for box in Box for row in await clerk.boxes.rows(box) if row.unread]
    assert clerk.told(DocumentsChanged) >= 2


async def test_a_store_that_is_closed_refuses_and_forgets_nothing(clerk: Clerk) -> None:
    draft = await clerk.drafting.new()
    store = clerk.official.device.store
    store.is_open = False  # type: ignore[misc]
    with pytest.raises(JinshuError) as refused:
        await clerk.drafting.save(draft.id, replace(draft.form, title="没有写进去"))
    assert refused.value.code is ErrorCode.STORE_LOCKED
    store.is_open = True  # type: ignore[misc]
    assert (await clerk.drafting.get(draft.id)).form.title == ""
