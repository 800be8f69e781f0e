"""Which session a conversation is written with, and which devices are given its key."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from client.core.keys import ratchets
from client.core.keys.ratchets import Outbound
from client.core.store.conversations import OUTBOUND
from client.messaging import conversation_store
from protocol.crypto import cbor
from protocol.crypto.signature import SignedType
from protocol.directory.log import DeviceConsent, Leaf, LeafKind
from protocol.directory.records import Standing
from tests.unit.core.log_double import LI, WANG
from tests.unit.messaging.handed_channel import ProcessEnded
from tests.unit.messaging.talk import ZHAO, Talk, Talker, group


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def ready(talker: Talker, conversation: str, only: set[str] | None = None) -> Outbound:
    placed = await talker.store.read(lambda c: conversation_store.newest_placed(c, conversation))
    assert placed is not None
    return await talker.sessions.ready(*placed, only=only)


async def test_one_session_serves_until_a_hundred_messages_are_written_with_it(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    first = await ready(wang, made)
    for _ in range(99 - first.count):
        await wang.store.write(lambda c: ratchets.megolm_encrypt(c, made, b"", wang.signer.entropy))
    assert (await ready(wang, made)).session == first.session
    await wang.store.write(lambda c: ratchets.megolm_encrypt(c, made, b"", wang.signer.entropy))
    second = await ready(wang, made)
    assert second.session != first.session
    assert [session for session, _ in wang.channel.sent] == [first.session, second.session]


async def test_one_session_serves_a_day(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    first = await ready(wang, made)
    await talk.clock.advance(24 * 3600 - 1)
    assert (await ready(wang, made)).session == first.session
    await talk.clock.advance(1)
    assert (await ready(wang, made)).session != first.session


async def test_a_newcomer_gets_the_key_of_the_running_session_and_nobody_gets_it_twice(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li)
    first = await ready(wang, made)
    await wang.conversations.add_members(made, (ZHAO,))
    await wang.sends()
    assert (await ready(wang, made)).session == first.session
    assert wang.channel.sent == [
        (first.session, frozenset({li.device})),
        (first.session, frozenset({zhao.device})),
    ]


async def test_whoever_left_reads_nothing_of_what_comes_after(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    first = await ready(wang, made)
    await wang.conversations.remove_member(made, ZHAO)
    await wang.sends()
    second = await ready(wang, made)
    assert second.session != first.session
    assert wang.channel.sent[-1] == (second.session, frozenset({li.device}))


async def test_whoever_began_a_new_channel_and_left_reads_nothing_of_what_comes_after(talk: Talk) -> None:
    """A new channel says that its device may have lost the keys, not that it did."""
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    first = await ready(wang, made)
    await wang.store.write(lambda c: ratchets.unshare(c, zhao.device))
    await wang.conversations.remove_member(made, ZHAO)
    await wang.sends()
    second = await ready(wang, made)
    assert second.session != first.session
    assert wang.channel.sent[-1] == (second.session, frozenset({li.device}))


async def test_who_was_sent_a_key_just_before_a_crash_and_left_reads_nothing_of_what_comes_after(
    talk: Talk,
) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    await talk.clock.advance(24 * 3600)  # another session is begun, and its key goes out
    wang.channel.ends_after_sending = True
    with pytest.raises(ProcessEnded):
        await ready(wang, made)
    wang.channel.ends_after_sending = False
    first = wang.channel.sent[-1][0]
    await wang.conversations.remove_member(made, ZHAO)
    await wang.sends()
    second = await ready(wang, made)
    assert second.session != first
    assert wang.channel.sent[-1] == (second.session, frozenset({li.device}))


async def test_a_row_of_an_earlier_version_is_read(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    first = await ready(wang, made)
    former = cbor.encode([li.device])
    await wang.store.write(lambda c: c.execute(update(OUTBOUND).values(shared=former)))
    again = await ready(wang, made)
    assert (again.session, again.given, again.shared) == (
        first.session,
        frozenset({li.device}),
        frozenset({li.device}),
    )


async def test_a_revoked_device_ends_the_session_it_has_the_key_of(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    first = await ready(wang, made)
    talk.city.revoke(zhao.device)
    second = await ready(wang, made)
    assert second.session != first.session
    assert second.shared == frozenset()  # the row as it was when the session began
    assert wang.channel.sent[-1] == (second.session, frozenset({li.device}))


async def test_a_device_that_only_the_ca_vouches_for_is_given_nothing_until_its_person_consents(
    talk: Talk,
) -> None:
    wang, li, second = talk.person(WANG), talk.person(LI), talk.person(LI)
    made = await group(wang, li)
    assert talk.directory.state.standing(second.device) is Standing.ON_CA_WORD
    session = await ready(wang, made)
    assert wang.channel.sent == [(session.session, frozenset({li.device}))]
    found = talk.directory.state.device_by_id(second.device)
    assert found is not None
    value = DeviceConsent(second.device, found.bundle, LI, talk.clock.now_ms()).value()
    signed = li.signer.sign_at_once(SignedType.DEVICE_CONSENT, value)
    talk.city._add(Leaf(LeafKind.CONSENT, signed.to_bytes()), None)
    await ready(wang, made)
    assert wang.channel.sent[1:] == [(session.session, frozenset({second.device}))]


async def test_a_device_that_the_key_did_not_reach_gets_it_with_the_next_message(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao, name="")
    wang.channel.without_prekeys.add(zhao.device)
    session = await ready(wang, made)
    wang.channel.without_prekeys.clear()
    await ready(wang, made)
    assert wang.channel.sent == [
        (session.session, frozenset({li.device})),
        (session.session, frozenset({zhao.device})),
    ]


async def test_the_key_may_go_to_some_devices_alone(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao, name="")
    session = await ready(wang, made, {zhao.device})
    assert wang.channel.sent == [(session.session, frozenset({zhao.device}))]
    await ready(wang, made)
    assert wang.channel.sent[-1] == (session.session, frozenset({li.device}))
