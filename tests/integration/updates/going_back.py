"""What an update that fails must not cost: one writes, goes away with a message still to be sent, and has all of it when he is back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from client.core.client import CoreClient
from client.messaging.service import Messaging
from client.updates.journal import UpdateJournal
from client.updates.rollback import UpdatePhase
from tests.integration.documents.desks import CHEAP, PASSPHRASE
from tests.integration.messaging.talkers import Hall, Talker
from tests.support.cable import Cable
from tests.support.prepared_city import running_city
from tests.support.version_process import FileKeyring
from tests.support.waiting import until

BACK = "0.5.0 opened:updates.went_back"
_TOLD = [
    *("0.4.0 begun", "0.4.0 opened", "0.5.0 begun", "0.5.0 opened"),
    *("0.6.0 begun", "0.6.0 spoils", "0.6.0 begun", "0.6.0 spoils"),
    *("0.5.0 begun", BACK),
]


class RingHall(Hall):
    """Its clients may be opened by a keyring in a file."""

    def open(self, name: str) -> Talker:
        core = CoreClient.open(self.folder / name, keyring=self.ring, cost=CHEAP)
        talker = Talker(core, Messaging(core).conversations)
        core.bus.subscribe(talker.events.append)
        self.talkers.append(talker)
        return talker

    @property
    def ring(self) -> FileKeyring:
        return FileKeyring(self.folder / "ring.json")


@asynccontextmanager
async def hall_by_cable(folder: Path) -> AsyncIterator[tuple[RingHall, Cable]]:
    """A city in a folder, its people, and a line to its server that can be cut."""
    with running_city(folder / "city") as city:
        cable = await Cable.to(city.address)
        hall = RingHall(city, folder)
        try:
            yield hall, cable
        finally:
            await hall.close()
            await cable.sever()


@dataclass(frozen=True)
class Left:
    """A profile that nobody has open, and whoever is told when its message arrives."""

    profile: Path
    conversation: str
    reader: Talker


async def leave(hall: RingHall, cable: Cable) -> Left:
    """Write one message that arrives, and one while the line is cut; then close."""
    writer = await hall.joined("甲", "fgw.clerk", cable.address)
    reader = await hall.joined("乙", "fgw.office")
    await hall.in_step()
    await writer.core.login.add_keyring(PASSPHRASE)
    talk = await writer.conversations.start((reader.person,), "")
    await writer.says(talk, "第一条")
    await reader.sees(talk, "第一条")
    # From here on the writer is away: what he writes is queued, and no version can send it.
    await cable.sever()
    await until(lambda: not writer.core.online)
    await writer.says(talk, "第二条")
    profile = writer.core.paths.root
    await hall.closed(writer)
    return Left(profile, talk, reader)


def check_told(lines: Sequence[str], profile: Path) -> int:
    """0.5.0 opened what 0.4.0 had left, 0.6.0 died twice, and 0.5.0 is there again; returns its process."""
    said = [line.rsplit(" ", 1) for line in lines]
    assert [what for what, _ in said] == _TOLD
    journal = UpdateJournal(profile, "0.5.0")
    assert (journal.state.phase, journal.state.good, journal.failed()) == (
        UpdatePhase.SETTLED,
        "0.5.0",
        frozenset({"0.6.0"}),
    )
    return int(said[-1][1])


async def come_back(hall: RingHall, cable: Cable, left: Left) -> None:
    """What the broken version wrote is not in the profile, and what was queued goes out once."""
    await cable.mend()
    again = hall.open(left.profile.name)
    await again.core.login.unlock(PASSPHRASE)
    assert await again.core.settings.load("of.a.later.form") is None
    assert await again.texts(left.conversation) == ["第一条", "第二条"]
    await again.core.start()
    await left.reader.sees(left.conversation, "第一条", "第二条")
    await again.core.outbox.drained()
    await again.says(left.conversation, "第三条")
    await left.reader.sees(left.conversation, "第一条", "第二条", "第三条")
