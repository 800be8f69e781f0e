"""Three real clients who talk, come, go, crash and fall behind at random: nothing is lost, doubled, out of order, or read by who had gone."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from client.core.sync.acts import ActStanding
from client.messaging import conversation_store, pages
from client.messaging.message_store import StoredMessage
from protocol.errors import JinshuError
from protocol.messaging.contents import ContentKind
from tests.security.ring import Ring, Talker, ring
from tests.support.real_clients import PASSPHRASE
from tests.support.waiting import until

STEPS = 40


@dataclass
class Walk:
    """One walk; the first manages the group and stays in it."""

    chance: random.Random
    people: tuple[Talker, Talker, Talker]
    talk: str
    said: dict[str, Talker] = field(default_factory=dict)  # text -> who wrote it

    async def step(self) -> None:
        talker = self.chance.choice(self.people)
        act = self.chance.choices(
            (self.says, self.goes, self.follows, self.crashes, self.changes), (6, 5, 5, 2, 2)
        )[0]
        await act(talker)

    async def says(self, talker: Talker) -> None:
        """Written, and on its way when the device is online again."""
        if await self.inside(talker):
            text = f"第{len(self.said)}句"
            self.said[text] = talker
            await talker.conversations.send_text(self.talk, text, None)

    async def goes(self, talker: Talker) -> None:
        """Everything goes that can, and each act that cannot was tried once."""
        before = {each.id: each.attempts for each in await talker.core.outbox.states()}

        async def tried() -> bool:
            states = await talker.core.outbox.states()
            first = [each for each in states if each.state is ActStanding.PENDING][:1]
            refused = any(each.state is ActStanding.REFUSED for each in states)
            return refused or all(each.attempts > before.get(each.id, 0) for each in first)

        self.begins(talker)
        await until(tried)
        await talker.core.tasks.stop()

    async def follows(self, talker: Talker) -> None:
        await talker.follows()

    async def crashes(self, talker: Talker) -> None:
        """In the middle of whatever it was sending: cut off at some await, closed and opened again."""
        self.begins(talker)
        for _ in range(self.chance.randrange(40)):
            await asyncio.sleep(0)
        await talker.core.lock()
        await talker.core.login.unlock(PASSPHRASE)

    async def changes(self, _talker: Talker) -> None:
        """The manager takes somebody out, or lets him in again."""
        first, other = self.people[0], self.chance.choice(self.people[1:])
        known = await first.core.store.read(lambda c: conversation_store.conversation(c, self.talk))
        assert known is not None
        if other.person in known.members:
            await first.conversations.remove_member(self.talk, other.person)
        else:
            await first.conversations.add_members(self.talk, (other.person,))

    def begins(self, talker: Talker) -> None:
        talker.core.outbox.wake()
        talker.core.tasks.start("outbox", talker.core.outbox.run(talker.core.tasks))

    async def inside(self, talker: Talker) -> bool:
        rows = await talker.conversations.rows()
        return any(row.id == self.talk for row in rows)

    async def come_to_rest(self) -> None:
        """Everybody is online until nothing moves any more; what was refused is given up."""
        quiet = 0
        while quiet < 2:
            before = [await self.kept(talker) for talker in self.people]
            for talker in self.people:
                await self.goes(talker)
                await talker.follows()
                await self.gives_up(talker)
            quiet = quiet + 1 if before == [await self.kept(talker) for talker in self.people] else 0

    async def gives_up(self, talker: Talker) -> None:
        for row in (await talker.conversations.newest(self.talk, 500)).rows:
            if row.refusal is not None:
                await talker.conversations.discard(row.id)

    async def kept(self, talker: Talker) -> list[StoredMessage]:
        return await talker.core.store.read(lambda c: pages.newest(c, self.talk, 500).messages)

    async def members_at(self, kept: StoredMessage) -> set[str]:
        """Whom a message was for, by the roster it names."""
        roster = kept.roster
        assert roster is not None
        found = await self.people[0].core.store.read(lambda c: conversation_store.roster(c, roster))
        assert found is not None
        return set(found.members)

    async def holds(self) -> None:
        whole = await self.kept(self.people[0])
        texts = [(kept.fields or {}).get("text") for kept in whole if kept.kind is ContentKind.TEXT]
        assert len(texts) == len(set(texts))
        assert [kept.n for kept in whole] == sorted(kept.n for kept in whole if kept.n is not None)
        for text, talker in self.said.items():
            # Lost is only what its author gave up because it was refused: he was no member any more.
            mine = [kept for kept in await self.kept(talker) if (kept.fields or {}).get("text") == text]
            assert len(mine) == (1 if text in texts else 0), text
        for talker in self.people:
            has = {kept.id: kept for kept in await self.kept(talker)}
            order = [kept.id for kept in whole if kept.id in has]
            assert [name for name in has if name in set(order)] == order
            for kept in whole:
                there = talker.person in await self.members_at(kept)
                readable = kept.id in has and has[kept.id].fields == kept.fields is not None
                assert readable == there, (talker.person, kept.n, has.get(kept.id))


async def group(made: Ring) -> tuple[tuple[Talker, Talker, Talker], str]:
    people = await made.three()
    talk = await made.group(*people)
    for talker in people:
        await talker.core.tasks.stop()
        talker.core.login.recovery_code()
        await talker.core.login.protect(PASSPHRASE)
    return people, talk


@pytest.mark.expects_logs
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_everybody_has_what_was_for_him_in_one_order(seed: int) -> None:
    async with ring() as made:
        people, talk = await group(made)
        walk = Walk(random.Random(seed), people, talk)
        for _ in range(STEPS):
            try:
                await walk.step()
            except JinshuError as error:
                raise AssertionError(f"seed {seed}: {error.code.value}") from error
        await walk.come_to_rest()
        await walk.holds()
