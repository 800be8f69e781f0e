"""Attacks on what the CA says apart from the organisation: the list of revocations (C4) and seal certificates (C5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from client.core.client import CoreClient
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import Leaf, LeafKind, RevocationList, SealCertificate
from protocol.directory.organisation import Seal
from protocol.errors import ErrorCode
from tests.security.malicious_server import MaliciousServer
from tests.security.world import Attack, Object, Strike, World, cell, follows, show
from tests.support.small_city import HOUR_MS, Device

LIST, SEAL_OBJECT = Object.REVOCATION_LIST, Object.SEAL_CERTIFICATE


async def one_revoked(world: World) -> tuple[CoreClient, MaliciousServer, Leaf, Device]:
    """A list is out that revokes the second clerk's device, and the victim has seen it."""
    client, face = await world.clerk()
    device, _ = world.city.enrolled(world.city.second_clerk)
    listed = world.city.ca.revoke(device)
    world.city.operate(listed)
    await client.directory.catch_up()
    return client, face, listed, device


def list_by(key: SigningKey, cert_hash: bytes, value: RevocationList) -> Leaf:
    signed = sign(key, cert_hash, SignedType.REVOCATION_LIST, value.value())
    return Leaf(LeafKind.REVOCATIONS, signed.to_bytes())


@cell(LIST, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def a_revoked_device_is_taken_off_the_list(world: World) -> Strike:
    client, face, _, _ = await one_revoked(world)
    now = world.city.clock.now
    empty = RevocationList(2, [], now, now + HOUR_MS)
    return show(face, client, list_by(face.trust.log_key, certificate_hash(world.city.ca.issuing), empty))


@cell(LIST, Attack.FORGED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def the_ca_itself_takes_a_revocation_back(world: World) -> Strike:
    """Even the CA may not: what was signed in between would change its meaning."""
    client, face, _, _ = await one_revoked(world)
    ca, now = world.city.ca, world.city.clock.now
    empty = RevocationList(2, [], now, now + HOUR_MS)
    return show(face, client, list_by(ca.issuing_key, certificate_hash(ca.issuing), empty))


@cell(LIST, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_snapshot_stands_for_a_list(world: World) -> Strike:
    client, face = await world.clerk()
    return show(face, client, Leaf(LeafKind.REVOCATIONS, Leaf.parse(face.leaves(1)[0]).signed))


@cell(LIST, Attack.INJECTED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_server_revokes_an_honest_device(world: World) -> Strike:
    client, face = await world.clerk()
    now, me = world.city.clock.now, client.me
    entry = {"cert": me.cert_hash, "device": me.device, "reason": "", "at": now}
    value = RevocationList(1, [entry], now, now + HOUR_MS)
    return show(
        face, client, list_by(face.trust.log_key, certificate_hash(face.trust.log_certificate), value)
    )


@cell(LIST, Attack.WITHHELD, ErrorCode.DIRECTORY_OVERDUE, notice=True)
async def no_list_is_shown_when_the_next_is_due(world: World) -> Strike:
    client, face, _, _ = await one_revoked(world)
    second, _ = world.city.enrolled(world.city.leader)
    face.fork(client.directory.size)
    world.city.operate(world.city.ca.revoke(second))
    world.city.clock.advance(8 * 24 * HOUR_MS)
    return follows(client)


@cell(LIST, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_revocation_is_shown_to_one_client_only(world: World) -> Strike:
    client, face = await world.clerk()
    lost, _ = world.city.enrolled(world.city.second_clerk)
    await client.directory.catch_up()
    log = face.fork()
    world.city.operate(world.city.ca.revoke(lost))
    other = await world.client(world.city.leader)
    for _ in range(len(log.leaves), other.directory.size):
        log.add(world.city.ca.device(world.city.second_clerk).bundle())
    await client.directory.catch_up()
    assert client.directory.state.revocations is None
    return Strike(client, lambda: client.directory.check_seen(other.directory.size, other.directory.root))


@cell(LIST, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def the_log_ends_before_the_revocation(world: World) -> Strike:
    client, face, _, _ = await one_revoked(world)
    face.fork(client.directory.size - 1)
    return follows(client)


@cell(LIST, Attack.REPLAY, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def an_old_list_is_shown_as_the_newest(world: World) -> Strike:
    client, face, listed, _ = await one_revoked(world)
    return show(face, client, listed)


@cell(LIST, Attack.REORDERED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def two_lists_come_in_the_wrong_order(world: World) -> Strike:
    client, face, _, device = await one_revoked(world)
    second, third = world.city.ca.revoke(device), world.city.ca.revoke(device)
    return show(face, client, third, second)


# Seals


async def sealing(world: World, alter: Callable[[Leaf, SealCertificate], Leaf]) -> Strike:
    """The CA certified the second clerk's seal key; what the client is shown of it is altered."""
    client, face = await world.clerk()
    keeper, _ = world.city.enrolled(world.city.second_clerk)
    honest, value = certified(world, keeper)
    await client.directory.catch_up()
    return show(face, client, alter(honest, value))


def certified(world: World, keeper: Device, **changes: object) -> tuple[Leaf, SealCertificate]:
    """A seal of the bureau, in a new snapshot, and the CA's leaf for a key on the keeper's device."""
    ca, bureau = world.city.ca, world.city.bureau
    seal = ca.seal(bureau, world.city.second_clerk)
    world.city.publish()
    made = certificates.make_seal(
        ca.issuing_key,
        ca.issuing,
        SigningKey.generate().public_spki,
        seal=seal,
        body=bureau,
        body_name="发改委",
        at_ms=ca.clock.now,
    )
    value = SealCertificate(seal, bureau, keeper.person, keeper.id, made, ca.clock.now)
    value = replace(value, **changes)  # type: ignore[arg-type]
    return Leaf(LeafKind.SEAL, ca.signed(SignedType.SEAL_CERTIFICATE, value.value()).to_bytes()), value


def sealed_by(key: SigningKey, cert_hash: bytes, value: SealCertificate) -> Leaf:
    return Leaf(LeafKind.SEAL, sign(key, cert_hash, SignedType.SEAL_CERTIFICATE, value.value()).to_bytes())


@cell(SEAL_OBJECT, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_server_certifies_a_seal_in_the_cas_name(world: World) -> Strike:
    issuing = certificate_hash(world.city.ca.issuing)
    return await sealing(world, lambda _leaf, value: sealed_by(SigningKey.generate(), issuing, value))


@cell(SEAL_OBJECT, Attack.INJECTED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_server_certifies_a_seal_as_the_log(world: World) -> Strike:
    trust = world.face().trust
    own = certificate_hash(trust.log_certificate)
    return await sealing(world, lambda _leaf, value: sealed_by(trust.log_key, own, value))


@cell(SEAL_OBJECT, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_snapshot_stands_for_a_seal(world: World) -> Strike:
    client, face = await world.clerk()
    return show(face, client, Leaf(LeafKind.SEAL, Leaf.parse(face.leaves(1)[0]).signed))


@cell(SEAL_OBJECT, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_seal_is_shown_to_one_client_only(world: World) -> Strike:
    client, face = await world.clerk()
    keeper, _ = world.city.enrolled(world.city.second_clerk)
    leaf, _ = certified(world, keeper)
    await client.directory.catch_up()
    log = face.fork()
    world.city.operate(leaf)
    other = await world.client(world.city.leader)
    for _ in range(len(log.leaves), other.directory.size):
        log.add(world.city.ca.device(world.city.second_clerk).bundle())
    await client.directory.catch_up()
    return Strike(client, lambda: client.directory.check_seen(other.directory.size, other.directory.root))


@cell(SEAL_OBJECT, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def the_log_ends_before_the_seal(world: World) -> Strike:
    client, face = await world.clerk()
    keeper, _ = world.city.enrolled(world.city.second_clerk)
    world.city.operate(certified(world, keeper)[0])
    await client.directory.catch_up()
    face.fork(client.directory.size - 1)
    return follows(client)


@cell(SEAL_OBJECT, Attack.REPLAY, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_seal_is_shown_twice(world: World) -> Strike:
    client, face = await world.clerk()
    keeper, _ = world.city.enrolled(world.city.second_clerk)
    leaf, _ = certified(world, keeper)
    world.city.operate(leaf)
    await client.directory.catch_up()
    return show(face, client, leaf)


@cell(SEAL_OBJECT, Attack.REPLAY, ErrorCode.KEYS_UNKNOWN_DEVICE)
async def a_seal_held_back_is_shown_after_its_keepers_device_was_revoked(world: World) -> Strike:
    client, face = await world.clerk()
    keeper, _ = world.city.enrolled(world.city.second_clerk)
    leaf, _ = certified(world, keeper)
    world.city.operate(world.city.ca.revoke(keeper))
    await client.directory.catch_up()
    return show(face, client, leaf)


@cell(SEAL_OBJECT, Attack.REPLAY, ErrorCode.DIRECTORY_NOT_AUTHORISED)
async def a_seal_held_back_is_shown_after_its_keeper_gave_it_up(world: World) -> Strike:
    client, face = await world.clerk()
    keeper, _ = world.city.enrolled(world.city.second_clerk)
    leaf, value = certified(world, keeper)
    world.city.ca.entries[value.seal] = Seal(value.seal, value.body, "印章", (world.city.leader,))
    world.city.publish()
    await client.directory.catch_up()
    return show(face, client, leaf)


@cell(SEAL_OBJECT, Attack.REORDERED, ErrorCode.KEYS_UNKNOWN_DEVICE)
async def a_seal_comes_before_its_keepers_device(world: World) -> Strike:
    client, face = await world.clerk()
    keeper = world.city.ca.device(world.city.second_clerk)
    leaf, _ = certified(world, keeper)
    await client.directory.catch_up()
    return show(face, client, leaf, keeper.bundle())
