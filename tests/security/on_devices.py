"""Attacks on devices (C2, C5): the bundle that names a device's encryption key, the certificate behind it, the consent to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import DeviceBundle, DeviceConsent, Leaf, LeafKind
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.world import Attack, Object, Strike, World, cell, follows, show
from tests.support.small_city import HOUR_MS, Device, SmallCa, fresh

BUNDLE, CERTIFICATE = Object.DEVICE_BUNDLE, Object.DEVICE_CERTIFICATE


def bundle_of(device: Device, **changes: object) -> DeviceBundle:
    """What a device would sign about itself, changed."""
    honest = DeviceBundle.parse(device.bundle().parsed().value())
    return replace(honest, **changes)  # type: ignore[arg-type]


def signed_bundle(key: SigningKey, certificate: bytes, bundle: DeviceBundle) -> Leaf:
    signed = sign(key, certificate_hash(certificate), SignedType.DEVICE_BUNDLE, bundle.value())
    return Leaf(LeafKind.DEVICE, signed.to_bytes(), certificate)


async def shown(world: World, make: Callable[[Device], Leaf]) -> Strike:
    """The second clerk's new device is announced by a leaf of the server's making."""
    client, face = await world.clerk()
    return show(face, client, make(world.city.ca.device(world.city.second_clerk)))


@cell(BUNDLE, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_key_in_a_bundle_is_the_servers_own(world: World) -> Strike:
    def forge(device: Device) -> Leaf:
        own = bytes(XWingPrivateKey.generate().public)
        return signed_bundle(SigningKey.generate(), device.certificate, bundle_of(device, xwing=own))

    return await shown(world, forge)


@cell(BUNDLE, Attack.FORGED, ErrorCode.CLOCK_SKEW)
async def a_bundle_comes_from_the_future(world: World) -> Strike:
    def later(device: Device) -> Leaf:
        at = device.clock.now + HOUR_MS
        return signed_bundle(device.key, device.certificate, bundle_of(device, created_at=at))

    return await shown(world, later)


@cell(BUNDLE, Attack.SWAPPED, ErrorCode.CERTIFICATE_UNKNOWN)
async def a_bundle_stands_under_another_devices_certificate(world: World) -> Strike:
    other = world.city.ca.device(world.city.leader)
    return await shown(world, lambda device: replace(device.bundle(), certificate=other.certificate))


@cell(BUNDLE, Attack.SWAPPED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_device_claims_to_be_another_persons(world: World) -> Strike:
    """With the help of an official's own device: its key is good, what it signs is not its own."""
    leader = world.city.leader

    def claim(device: Device) -> Leaf:
        return signed_bundle(device.key, device.certificate, bundle_of(device, person=leader))

    return await shown(world, claim)


@cell(BUNDLE, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_session_proof_stands_for_a_bundle(world: World) -> Strike:
    def proof(device: Device) -> Leaf:
        signed = device.signed(SignedType.SESSION_PROOF, bundle_of(device).value())
        return Leaf(LeafKind.DEVICE, signed.to_bytes(), device.certificate)

    return await shown(world, proof)


@cell(BUNDLE, Attack.INJECTED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_device_of_nobody_in_the_city(world: World) -> Strike:
    stranger = world.city.ca.device(fresh(IdKind.PERSON))
    return await shown(world, lambda _device: stranger.bundle())


@cell(BUNDLE, Attack.WITHHELD, ErrorCode.DIRECTORY_PROOF_INVALID)
async def the_server_says_a_leaf_is_in_the_log_and_it_is_not(world: World) -> Strike:
    client, face = await world.clerk()
    face.fork()
    face.lie("/directory/entries$", lambda reply: reply if "leaves" in reply else {**reply, "index": 0})
    signed = await client.keystore.sign(SignedType.GENERATION_CONFIRM, {"v": 1})
    leaf = Leaf(LeafKind.CONFIRM, signed.to_bytes())
    return Strike(client, lambda: client.directory.publish(leaf, ()))


@cell(BUNDLE, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_second_device_is_shown_to_one_client_only(world: World) -> Strike:
    client, face = await world.clerk()
    log = face.fork()
    world.city.enrolled(world.city.second_clerk)
    other = await world.client(world.city.leader)
    for _ in range(len(log.leaves), other.directory.size):
        log.add(world.city.ca.device(world.city.second_clerk).bundle())
    await client.directory.catch_up()
    return Strike(client, lambda: client.directory.check_seen(other.directory.size, other.directory.root))


@cell(BUNDLE, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def the_log_ends_before_my_own_device(world: World) -> Strike:
    client, face = await world.clerk()
    face.fork(client.directory.size - 1)
    return follows(client)


@cell(BUNDLE, Attack.REPLAY, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_bundle_is_shown_twice(world: World) -> Strike:
    client, face = await world.clerk()
    return show(face, client, Leaf.parse(face.leaves()[-1]))


@cell(BUNDLE, Attack.REORDERED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_device_comes_before_the_snapshot_that_names_its_person(world: World) -> Strike:
    client, face = await world.clerk()
    size = client.directory.size
    person = world.city.ca.person("新来的", world.city.clerk_post)
    world.city.publish()
    world.city.enrolled(person)
    snapshot, bundle = (Leaf.parse(leaf) for leaf in face.leaves()[size:])
    face.fork(size)
    return show(face, client, bundle, snapshot)


# Consent to a further device (C2)


async def consented(world: World, make: Callable[[Device, Device], Leaf], person: str = "") -> Strike:
    """A second device of the second clerk stands in the log on the CA's word; somebody consents to it."""
    client, face = await world.clerk()
    first, _ = world.city.enrolled(world.city.second_clerk)
    second, _ = world.city.enrolled(world.city.second_clerk)
    helper = (
        second if person == world.city.second_clerk else world.city.enrolled(person or world.city.leader)[0]
    )
    await client.directory.catch_up()
    assert first.id != second.id
    return show(face, client, make(second, helper))


def consent(new: Device, signer: Device, **changes: object) -> Leaf:
    value = DeviceConsent(new.id, new.bundle().parsed().entry_id, new.person, new.clock.now)
    value = replace(value, **changes)  # type: ignore[arg-type]
    signed = signer.signed(SignedType.DEVICE_CONSENT, value.value())
    return Leaf(LeafKind.CONSENT, signed.to_bytes(), signer.certificate)


@cell(BUNDLE, Attack.FORGED, ErrorCode.DIRECTORY_NOT_AUTHORISED)
async def another_official_consents_to_a_persons_device(world: World) -> Strike:
    return await consented(world, consent)


@cell(BUNDLE, Attack.FORGED, ErrorCode.DIRECTORY_NOT_AUTHORISED)
async def a_device_consents_to_itself(world: World) -> Strike:
    return await consented(world, consent, world.city.second_clerk)


@cell(BUNDLE, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_server_consents_in_the_first_devices_name(world: World) -> Strike:
    def forge(new: Device, signer: Device) -> Leaf:
        signed = Signed.parse(consent(new, signer).signed)
        broken = replace(signed, signature=bytes(64))
        return Leaf(LeafKind.CONSENT, broken.to_bytes(), signer.certificate)

    return await consented(world, forge)


@cell(BUNDLE, Attack.FORGED, ErrorCode.DIRECTORY_NOT_AUTHORISED)
async def the_server_makes_up_a_recovery_code(world: World) -> Strike:
    def forge(new: Device, _signer: Device) -> Leaf:
        key = SigningKey.generate()
        value = DeviceConsent(new.id, new.bundle().parsed().entry_id, new.person, new.clock.now)
        signed = sign(key, certificate_hash(key.public_spki), SignedType.RECOVERY_CONSENT, value.value())
        return Leaf(LeafKind.CONSENT, signed.to_bytes(), key.public_spki)

    return await consented(world, forge)


@cell(BUNDLE, Attack.SWAPPED, ErrorCode.KEYS_UNKNOWN_DEVICE)
async def consent_to_one_bundle_is_turned_to_another(world: World) -> Strike:
    return await consented(world, lambda new, signer: consent(new, signer, bundle=bytes(32)))


@cell(BUNDLE, Attack.FORGED, ErrorCode.CLOCK_SKEW)
async def a_consent_comes_from_the_future(world: World) -> Strike:
    later = world.city.clock.now + HOUR_MS
    return await consented(world, lambda new, signer: consent(new, signer, at=later))


@cell(BUNDLE, Attack.REPLAY, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_consent_is_shown_for_a_device_that_needs_none(world: World) -> Strike:
    client, face = await world.clerk()
    first, _ = world.city.enrolled(world.city.second_clerk)
    await client.directory.catch_up()
    return show(face, client, consent(first, first))


async def coded(world: World, key: SigningKey, shown_spki: bytes, named: SigningKey) -> Strike:
    """The second clerk's key names a recovery code; somebody consents to his second device as if by that code."""
    client, face = await world.clerk()
    first, _ = world.city.enrolled(world.city.second_clerk)
    leaf, _ = first.generation(first.person, 1, None, {first.id: first.xwing}, 1)
    value = {**leaf.parsed().value(), "recovery": certificate_hash(named.public_spki)}
    generation = Leaf(LeafKind.GENERATION, first.signed(SignedType.KEY_GENERATION, value).to_bytes())
    second, _ = world.city.enrolled(world.city.second_clerk)
    await client.directory.catch_up()
    wanted = DeviceConsent(second.id, second.bundle().parsed().entry_id, second.person, second.clock.now)
    signed = sign(key, certificate_hash(named.public_spki), SignedType.RECOVERY_CONSENT, wanted.value())
    return show(face, client, generation, Leaf(LeafKind.CONSENT, signed.to_bytes(), shown_spki))


@cell(BUNDLE, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_server_signs_in_the_recovery_codes_name(world: World) -> Strike:
    own, named = SigningKey.generate(), SigningKey.generate()
    return await coded(world, own, named.public_spki, named)


@cell(BUNDLE, Attack.SWAPPED, ErrorCode.DIRECTORY_NOT_AUTHORISED)
async def another_key_is_shown_under_the_recovery_codes_hash(world: World) -> Strike:
    own, named = SigningKey.generate(), SigningKey.generate()
    return await coded(world, own, own.public_spki, named)


# The certificate


@cell(CERTIFICATE, Attack.FORGED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_server_issues_a_certificate_itself(world: World) -> Strike:
    def forge(device: Device) -> Leaf:
        key, ca = SigningKey.generate(), world.city.ca
        made = certificates.make_device(
            key, ca.issuing, key.public_spki, person=device.person, device=device.id, at_ms=device.clock.now
        )
        return signed_bundle(key, made, bundle_of(device, cert=certificate_hash(made)))

    return await shown(world, forge)


@cell(CERTIFICATE, Attack.SWAPPED, ErrorCode.CERTIFICATE_WRONG_PROFILE)
async def the_logs_own_certificate_stands_for_a_device(world: World) -> Strike:
    trust = world.face().trust

    def swap(device: Device) -> Leaf:
        bundle = bundle_of(device, cert=certificate_hash(trust.log_certificate))
        return signed_bundle(trust.log_key, trust.log_certificate, bundle)

    return await shown(world, swap)


@cell(CERTIFICATE, Attack.INJECTED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def a_device_of_another_city(world: World) -> Strike:
    foreign = SmallCa(world.city.clock)
    return await shown(world, lambda device: foreign.device(device.person).bundle())


@cell(CERTIFICATE, Attack.WITHHELD, ErrorCode.CERTIFICATE_UNKNOWN)
async def a_bundle_comes_without_its_certificate(world: World) -> Strike:
    return await shown(world, lambda device: replace(device.bundle(), certificate=None))


@cell(CERTIFICATE, Attack.ROLLBACK, ErrorCode.CERTIFICATE_EXPIRED)
async def a_certificate_that_ended_long_ago(world: World) -> Strike:
    def old(device: Device) -> Leaf:
        ca, key = world.city.ca, device.key
        long_ago = device.clock.now - 4 * 365 * 24 * HOUR_MS
        made = certificates.make_device(
            ca.issuing_key,
            ca.issuing,
            key.public_spki,
            person=device.person,
            device=device.id,
            at_ms=long_ago,
        )
        return signed_bundle(key, made, bundle_of(device, cert=certificate_hash(made)))

    return await shown(world, old)


@cell(CERTIFICATE, Attack.REPLAY, ErrorCode.CERTIFICATE_REVOKED)
async def a_bundle_held_back_is_shown_after_its_revocation(world: World) -> Strike:
    client, face = await world.clerk()
    device = world.city.ca.device(world.city.second_clerk)
    world.city.operate(world.city.ca.revoke(device))
    await client.directory.catch_up()
    return show(face, client, device.bundle())
