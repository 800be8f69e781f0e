"""The X-Wing key of the week: what is sealed to it does not open with what a device keeps for ever, and a server can only withhold it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from client.core.store.conversations import CHANNEL_KEYS, OUTBOUND
from protocol.crypto.envelope import EnvelopeInfo, Purpose, open_envelope
from protocol.crypto.keys import XWingPrivateKey
from protocol.crypto.signature import SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import ChannelKey, KeyPacket
from tests.security.ring import Ring, Talker, ring
from tests.support.small_city import b64

pytestmark = pytest.mark.expects_logs
DAY = 24 * 3600 * 1000


async def seeds(talker: Talker) -> list[bytes]:
    """The private halves a device has, the newest first."""
    chosen = select(CHANNEL_KEYS.c.seed).order_by(CHANNEL_KEYS.c.made_at.desc())
    return [bytes(seed) for seed in await talker.core.store.read(lambda c: list(c.execute(chosen).scalars()))]


def opens(key: XWingPrivateKey, packet: KeyPacket) -> bool:
    info = EnvelopeInfo(Purpose.DEVICE_CHANNEL, packet.conversation, packet.device, packet.to, 0)
    try:
        return bool(open_envelope(key, info, packet.sealed))
    except JinshuError as error:
        return error.code is not ErrorCode.ENVELOPE_CANNOT_OPEN


async def days_pass(made: Ring, days: int, *talkers: Talker) -> None:
    """Time goes on, and every client maintains its keys."""
    made.world.city.clock.advance(days * DAY)
    for talker in talkers:
        await talker.core.channel.maintain()


async def writes(first: Talker, second: Talker, talk: str) -> KeyPacket:
    """A message with a new session; returns the packet that brought its key."""
    await first.core.store.write(lambda c: c.execute(OUTBOUND.delete()))
    await first.says(talk, "新的一条")
    await second.follows()
    assert (await second.conversations.newest(talk, 500)).rows[-1].unreadable is None
    return next(each for each in reversed(first.packets()) if each.to == second.device)


async def test_a_packet_is_sealed_to_the_key_of_the_week_and_that_key_is_forgotten() -> None:
    async with ring() as made:
        first, second = [await made.joined(p) for p in (made.world.city.clerk, made.world.city.second_clerk)]
        await made.ready(first, second)
        talk = await first.conversations.start((second.person,), "")
        await first.core.outbox.drained()
        early = await writes(first, second, talk)
        [week_one] = await seeds(second)
        assert opens(XWingPrivateKey(week_one), early)
        assert not opens(second.core.keystore.xwing, early)
        await days_pass(made, 3, first, second)
        assert await seeds(second) == [week_one]
        await days_pass(made, 5, first, second)
        week_two, kept = await seeds(second)
        assert kept == week_one != week_two
        later = await writes(first, second, talk)
        assert opens(XWingPrivateKey(week_two), later)
        assert not opens(XWingPrivateKey(week_one), later)
        # A week later the first is kept still, for packets that wait; 30 days after its successor it is gone.
        await days_pass(made, 8, second)
        assert week_one in await seeds(second)
        await days_pass(made, 30, second)
        assert week_one not in await seeds(second)
        assert not any(opens(XWingPrivateKey(seed), early) for seed in await seeds(second))


async def test_without_a_recent_key_the_bundle_key_serves() -> None:
    async with ring() as made:
        first, second = [await made.joined(p) for p in (made.world.city.clerk, made.world.city.second_clerk)]
        await made.ready(first, second)
        talk = await first.conversations.start((second.person,), "")
        said: list[dict[str, object]] = [{"keys": []}]
        first.face.lie("/conversations/channel-keys$", lambda honest: said[0] if said else honest)
        assert opens(second.core.keystore.xwing, await writes(first, second, talk))
        # A device that was away for longer than it keeps a key.
        said.clear()
        await days_pass(made, 40, first)
        assert opens(second.core.keystore.xwing, await writes(first, second, talk))


async def test_the_server_cannot_put_a_key_of_its_own_or_an_old_one_in_its_place() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        identity = second.core.directory.state.device_by_id(second.device)
        assert identity is not None
        own = XWingPrivateKey.generate()
        value = ChannelKey(second.device, identity.curve25519, bytes(own.public), 1).value()
        forged = await third.signs(SignedType.CHANNEL_KEY, value)
        await days_pass(made, 2, first, second, third)
        before = len(first.packets())
        said: list[dict[str, object]] = [{"keys": [b64(forged)]}]
        first.face.lie("/conversations/channel-keys$", lambda honest: said[0] if said else honest)
        await first.core.store.write(lambda c: c.execute(OUTBOUND.delete()))
        await first.says(talk, "不能发出去")
        row = (await first.conversations.newest(talk, 500)).rows[-1]
        assert row.refusal == ErrorCode.MESSAGING_WRONG_SENDER.value
        assert len(first.packets()) == before
        await first.conversations.discard(row.id)
        # The key of the week before, kept by the server: whoever saw the newer one stays with it.
        said.clear()
        await writes(first, second, talk)
        old = next(value for path, value in reversed(first.face.said) if path.endswith("/channel-keys"))
        await days_pass(made, 8, first, second, third)
        await writes(first, second, talk)
        await days_pass(made, 2, first)
        said.append(old)
        newest, before_it = [XWingPrivateKey(seed) for seed in await seeds(second)]
        packet = await writes(first, second, talk)
        assert opens(newest, packet)
        assert not opens(before_it, packet)
