"""The table attack × object for documents: the client names every lie, keeps none of it and shows none of it as verified."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from sqlalchemy import select

from client.core.store.documents import ENTRIES
from protocol.documents.steps import Step
from protocol.errors import JinshuError
from tests.security import on_entries, on_entry_wraps, on_fresh_heads, on_issued, on_ledgers, on_receipts
from tests.security.desk import Desk, Trick
from tests.security.tricks import ELSEWHERE, EMPTY, OBJECTS, TRICKS, Attack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.expects_logs]
TABLES = (on_entries, on_entry_wraps, on_receipts, on_fresh_heads, on_ledgers, on_issued)
ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole() -> AsyncIterator[Desk]:
    """One city and one victim for all: every attack has a case of its own."""
    with TemporaryDirectory(dir=MEMORY) as folder:
        made = Desk(Path(folder))
        await made.sit()
        yield made
        await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def desk(whole: Desk) -> AsyncIterator[Desk]:
    yield whole
    whole.honest()
    await whole.follow()


@pytest.mark.parametrize(
    "tried", TRICKS, ids=lambda tried: f"{tried.target}-{tried.attack}-{tried.name}".replace(" ", "_")
)
async def test_the_lie_is_named_and_nothing_of_it_kept(desk: Desk, tried: Trick) -> None:
    blow = await tried.run(desk)
    before, held, noticed = await desk.belief(), await desk.held(), len(desk.real.notices(desk.client))
    if tried.held:
        await blow.act()
        assert desk.real.notices(desk.client)[noticed:] == [tried.code]
        assert await desk.held() == [*held, tried.code.value]
    else:
        with pytest.raises(JinshuError) as caught:
            await blow.act()
        assert caught.value.code is tried.code
        assert await desk.held() == held
    assert await desk.belief() == before
    kept = await desk.client.store.read(lambda c: set(c.execute(select(ENTRIES.c.entry_id)).scalars()))
    assert not kept & set(blow.never)


async def test_what_no_lie_is_told_of_is_read(desk: Desk) -> None:
    """The harness itself: an honest remark in the same place is taken and opened."""
    case = await on_entries.reviewed(desk)
    remark = case.do(Step.OPINION, "bureau.head")
    await desk.follow()
    book = await desk.book(case)
    assert book.fields(book.file.objects[case.case].chain[-1]) == {"opinion": "同意"}
    assert book.kept[remark.id].fault is None


async def test_every_cell_of_the_table_is_tried_or_says_why_not() -> None:
    assert all(table.__doc__ for table in TABLES)
    tried = {(one.target, one.attack) for one in TRICKS}
    every = {(target, attack) for target in OBJECTS for attack in Attack}
    assert every - tried == EMPTY.keys() | ELSEWHERE.keys()
    assert not tried & EMPTY.keys()
    assert not EMPTY.keys() & ELSEWHERE.keys()
    assert len({one.name for one in TRICKS}) == len(TRICKS)
    for named in ELSEWHERE.values():
        path, _, test = named.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8")
