"""Taking in rosters, keys and messages, in memory: what is believed, what is held, and in which order it may come."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from client.core.events import ConversationsChanged
from client.core.sync.pull import LogEvent
from client.messaging import conversation_store, incoming_events, message_store
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind
from protocol.messaging.contents import ContentKind
from protocol.messaging.payloads import MessageEvent, Roster
from protocol.wire.messaging import ConversationRecord
from tests.unit.core.log_double import DAY, LI, WANG
from tests.unit.messaging.talk import ZHAO, Talk, Talker, group

HELD = pytest.mark.expects_logs("was held")


@pytest.fixture
def talk() -> Talk:
    return Talk()


def record(event: LogEvent) -> ConversationRecord:
    return ConversationRecord.model_validate(dict(event.body))


async def taken(talk: Talk, reader: Talker, kind: str, data: bytes, n: int) -> list[ErrorCode]:
    """What a reader is told when the server shows it these bytes next."""
    before = len(reader.notices)
    await reader.pull.deliver(talk.server.tell(reader.device, kind, data, n))
    return reader.notices[before:]


async def newest(talk: Talk, writer: Talker, conversation: str, text: str) -> MessageEvent:
    """A message of a writer, as the server has it; nobody else has heard of it yet."""
    await writer.says(conversation, text)
    own = [event for event in talk.server.logs[writer.device] if event.kind == "message"]
    return MessageEvent.parse(Signed.parse(record(own[-1]).signed).value())


async def test_a_message_that_comes_before_its_key_is_read_when_the_key_comes(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    wang.channel.without_prekeys.add(li.device)
    await talk.clock.advance(2 * DAY / 1000)  # a new session begins, whose key does not get to him
    await wang.says(made, "先到")
    await li.follows()
    assert [row.unreadable for row in await li.rows(made)][-1] == ErrorCode.MESSAGING_NO_SESSION.value
    wang.channel.without_prekeys.clear()
    await wang.says(made, "后到")
    await li.follows()
    # The key goes from where the ratchet stands: what was written before it stays closed.
    assert [row.unreadable for row in await li.rows(made)][-2:] == [
        ErrorCode.MESSAGING_UNREADABLE.value,
        None,
    ]


@HELD
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"roster": bytes(32)}, ErrorCode.MESSAGING_UNKNOWN),
        ({"person": ZHAO}, ErrorCode.CERTIFICATE_UNKNOWN),
        ({"log_root": bytes(32)}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"parents": [bytes(32)]}, ErrorCode.MESSAGING_HIDDEN),
    ],
)
async def test_what_a_message_says_of_where_it_stands_must_be_true(
    talk: Talk, changed: dict[str, object], code: ErrorCode
) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    message = await newest(talk, wang, made, "原文")
    del talk.server.logs[li.device][-1]
    value = replace(message, **changed).value()  # type: ignore[arg-type]
    signed = wang.signer.sign_at_once(SignedType.MESSAGE, value)
    assert await taken(talk, li, "message", signed.to_bytes(), 3) == [code]
    assert await li.texts(made) == ["工作组"]


@HELD
async def test_a_place_that_was_left_out_is_noticed(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    message = await newest(talk, wang, made, "原文")
    del talk.server.logs[li.device][-1]
    signed = wang.signer.sign_at_once(SignedType.MESSAGE, replace(message, parents=[]).value())
    assert await taken(talk, li, "message", signed.to_bytes(), 4) == [ErrorCode.MESSAGING_HIDDEN]


@HELD
async def test_the_device_that_signs_is_the_one_that_writes(talk: Talk) -> None:
    wang, other, li = talk.person(WANG), talk.person(WANG), talk.person(LI)
    made = await group(wang, other, li)
    message = await newest(talk, wang, made, "原文")
    del talk.server.logs[li.device][-1]
    signed = other.signer.sign_at_once(SignedType.MESSAGE, message.value())
    assert await taken(talk, li, "message", signed.to_bytes(), 3) == [ErrorCode.MESSAGING_WRONG_SENDER]


@HELD
async def test_a_revoked_device_is_not_heard_from_the_moment_it_is_revoked(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    message = await newest(talk, wang, made, "原文")
    del talk.server.logs[li.device][-1]
    talk.city.revoke(wang.device)
    seen = {"log_size": talk.directory.size, "log_root": talk.directory.root}
    late = wang.signer.sign_at_once(SignedType.MESSAGE, replace(message, **seen).value())  # type: ignore[arg-type]
    assert await taken(talk, li, "message", late.to_bytes(), 3) == [ErrorCode.CERTIFICATE_REVOKED]
    before = wang.signer.sign_at_once(SignedType.MESSAGE, message.value())
    assert await taken(talk, li, "message", before.to_bytes(), 3) == []
    assert (await li.texts(made))[-1] == "原文"


async def test_the_same_words_under_another_name_are_kept_unread_as_a_replay(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    message = await newest(talk, wang, made, "一次")
    await li.follows()
    again = replace(message, id=wang.signer.new_id(IdKind.MESSAGE), parents=[])
    signed = wang.signer.sign_at_once(SignedType.MESSAGE, again.value())
    assert await taken(talk, li, "message", signed.to_bytes(), 4) == []
    assert (await li.rows(made))[-1].unreadable == ErrorCode.MESSAGING_REPLAYED.value


async def test_the_same_event_again_changes_nothing(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "一次")
    await li.follows()
    before = await li.rows(made)
    last = record(talk.server.logs[li.device][-1])
    assert await taken(talk, li, "message", last.signed, last.n) == []
    assert await li.rows(made) == before


@HELD
@pytest.mark.parametrize("n", [1, 3])
async def test_a_roster_is_the_next_of_its_chain(talk: Talk, n: int) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    known = await li.store.read(lambda c: _roster(c, made))
    wanted = replace(known, n=n, previous=bytes(32), members=sorted((WANG, LI, ZHAO)))
    signed = wang.signer.sign_at_once(SignedType.ROSTER, wanted.value())
    assert await taken(talk, li, "roster", signed.to_bytes(), 3) == [ErrorCode.MESSAGING_ROSTER_REFUSED]
    assert {row.person for row in await li.conversations.members(made)} == {WANG, LI}


@HELD
async def test_a_roster_or_a_message_without_a_place_is_refused_so_that_whoever_it_puts_out_is_not_written_to(
    talk: Talk,
) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    entry, known = await li.store.read(lambda c: _placed(c, made))
    wanted = replace(known, n=known.n + 1, previous=entry, members=sorted((WANG, LI)))
    signed = wang.signer.sign_at_once(SignedType.ROSTER, wanted.value())
    assert await taken(talk, li, "roster", signed.to_bytes(), 0) == [ErrorCode.WIRE_MALFORMED]
    assert {row.person for row in await li.conversations.members(made)} == {WANG, LI, ZHAO}
    message = await newest(talk, wang, made, "原文")
    del talk.server.logs[li.device][-1]
    again = wang.signer.sign_at_once(SignedType.MESSAGE, message.value())
    assert await taken(talk, li, "message", again.to_bytes(), 0) == [ErrorCode.WIRE_MALFORMED]


@HELD
async def test_only_a_manager_lets_somebody_in(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li, zhao)
    entry, known = await wang.store.read(lambda c: _placed(c, made))
    wanted = replace(
        known, n=known.n + 1, previous=entry, person=LI, members=sorted((WANG, LI)), admins=[WANG]
    )
    signed = li.signer.sign_at_once(SignedType.ROSTER, wanted.value())
    assert await taken(talk, wang, "roster", signed.to_bytes(), 3) == [ErrorCode.MESSAGING_ROSTER_REFUSED]


async def test_what_another_version_of_the_program_could_not_read_this_one_reads(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "请阅")
    with monkeypatch.context() as version_before:
        version_before.setattr(incoming_events, "unpack", _unknown)
        await li.follows()
    assert (await li.rows(made))[-1].unreadable == ErrorCode.MESSAGING_UNKNOWN_KIND.value
    li.events.clear()
    await li.messages.read_again()
    assert (await li.rows(made))[-1].unreadable is None
    assert (await li.texts(made))[-1] == "请阅"
    assert li.events == [ConversationsChanged((made,))]


def _unknown(_data: bytes) -> tuple[ContentKind, dict[str, object]]:
    raise RemoteProtocolError(ErrorCode.MESSAGING_UNKNOWN_KIND)


@pytest.mark.expects_logs("an earlier one")
async def test_a_message_whose_key_went_with_the_store_that_was_lost_says_so(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li, name="")
    await wang.says(made, "请阅")
    log = talk.server.logs[li.device]
    [packet] = [event for event in log if event.kind == "packet"]
    log[:] = [replace(event, n=n + 1) for n, event in enumerate(each for each in log if each != packet)]
    await li.copied_back.unknown_act(len(log))
    await li.follows()
    assert (await li.rows(made))[-1].unreadable == ErrorCode.MESSAGING_KEY_NOT_RESTORED.value


@pytest.mark.expects_logs("an earlier one")
async def test_a_message_of_mine_that_this_store_does_not_know_says_that_the_store_is_an_earlier_one(
    talk: Talk,
) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    message = await newest(talk, wang, made, "原文")
    await wang.follows()
    await wang.store.write(lambda c: message_store.remove(c, message.id))
    wang.events.clear()
    events = [event for event in talk.server.logs[wang.device] if event.kind == "message"]
    await wang.messages.prepare(events[-1])
    assert wang.notices == [ErrorCode.SYNC_COPIED_BACK]
    assert wang.copied_back.gap


def _placed(connection: Connection, conversation: str) -> tuple[bytes, Roster]:
    found = conversation_store.newest_placed(connection, conversation)
    assert found is not None
    return found


def _roster(connection: Connection, conversation: str) -> Roster:
    return _placed(connection, conversation)[1]
