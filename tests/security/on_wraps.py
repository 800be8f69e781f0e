"""Attacks on the sharing of keys (C6, C7): the share in the log, the seed's wrap beside it, the wrap of an object's key."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from client.core.keys.principals import Unconfirmed
from protocol.crypto import cbor
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, wrap
from protocol.crypto.keys import XWingPrivateKey, XWingPublicKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import KeyShare, Leaf, LeafKind
from protocol.errors import ErrorCode
from tests.security.malicious_server import Json
from tests.security.on_generations import Office, following, founded, office, second_by
from tests.security.world import Attack, Object, Strike, World, cell, follows, show
from tests.support.held_keys import principals_held
from tests.support.small_city import HOUR_MS, Device, append, b64

SHARE, SEED = Object.KEY_SHARE, Object.SEED_WRAP


def share_by(
    device: Device, office: Office, generation: Leaf, seed: bytes | None = None, **changes: object
) -> tuple[Leaf, bytes]:
    """The victim's device is given the post's first generation."""
    me = office.victim.directory.state.device_by_id(office.victim.me.device)
    assert me is not None
    if seed is None:
        seed = office.member.seeds[office.post, 1].seed
    info = EnvelopeInfo(Purpose.PRINCIPAL_SEED, office.post, device.id, me.id, 1)
    record = wrap(XWingPublicKey(me.xwing), info, seed)
    entry, now = generation.parsed().entry_id, office.member.clock.now
    value = replace(KeyShare(office.post, 1, entry, me.id, record.hash, now), **changes)  # type: ignore[arg-type]
    leaf = Leaf(LeafKind.SHARE, device.signed(SignedType.KEY_SHARE, value.value()).to_bytes())
    return leaf, record.to_bytes()


@cell(SHARE, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def a_share_is_turned_to_another_device(world: World) -> Strike:
    def forge(office: Office, first: Leaf) -> Leaf:
        signed = Signed.parse(share_by(office.member, office, first)[0].signed)
        payload = cbor.encode({**signed.value(), "to": office.leader.id})
        return Leaf(LeafKind.SHARE, replace(signed, payload=payload).to_bytes())

    return await following(world, forge)


@cell(SHARE, Attack.FORGED, ErrorCode.CLOCK_SKEW)
async def a_share_comes_from_the_future(world: World) -> Strike:
    later = world.city.clock.now + HOUR_MS
    return await following(world, lambda office, first: share_by(office.member, office, first, at=later)[0])


@cell(SHARE, Attack.SWAPPED, ErrorCode.KEYS_GENERATION_CONFLICT)
async def a_share_names_another_generation_entry(world: World) -> Strike:
    return await following(
        world, lambda o, first: share_by(o.member, o, first, generation_entry=bytes(32))[0]
    )


@cell(SHARE, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_generation_stands_for_a_share(world: World) -> Strike:
    return await following(world, lambda _office, first: Leaf(LeafKind.SHARE, first.signed))


@cell(SHARE, Attack.INJECTED, ErrorCode.CERTIFICATE_UNKNOWN)
async def the_server_shares_a_key_as_the_log(world: World) -> Strike:
    def inject(office: Office, first: Leaf) -> Leaf:
        value = Signed.parse(share_by(office.member, office, first)[0].signed).value()
        return Leaf(LeafKind.SHARE, office.face.signed_by_log(SignedType.KEY_SHARE, value))

    return await following(world, inject)


@cell(SHARE, Attack.INJECTED, ErrorCode.KEYS_NOT_A_MEMBER)
async def one_who_holds_nothing_confirms_a_newcomer(world: World) -> Strike:
    return await following(world, lambda office, first: share_by(office.leader, office, first)[0])


@cell(SHARE, Attack.INJECTED, ErrorCode.KEYS_NOT_A_MEMBER)
async def a_holder_gives_the_key_to_one_who_is_no_member(world: World) -> Strike:
    return await following(
        world, lambda office, first: share_by(office.member, office, first, to=office.leader.id)[0]
    )


@cell(SHARE, Attack.INJECTED, ErrorCode.KEYS_UNKNOWN_DEVICE)
async def a_persons_key_is_shared_without_consent(world: World) -> Strike:
    made, _ = await founded(world)
    further, _ = world.city.enrolled(world.city.second_clerk)
    member = made.member
    leaf, _ = member.generation(member.person, 1, None, {member.id: member.xwing}, 1)
    await made.victim.directory.catch_up()
    value = KeyShare(member.person, 1, leaf.parsed().entry_id, further.id, bytes(32), world.city.clock.now)
    signed = member.signed(SignedType.KEY_SHARE, value.value())
    return show(made.face, made.victim, leaf, Leaf(LeafKind.SHARE, signed.to_bytes()))


@cell(SHARE, Attack.WITHHELD, ErrorCode.DIRECTORY_PROOF_INVALID)
async def a_confirmation_is_swallowed(world: World) -> Strike:
    """The holder confirms a colleague, and the server only says that it is done."""
    client, face = await world.clerk()
    await client.principals.maintain()
    waiting, _ = world.city.enrolled(world.city.second_clerk)
    await client.directory.catch_up()
    face.answer("/directory/entries$", {"index": 0, "head": b64(face.fork().head())})
    newcomer = Unconfirmed(world.city.clerk_post, waiting.person, waiting.id, False)
    assert newcomer in await client.principals.unconfirmed_members()
    return Strike(client, lambda: client.principals.confirm_member(newcomer))


@cell(SHARE, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_share_is_shown_to_one_client_only(world: World) -> Strike:
    made, first = await founded(world)
    other = await world.client(world.city.leader)
    await made.victim.directory.catch_up()
    world.faces[other].fork().add(share_by(made.member, made, first)[0])
    made.face.fork().add(world.city.ca.device(world.city.leader).bundle())
    for client in (made.victim, other):
        await client.directory.catch_up()
    cited = other.directory
    return Strike(made.victim, lambda: made.victim.directory.check_seen(cited.size, cited.root))


@cell(SHARE, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def the_log_ends_before_the_share(world: World) -> Strike:
    made, _ = await shared(world)
    made.face.fork(made.victim.directory.size - 1)
    return follows(made.victim)


@cell(SHARE, Attack.REPLAY, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_share_is_shown_twice(world: World) -> Strike:
    made, _ = await shared(world)
    return show(made.face, made.victim, Leaf.parse(made.face.leaves()[-1]))


@cell(SHARE, Attack.REPLAY, ErrorCode.KEYS_GENERATION_CONFLICT)
async def a_share_held_back_is_shown_after_a_rotation(world: World) -> Strike:
    made, first = await founded(world)
    share, _ = share_by(made.member, made, first)
    return show(made.face, made.victim, second_by(made, first, made.member), share)


@cell(SHARE, Attack.REORDERED, ErrorCode.KEYS_NO_GENERATION)
async def a_share_comes_before_its_generation(world: World) -> Strike:
    made = await office(world)
    first, _ = made.first()
    share, _ = share_by(made.member, made, first)
    return show(made.face, made.victim, share, first)


# The seed's wrap


async def shared(world: World, seed: bytes | None = None, **changes: object) -> tuple[Office, bytes]:
    """The member shared the post's key with the victim, who has not fetched his wrap yet."""
    made, first = await founded(world)
    await made.victim.principals.maintain()
    leaf, record = share_by(made.member, made, first, seed, **changes)
    reply = append(world.city.server.device(made.member), leaf, [record])
    assert reply.status_code == 200, reply.text
    await made.victim.directory.catch_up()
    assert made.post not in principals_held(made.victim.principals)
    return made, record


async def delivered(world: World, lie: Callable[[Office, bytes], list[bytes]]) -> Strike:
    """The victim asks for his wraps and is given others."""
    made, record = await shared(world)
    wraps = lie(made, record)

    def answer(reply: Json) -> Json:
        own = [w for w in reply["wraps"] if WrapRecord.parse(base64.b64decode(w)).object != made.post]
        return {"wraps": [*own, *(b64(one) for one in wraps)]}

    made.face.lie("/directory/wraps", answer)
    return Strike(made.victim, made.victim.principals.maintain)


def made_by_the_server(office: Office, honest: bytes) -> bytes:
    """A wrap of the server's own seed: anybody can seal to a public key."""
    me = office.victim.directory.state.device_by_id(office.victim.me.device)
    assert me is not None
    info = WrapRecord.parse(honest).info(Purpose.PRINCIPAL_SEED)
    return wrap(XWingPublicKey(me.xwing), info, XWingPrivateKey.generate().seed).to_bytes()


@cell(SEED, Attack.FORGED, ErrorCode.KEYS_WRAP_UNSIGNED)
async def the_wrap_is_the_servers_own(world: World) -> Strike:
    return await delivered(world, lambda office, honest: [made_by_the_server(office, honest)])


@cell(SEED, Attack.INJECTED, ErrorCode.KEYS_WRAP_UNSIGNED)
async def a_wrap_is_added_to_the_honest_one(world: World) -> Strike:
    return await delivered(world, lambda office, honest: [made_by_the_server(office, honest), honest])


@cell(SEED, Attack.SWAPPED, ErrorCode.KEYS_WRAP_UNSIGNED)
async def a_wrap_says_it_came_from_another(world: World) -> Strike:
    def swap(office: Office, honest: bytes) -> list[bytes]:
        return [replace(WrapRecord.parse(honest), sender=office.leader.id).to_bytes()]

    return await delivered(world, swap)


@cell(SEED, Attack.SWAPPED, ErrorCode.KEYS_SEED_MISMATCH)
async def a_member_shares_another_seed_than_the_logs(world: World) -> Strike:
    """With a member's help: the wrap is signed, but what is in it is not the key in the log."""
    made, _ = await shared(world, XWingPrivateKey.generate().seed)
    return Strike(made.victim, made.victim.principals.maintain)


@cell(SEED, Attack.WITHHELD, ErrorCode.KEYS_WRAP_WITHHELD)
async def the_wrap_is_not_handed_over(world: World) -> Strike:
    return await delivered(world, lambda _office, _honest: [])


@cell(SEED, Attack.ROLLBACK, ErrorCode.KEYS_WRAP_WITHHELD)
async def only_the_wrap_of_an_older_generation_is_handed_over(world: World) -> Strike:
    made, honest = await shared(world)
    await made.victim.principals.maintain()
    me = made.victim.directory.state.device_by_id(made.victim.me.device)
    first = made.victim.directory.state.generation(made.post)
    assert me is not None
    assert first is not None
    both = {made.member.id: made.member.xwing, me.id: made.victim.keystore.xwing}
    leaf, wraps = made.member.generation(made.post, 2, first.entry, both, 1)
    assert append(world.city.server.device(made.member), leaf, wraps).status_code == 200
    await made.victim.directory.catch_up()
    made.face.lie("/directory/wraps", lambda _reply: {"wraps": [b64(honest)]})
    return Strike(made.victim, made.victim.principals.maintain)


@cell(SEED, Attack.REPLAY, ErrorCode.KEYS_WRAP_UNSIGNED)
async def an_old_wrap_is_handed_over_as_the_newest(world: World) -> Strike:
    strike = await only_the_wrap_of_an_older_generation_is_handed_over(world)

    def relabel(reply: Json) -> Json:
        old = WrapRecord.parse(base64.b64decode(reply["wraps"][0]))
        return {"wraps": [b64(replace(old, generation=2).to_bytes())]}

    world.faces[strike.victim].lie("/directory/wraps", relabel)
    return strike
