"""What a server, helped by a member, tells a real client of a conversation: who speaks, where, for whom, and of which roster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from client.core.keys import ratchets
from client.messaging import conversation_store, message_store
from protocol.crypto import cbor
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.errors import ErrorCode
from protocol.features import MESSAGES_2
from protocol.identifiers import IdKind
from protocol.messaging.commitments import Opening
from protocol.messaging.contents import ContentKind, pack
from protocol.messaging.payloads import MAX_CIPHERTEXT, Roster
from tests.security.forging import place
from tests.security.ring import Ring, Talker, altered, fresh_message, message
from tests.support.small_city import fresh

Told = Callable[[], Awaitable[Sequence[ErrorCode]]]


@dataclass(frozen=True)
class Stage:
    """Three people in a group of the first's; the second is lied to, where nothing else is said."""

    ring: Ring
    first: Talker
    second: Talker
    third: Talker
    talk: str


@dataclass(frozen=True)
class Lie:
    """A lie that can be told again and again: each time it returns the codes its victim names."""

    code: ErrorCode
    prepare: Callable[[Stage], Awaitable[Told]]

    @property
    def name(self) -> str:
        return self.prepare.__name__


LIES: Final[list[Lie]] = []
Prepare = Callable[[Stage], Awaitable[Told]]


def lie(code: ErrorCode) -> Callable[[Prepare], Prepare]:
    """Enter a lie into the table."""

    def enter(prepare: Prepare) -> Prepare:
        LIES.append(Lie(code, prepare))
        return prepare

    return enter


async def stage(ring: Ring) -> Stage:
    first, second, third = await ring.three()
    return Stage(ring, first, second, third, await ring.group(first, second, third))


# What the lies are made of


async def ciphertext(talker: Talker, talk: str, plain: bytes | None = None) -> bytes:
    """A member encrypts with the session everybody has the key of."""
    said = plain if plain is not None else pack(ContentKind.TEXT, text="假", reply_to=None)
    core = talker.core
    return (await core.store.write(lambda c: ratchets.megolm_encrypt(c, talk, said, core.entropy)))[0]


async def value(on: Stage, **changes: Any) -> dict[str, Any]:
    """A message of the first's that nobody has seen, with other fields."""
    data = await ciphertext(on.first, on.talk)
    last = next(each for each in reversed(on.first.posted()) if message(each).conversation == on.talk)
    facts: dict[str, Any] = {"id": fresh_message(), "ciphertext": data, "parents": []}
    return altered(last, **facts | changes)


def tells(on: Stage, made: Callable[[], Awaitable[bytes]], *, kind: str = "message", later: int = 0) -> Told:
    """The victim is told, at the next place of the conversation or later."""

    async def told() -> Sequence[ErrorCode]:
        data = await made()
        codes = await on.second.told(kind, data, await place(on.second, on.talk) + later)
        if codes or kind != "message":
            return codes
        kept = await on.second.core.store.read(lambda c: message_store.find(c, message(data).id))
        return [ErrorCode(kept.fault)] if kept is not None and kept.fault is not None else []

    return told


def says(on: Stage, **changes: Any) -> Told:
    """The first signs it: what is wrong is inside."""

    async def made() -> bytes:
        return await on.first.signs(SignedType.MESSAGE, await value(on, **changes))

    return tells(on, made)


async def newest(talker: Talker, talk: str) -> tuple[bytes, Roster]:
    found = await talker.core.store.read(lambda c: conversation_store.newest_placed(c, talk))
    assert found is not None
    return found


def enrols(on: Stage, signer: Talker, **changes: Any) -> Told:
    """Somebody signs the next roster, with other fields."""

    async def made() -> bytes:
        entry_id, roster = await newest(on.second, on.talk)
        facts: dict[str, Any] = {"n": roster.n + 1, "previous": entry_id, "person": signer.person} | changes
        return await signer.signs(SignedType.ROSTER, replace(roster, **facts).value())

    return tells(on, made, kind="roster")


def begins(on: Stage, **changes: Any) -> Told:
    """The first signs the first roster of another conversation, with other fields."""

    async def made() -> bytes:
        _, roster = await newest(on.second, on.talk)
        facts: dict[str, Any] = {
            "conversation": fresh(IdKind.CONVERSATION),
            "n": 1,
            "previous": None,
        } | changes
        return await on.first.signs(SignedType.ROSTER, replace(roster, **facts).value())

    return tells(on, made, kind="roster")


async def takes_out(on: Stage, *victims: Talker) -> None:
    """The first removes the third; all others follow."""
    await on.first.conversations.remove_member(on.talk, on.third.person)
    await on.first.core.outbox.drained()
    for each in (on.first, *victims):
        await each.follows()


# Who speaks


@lie(ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_writer_saw_another_directory(on: Stage) -> Told:
    return says(on, log_root=bytes(32))


@lie(ErrorCode.CERTIFICATE_UNKNOWN)
async def a_member_writes_in_the_name_of_another(on: Stage) -> Told:
    await on.third.says(on.talk, "我也在")
    await on.second.follows()

    async def made() -> bytes:
        data = await ciphertext(on.third, on.talk)
        session = message(on.third.posted()[-1]).session
        facts = await value(on, device=on.third.device, session=session, ciphertext=data)
        return await on.third.signs(SignedType.MESSAGE, facts)

    return tells(on, made)


@lie(ErrorCode.SIGNATURE_INVALID)
async def the_server_signs_under_a_members_certificate(on: Stage) -> Told:
    own, known = SigningKey.generate(), Signed.parse(on.first.posted()[-1]).cert_hash

    async def made() -> bytes:
        return sign(own, known, SignedType.MESSAGE, await value(on)).to_bytes()

    return tells(on, made)


@lie(ErrorCode.CERTIFICATE_REVOKED)
async def a_revoked_device_goes_on_talking(on: Stage) -> Told:
    world = on.ring.world
    world.city.operate(world.revocation(on.first.core))
    directory = on.second.core.directory
    await directory.catch_up()
    return says(on, log_size=directory.size, log_root=directory.root)


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def a_device_writes_in_the_name_of_another_of_the_same_person(on: Stage) -> Told:
    added = await on.ring.joined(on.ring.world.city.clerk)
    directory = on.second.core.directory
    await directory.catch_up()

    async def made() -> bytes:
        facts = await value(on, log_size=directory.size, log_root=directory.root)
        return await added.signs(SignedType.MESSAGE, facts)

    return tells(on, made)


# Where and for whom


@lie(ErrorCode.MESSAGING_UNKNOWN)
async def a_message_is_for_a_roster_of_another_conversation(on: Stage) -> Told:
    other = await on.ring.group(on.first, on.second, on.third)
    return says(on, roster=(await newest(on.second, other))[0])


@lie(ErrorCode.MESSAGING_NOT_A_MEMBER)
async def a_removed_member_goes_on_talking(on: Stage) -> Told:
    await on.third.says(on.talk, "我还在")
    await on.first.follows()
    await takes_out(on, on.second)
    roster = (await newest(on.second, on.talk))[0]

    async def made() -> bytes:
        data = await ciphertext(on.third, on.talk)
        facts = altered(on.third.posted()[-1], id=fresh_message(), ciphertext=data, parents=[], roster=roster)
        return await on.third.signs(SignedType.MESSAGE, facts)

    return tells(on, made)


@lie(ErrorCode.SYNC_ID_REUSED)
async def a_message_stands_twice(on: Stage) -> Told:
    entry = on.first.posted()[-1]

    async def made() -> bytes:
        return entry

    return tells(on, made)


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def a_message_is_for_the_roster_with_the_member_who_was_removed(on: Stage) -> Told:
    before = (await newest(on.second, on.talk))[0]
    await takes_out(on, on.second)
    return says(on, roster=before)


@lie(ErrorCode.MESSAGING_HIDDEN)
async def a_place_is_left_out(on: Stage) -> Told:
    async def made() -> bytes:
        return await on.first.signs(SignedType.MESSAGE, await value(on))

    return tells(on, made, later=1)


@lie(ErrorCode.MESSAGING_HIDDEN)
async def what_the_writer_had_seen_is_kept_back(on: Stage) -> Told:
    return says(on, parents=[bytes(32)])


@lie(ErrorCode.MESSAGING_REPLAYED)
async def the_same_words_come_under_another_name(on: Stage) -> Told:
    return says(on, ciphertext=message(on.first.posted()[-1]).ciphertext)


@lie(ErrorCode.WIRE_MALFORMED)
async def what_was_seen_is_named_twice(on: Stage) -> Told:
    seen = Signed.parse(on.first.posted()[-1]).entry_id
    facts: dict[str, Any] = {"parents": [seen, seen]}

    async def made() -> bytes:
        return await on.first.signs(SignedType.MESSAGE, (await value(on)) | facts)

    return tells(on, made)


@lie(ErrorCode.WIRE_TOO_LARGE)
async def a_message_is_larger_than_any(on: Stage) -> Told:
    return says(on, ciphertext=bytes(MAX_CIPHERTEXT + 1))


@lie(ErrorCode.WIRE_MALFORMED)
async def a_message_says_nothing_of_any_kind(on: Stage) -> Told:
    async def made() -> bytes:
        data = await ciphertext(on.first, on.talk, cbor.encode([1]))
        return await on.first.signs(SignedType.MESSAGE, await value(on, ciphertext=data))

    return tells(on, made)


@lie(ErrorCode.MESSAGING_NO_SESSION)
async def a_member_speaks_with_anothers_session(on: Stage) -> Told:
    async def made() -> bytes:
        facts = await value(on, person=on.third.person, device=on.third.device)
        return await on.third.signs(SignedType.MESSAGE, facts)

    return tells(on, made)


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def the_session_of_one_conversation_serves_in_another(on: Stage) -> Told:
    other = await on.ring.group(on.first, on.second, on.third)
    session = message(on.first.posted()[-1]).session

    async def made() -> bytes:
        facts = await value(on, session=session, ciphertext=await ciphertext(on.first, other))
        return await on.first.signs(SignedType.MESSAGE, facts)

    return tells(on, made)


# What a message commits to (C44)


async def commits(on: Stage, plain: bytes, commitment: bytes, *features: str) -> Told:
    """The first signs a commitment over a plaintext of his own making, on a site that has these features."""
    on.ring.world.city.switch(*features)
    directory = on.second.core.directory
    await directory.catch_up()

    async def made() -> bytes:
        data = await ciphertext(on.first, on.talk, plain)
        facts = await value(on, ciphertext=data, log_size=directory.size, log_root=directory.root)
        return await on.first.signs(SignedType.COMMITTED_MESSAGE, facts | {"commitment": commitment})

    return tells(on, made)


OPENING: Final = Opening(bytes(16), pack(ContentKind.TEXT, text="假", reply_to=None))


@lie(ErrorCode.CONTENT_COMMITMENT_MISMATCH)
async def a_message_says_something_else_than_was_signed(on: Stage) -> Told:
    signed = Opening(bytes(16), pack(ContentKind.TEXT, text="真", reply_to=None))
    return await commits(on, OPENING.padded(), signed.commitment, MESSAGES_2.name)


@lie(ErrorCode.FEATURES_NOT_SWITCHED_ON)
async def a_message_commits_where_nobody_switched_it_on(on: Stage) -> Told:
    return await commits(on, OPENING.padded(), OPENING.commitment)


# Rosters


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def somebody_manages_who_is_no_member(on: Stage) -> Told:
    members = sorted((on.first.person, on.second.person))
    return enrols(on, on.first, members=members, admins=sorted((on.first.person, on.third.person)))


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def a_conversation_is_begun_by_one_who_is_not_in_it(on: Stage) -> Told:
    members = sorted((on.second.person, on.third.person))
    return begins(on, group=False, members=members, admins=members)


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def a_conversation_of_two_has_three_in_it(on: Stage) -> Told:
    members = sorted((on.first.person, on.second.person, on.third.person))
    return begins(on, group=False, members=members, admins=members)


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def a_group_is_begun_in_the_hands_of_another(on: Stage) -> Told:
    return begins(on, admins=[on.second.person])


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def an_older_roster_is_followed_once_more(on: Stage) -> Told:
    _, roster = await newest(on.second, on.talk)
    await takes_out(on, on.second)
    return enrols(on, on.first, n=roster.n + 1, previous=roster.previous)


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def a_third_is_let_into_a_conversation_of_two(on: Stage) -> Told:
    talk = await on.first.conversations.start((on.second.person,), "")
    await on.first.core.outbox.drained()
    for each in (on.first, on.second):
        await each.follows()
    everybody = sorted((on.first.person, on.second.person, on.third.person))
    return enrols(replace(on, talk=talk), on.first, members=everybody)


@lie(ErrorCode.WIRE_MALFORMED)
async def a_member_is_taken_out_without_a_place(on: Stage) -> Told:
    """Its reader would show him gone, and go on writing to him."""

    async def told() -> Sequence[ErrorCode]:
        entry_id, roster = await newest(on.second, on.talk)
        facts: dict[str, Any] = {"n": roster.n + 1, "previous": entry_id, "person": on.first.person}
        members = sorted((on.first.person, on.second.person))
        data = await on.first.signs(SignedType.ROSTER, replace(roster, **facts, members=members).value())
        return await on.second.told("roster", data, 0)

    return told


@lie(ErrorCode.MESSAGING_ROSTER_REFUSED)
async def a_member_who_manages_nothing_takes_another_out(on: Stage) -> Told:
    members = sorted((on.second.person, on.third.person))
    return enrols(on, on.third, members=members, admins=[])


@lie(ErrorCode.WIRE_MALFORMED)
async def a_member_is_listed_twice(on: Stage) -> Told:
    people = sorted((on.first.person, on.second.person, on.second.person))
    return enrols(on, on.first, members=people)
