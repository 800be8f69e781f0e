"""Whoever leaves a device out signs so, and its owner hears it; nobody else, and nobody where it is not switched on (C46)."""

from __future__ import annotations

import pytest

from protocol.directory.organisation import SITE_ID, Site
from protocol.errors import ErrorCode
from protocol.features import LEFT_OUT
from tests.security.ring import Ring, Talker, ring
from tests.security.test_bad_keys_harm_nobody_else import gets_a_bad_prekey, three

pytestmark = pytest.mark.expects_logs("left out", "has no prekeys", "told later")
OWN, OTHERS = ErrorCode.MESSAGING_OWN_DEVICE_LEFT_OUT, ErrorCode.MESSAGING_DEVICE_LEFT_OUT


def switched_on(made: Ring) -> None:
    made.world.city.ca.entries[SITE_ID] = Site(SITE_ID, (LEFT_OUT.name,), 0)
    made.world.city.publish()


def statements(talker: Talker) -> int:
    """How many it has sent."""
    return sum(path.endswith("/left-out") for _, path, _ in talker.face.heard)


async def test_the_owner_and_the_senders_other_devices_are_told_once_and_nobody_else() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        switched_on(made)
        other = await made.joined(made.world.city.clerk)
        await made.ready(other)
        for talker in (first, second, third):
            await talker.follows()
        await gets_a_bad_prekey(first, third)
        talk = await first.conversations.start((second.person, third.person), "工作组")
        await first.core.outbox.drained()
        for text in ("照常送达", "第二条"):
            await first.says(talk, text)
        for talker in (second, third, other):
            await talker.follows()
        assert statements(first) == 1
        assert (third.notices.count(OWN), third.notices.count(OTHERS)) == (1, 0)
        assert (other.notices.count(OWN), other.notices.count(OTHERS)) == (0, 1)
        assert first.notices.count(OTHERS) == 1
        assert {OWN, OTHERS}.isdisjoint(second.notices)
        # The same of another conversation is no news to the owner.
        again = await first.conversations.start((third.person,), "")
        await first.core.outbox.drained()
        await first.says(again, "只有两个人")
        await third.follows()
        assert (statements(first), third.notices.count(OWN)) == (2, 1)


async def test_where_it_is_not_switched_on_nothing_is_signed_and_the_sender_is_told_as_before() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        await gets_a_bad_prekey(first, third)
        talk = await first.conversations.start((second.person, third.person), "工作组")
        await first.core.outbox.drained()
        await first.says(talk, "照常送达")
        await third.follows()
        assert statements(first) == 0
        assert first.notices.count(OTHERS) == 1
        assert OWN not in third.notices


async def test_a_server_that_does_not_pass_it_on_keeps_the_message_from_nobody() -> None:
    async with ring() as made:
        first, second, third = await three(made)
        switched_on(made)
        for talker in (first, second, third):
            await talker.follows()
        await gets_a_bad_prekey(first, third)
        first.face.refuse("/left-out$", ErrorCode.SERVER_BUSY)
        talk = await first.conversations.start((second.person, third.person), "工作组")
        await first.core.outbox.drained()
        await first.says(talk, "照常送达")
        await second.follows()
        assert (await second.texts(talk))[-1] == "照常送达"
