"""What a client that ends in the middle of something goes on with when it is opened again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from client.core.events import Event, TransferProgressed
from client.messaging.rows import Delivery
from tests.integration.documents.desks import PASSPHRASE
from tests.integration.messaging.talkers import Hall, Talker
from tests.support.cable import Cable
from tests.support.waiting import until


async def severed_in_the_middle(cable: Cable, talker: Talker, talk: str, file: Path) -> int:
    """Send a file and cut the cable when some of it is at the server; returns how much was said to be."""
    moved: list[int] = []
    some = asyncio.Event()

    def heard(event: Event) -> None:
        if isinstance(event, TransferProgressed) and 0 < event.done < event.total:
            moved.append(event.done)
            some.set()

    forget = talker.core.bus.subscribe(heard)
    await talker.conversations.send_file(talk, file)
    await some.wait()
    await cable.sever()
    forget()
    return moved[0]


@pytest.mark.expects_logs
async def test_a_file_goes_on_where_it_was_and_a_draft_is_still_there(
    hall: Hall, cable: Cable, tmp_path: Path
) -> None:
    first = await hall.joined("甲", "fgw.clerk", cable.address)
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    await first.says(talk, "材料随后发来")
    await second.sees(talk, "材料随后发来")
    await first.conversations.save_draft(talk, "另外，请")
    file = tmp_path / "材料.bin"
    file.write_bytes(bytes(range(256)) * 80_000)
    reached = await severed_in_the_middle(cable, first, talk, file)
    assert (await first.messages(talk))[-1].delivery is Delivery.PENDING
    hall.talkers.remove(first)
    await first.core.stop()

    again = hall.open("甲")
    await again.core.login.unlock(PASSPHRASE)
    shown = (await again.messages(talk))[-1]
    assert (shown.delivery, shown.file is not None and shown.file.progress) == (Delivery.PENDING, 0)
    assert await again.conversations.draft(talk) == "另外，请"
    await cable.mend()
    await again.core.start()
    await second.sees(talk, "材料随后发来", "材料.bin")
    offsets = [event.done for event in again.events if isinstance(event, TransferProgressed)]
    assert offsets[0] >= reached

    async def settled() -> bool:
        return (await again.messages(talk))[-1].delivery is not Delivery.PENDING

    await until(settled)
    saved = tmp_path / "saved.bin"
    assert await second.conversations.save_file((await second.messages(talk))[-1].id, saved)
    assert saved.read_bytes() == file.read_bytes()
