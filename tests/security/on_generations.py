"""Attacks on key generations (C6): who may make one, for whom, after which, and who says he could open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from client.core.client import CoreClient
from protocol.crypto import cbor
from protocol.crypto.keys import XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import RECOVERY, KeyGeneration, Leaf, LeafKind
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.malicious_server import MaliciousServer
from tests.security.world import Attack, Object, Strike, World, cell, follows, show
from tests.support.small_city import HOUR_MS, Device, append, fresh

GENERATION = Object.KEY_GENERATION


@dataclass(frozen=True)
class Office:
    """The clerks' post: the victim holds it with a member, and a leader works beside them. All may be in league with the server."""

    victim: CoreClient
    face: MaliciousServer
    post: str
    member: Device
    leader: Device

    def first(self, to: Device | None = None) -> tuple[Leaf, list[bytes]]:
        """The member's first generation of the post."""
        to = to or self.member
        return self.member.generation(self.post, 1, None, {to.id: to.xwing}, 1)


async def office(world: World) -> Office:
    victim, face = await world.clerk()
    member, _ = world.city.enrolled(world.city.second_clerk)
    leader, _ = world.city.enrolled(world.city.leader)
    await victim.directory.catch_up()
    return Office(victim, face, world.city.clerk_post, member, leader)


async def founded(world: World) -> tuple[Office, Leaf]:
    """The member's first generation is in the log."""
    made = await office(world)
    leaf, wraps = made.first()
    reply = append(world.city.server.device(made.member), leaf, wraps)
    assert reply.status_code == 200, reply.text
    await made.victim.directory.catch_up()
    return made, leaf


def generation_of(leaf: Leaf) -> KeyGeneration:
    return KeyGeneration.parse(leaf.parsed().value())


def signed_by(device: Device, value: KeyGeneration) -> Leaf:
    return Leaf(LeafKind.GENERATION, device.signed(SignedType.KEY_GENERATION, value.value()).to_bytes())


def under_old_signature(leaf: Leaf, **changes: object) -> Leaf:
    """The payload changed, the signature left as it was."""
    signed = Signed.parse(leaf.signed)
    changed = replace(signed, payload=cbor.encode({**signed.value(), **changes}))
    return Leaf(leaf.kind, changed.to_bytes())


async def proposed(world: World, make: Callable[[Office], Leaf]) -> Strike:
    made = await office(world)
    return show(made.face, made.victim, make(made))


async def following(world: World, make: Callable[[Office, Leaf], Leaf]) -> Strike:
    made, first = await founded(world)
    return show(made.face, made.victim, make(made, first))


def second_by(office: Office, first: Leaf, device: Device, *names: Device, **changes: object) -> Leaf:
    """A second generation, signed by a device for some devices."""
    previous, org_seq = first.parsed().entry_id, office.victim.directory.organisation.org_seq
    wrapped = {one.id: one.xwing for one in names or (device,)}
    leaf, _ = device.generation(office.post, 2, previous, wrapped, org_seq)
    value = replace(generation_of(leaf), **changes)  # type: ignore[arg-type]
    return signed_by(device, value)


@cell(GENERATION, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_public_key_is_the_servers_own(world: World) -> Strike:
    own = bytes(XWingPrivateKey.generate().public)
    return await proposed(world, lambda office: under_old_signature(office.first()[0], public=own))


@cell(GENERATION, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_bundle_stands_for_a_generation(world: World) -> Strike:
    return await proposed(world, lambda o: Leaf(LeafKind.GENERATION, o.member.bundle().signed))


@cell(GENERATION, Attack.INJECTED, ErrorCode.CERTIFICATE_UNKNOWN)
async def the_server_makes_a_generation_as_the_log(world: World) -> Strike:
    def inject(office: Office) -> Leaf:
        value = generation_of(office.first()[0]).value()
        return Leaf(LeafKind.GENERATION, office.face.signed_by_log(SignedType.KEY_GENERATION, value))

    return await proposed(world, inject)


@cell(GENERATION, Attack.INJECTED, ErrorCode.KEYS_NOT_A_MEMBER)
async def an_official_who_is_no_member_makes_the_posts_key(world: World) -> Strike:
    def inject(office: Office) -> Leaf:
        leaf, _ = office.leader.generation(office.post, 1, None, {office.leader.id: office.leader.xwing}, 1)
        return leaf

    return await proposed(world, inject)


@cell(GENERATION, Attack.INJECTED, ErrorCode.KEYS_NOT_A_MEMBER)
async def a_non_member_is_among_the_recipients(world: World) -> Strike:
    def inject(office: Office, first: Leaf) -> Leaf:
        return second_by(office, first, office.member, office.member, office.leader)

    return await following(world, inject)


@cell(GENERATION, Attack.INJECTED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_posts_key_is_wrapped_to_a_recovery_code(world: World) -> Strike:
    def inject(office: Office, first: Leaf) -> Leaf:
        extra = {"to": RECOVERY, "wrap": bytes(32)}
        recipients = [*generation_of(first).recipients, extra]
        return second_by(office, first, office.member, recipients=recipients)

    return await following(world, inject)


@cell(GENERATION, Attack.INJECTED, ErrorCode.KEYS_UNKNOWN_DEVICE)
async def a_revoked_device_is_among_the_recipients(world: World) -> Strike:
    made, first = await founded(world)
    lost, _ = world.city.enrolled(world.city.second_clerk)
    world.city.operate(world.city.ca.revoke(lost))
    await made.victim.directory.catch_up()
    return show(made.face, made.victim, second_by(made, first, made.member, made.member, lost))


@cell(GENERATION, Attack.INJECTED, ErrorCode.CERTIFICATE_REVOKED)
async def a_revoked_device_makes_a_generation(world: World) -> Strike:
    made, first = await founded(world)
    world.city.operate(world.city.ca.revoke(made.member))
    await made.victim.directory.catch_up()
    return show(made.face, made.victim, second_by(made, first, made.member, restart=True))


@cell(GENERATION, Attack.INJECTED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def the_first_generation_vouches_for_a_colleague(world: World) -> Strike:
    """Nobody has confirmed the victim yet: the first member cannot do it in passing."""

    def inject(office: Office) -> Leaf:
        device = office.victim.directory.state.device_by_id(office.victim.me.device)
        assert device is not None
        value = generation_of(office.first()[0])
        return signed_by(
            office.member,
            replace(value, recipients=[*value.recipients, {"to": device.id, "wrap": bytes(32)}]),
        )

    return await proposed(world, inject)


@cell(GENERATION, Attack.INJECTED, ErrorCode.KEYS_UNKNOWN_DEVICE)
async def a_persons_key_goes_to_a_device_on_the_cas_word(world: World) -> Strike:
    made = await office(world)
    further, _ = world.city.enrolled(world.city.second_clerk)
    await made.victim.directory.catch_up()
    wrapped = {one.id: one.xwing for one in (made.member, further)}
    leaf, _ = made.member.generation(made.member.person, 1, None, wrapped, 1)
    return show(made.face, made.victim, leaf)


@cell(GENERATION, Attack.INJECTED, ErrorCode.KEYS_NOT_A_MEMBER)
async def a_member_who_holds_nothing_rotates(world: World) -> Strike:
    """He is a member, but nobody confirmed him: he could throw the holders out."""
    made, first = await founded(world)
    waiting, _ = world.city.enrolled(world.city.clerk)
    await made.victim.directory.catch_up()
    return show(made.face, made.victim, second_by(made, first, waiting, waiting, made.member))


@cell(GENERATION, Attack.SWAPPED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_member_restarts_though_somebody_holds_the_key(world: World) -> Strike:
    return await following(world, lambda office, first: second_by(office, first, office.member, restart=True))


@cell(GENERATION, Attack.SWAPPED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_first_generation_calls_itself_a_restart(world: World) -> Strike:
    def restart(office: Office) -> Leaf:
        return signed_by(office.member, replace(generation_of(office.first()[0]), restart=True))

    return await proposed(world, restart)


@cell(GENERATION, Attack.SWAPPED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_generation_leaves_its_own_maker_out(world: World) -> Strike:
    return await following(
        world, lambda office, first: second_by(office, first, office.member, recipients=[])
    )


@cell(GENERATION, Attack.WITHHELD, ErrorCode.KEYS_GENERATION_STALE)
async def a_rotation_is_hidden_from_one_who_seals(world: World) -> Strike:
    """The revocation has to be shown, or the log ends: so sealing to the key of before is refused."""
    made, _ = await founded(world)
    world.city.operate(world.city.ca.revoke(made.member))
    await made.victim.directory.catch_up()
    made.face.fork(made.victim.directory.size)
    case = fresh(IdKind.CASE)
    return Strike(made.victim, lambda: made.victim.principals.seal_object_key(case, bytes(32), [made.post]))


@cell(GENERATION, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def two_clients_are_shown_different_keys_of_one_post(world: World) -> Strike:
    made = await office(world)
    other = await world.client(world.city.leader)
    await made.victim.directory.catch_up()
    log, others = made.face.fork(), world.faces[other].fork()
    log.add(made.first()[0])
    others.add(made.first()[0])
    for client in (made.victim, other):
        await client.directory.catch_up()
    seen, cited = made.victim.directory, other.directory
    assert seen.state.generation(made.post) != cited.state.generation(made.post)
    return Strike(made.victim, lambda: seen.check_seen(cited.size, cited.root))


@cell(GENERATION, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def the_log_ends_before_the_newest_generation(world: World) -> Strike:
    made, _ = await founded(world)
    made.face.fork(made.victim.directory.size - 1)
    return follows(made.victim)


@cell(GENERATION, Attack.REPLAY, ErrorCode.KEYS_GENERATION_CONFLICT)
async def a_generation_is_shown_twice(world: World) -> Strike:
    return await following(world, lambda _office, first: first)


@cell(GENERATION, Attack.REPLAY, ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED)
async def a_generation_held_back_is_shown_under_a_later_snapshot(world: World) -> Strike:
    made = await office(world)
    leaf, _ = made.first()
    world.city.publish()
    await made.victim.directory.catch_up()
    return show(made.face, made.victim, leaf)


@cell(GENERATION, Attack.REORDERED, ErrorCode.KEYS_GENERATION_CONFLICT)
async def the_second_generation_comes_before_the_first(world: World) -> Strike:
    made = await office(world)
    first, _ = made.first()
    return show(made.face, made.victim, second_by(made, first, made.member), first)


@cell(GENERATION, Attack.FORGED, ErrorCode.CLOCK_SKEW)
async def a_generation_comes_from_the_future(world: World) -> Strike:
    def later(office: Office) -> Leaf:
        value = generation_of(office.first()[0])
        return signed_by(office.member, replace(value, at=world.city.clock.now + HOUR_MS))

    return await proposed(world, later)
