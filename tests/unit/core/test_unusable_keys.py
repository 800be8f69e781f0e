"""Keys that a log of before holds and that are none: marked, left out, rotated around; the fold comes to the same state (C46)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.identity.keystore import DeviceKeys
from protocol.crypto.content import key_commitment
from protocol.crypto.envelope import EnvelopeInfo, Purpose, wrap
from protocol.crypto.keys import (
    SecretKey,
    XWingPrivateKey,
    XWingPublicKey,
    is_usable_curve25519,
    is_usable_xwing,
)
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import DeviceBundle, KeyGeneration, KeyShare, Leaf, LeafKind, OlmIdentity
from protocol.directory.usable_keys import check_usable
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind, new_id
from tests.support.held_keys import principals_held
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import BODY, LI, POST, WANG, City, Device, identifier

CASE = identifier(IdKind.CASE, 1)
GOOD = bytes(XWingPrivateKey.generate().public)
BAD = [b"\xff" * 1184 + GOOD[1184:], GOOD[:1184] + bytes(32), GOOD[:1184] + (1).to_bytes(32, "little")]


@pytest.fixture
def city() -> City:
    made = City(ManualClock())
    made.publish_organisation((WANG, LI))
    return made


@pytest.fixture
def wang(city: City, tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path / "wang", city, WANG)
    yield made
    made.store.close()


def bad_device(city: City, xwing: bytes) -> tuple[str, DeviceKeys, bytes]:
    """A device of Li's whose validly signed bundle names a key that is none."""
    keys, name = DeviceKeys.generate(), new_id(IdKind.DEVICE, os.urandom(16))
    certificate = city.certificate(keys, LI, name)
    value = DeviceBundle(name, LI, certificate_hash(certificate), xwing, city.clock.now_ms(), "坏").value()
    signed = sign(keys.signing, certificate_hash(certificate), SignedType.DEVICE_BUNDLE, value)
    city._add(Leaf(LeafKind.DEVICE, signed.to_bytes(), certificate), None)
    return name, keys, certificate


@pytest.mark.parametrize("public", BAD)
def test_a_key_that_is_none_is_known_by_itself(public: bytes) -> None:
    assert is_usable_xwing(GOOD)
    assert not is_usable_xwing(public)
    assert not is_usable_xwing(public[:-1])


def test_points_of_low_order_are_known() -> None:
    low = (0, 1, 2**255 - 19, 2**255 - 20, 2**255 - 18)
    assert [is_usable_curve25519(each.to_bytes(32, "little")) for each in low] == [False] * 5
    assert is_usable_curve25519(GOOD[1184:])


@pytest.mark.parametrize("xwing", BAD)
def test_the_fold_keeps_a_bad_device_marked_and_acceptance_refuses_it(city: City, xwing: bytes) -> None:
    name, _keys, _certificate = bad_device(city, xwing)
    found = city.state.device_by_id(name)
    assert found is not None
    assert not found.usable
    assert found not in city.state.unconfirmed_members(POST)
    with pytest.raises(JinshuError) as caught:
        check_usable(Leaf.parse(city.leaves[-1]))
    assert caught.value.code is ErrorCode.KEYS_UNUSABLE


@pytest.mark.parametrize(
    ("kind", "type_", "value"),
    [
        (
            LeafKind.GENERATION,
            SignedType.KEY_GENERATION,
            KeyGeneration(POST, 1, BAD[0], None, [], 1, False, None, 1).value(),
        ),
        (
            LeafKind.OLM,
            SignedType.OLM_IDENTITY,
            OlmIdentity(new_id(IdKind.DEVICE, bytes(16)), bytes(32), bytes(32), 1).value(),
        ),
    ],
)
def test_generations_and_olm_identities_that_are_none_are_refused(
    kind: LeafKind, type_: SignedType, value: dict[str, object]
) -> None:
    signed = sign(DeviceKeys.generate().signing, bytes(32), type_, value)
    with pytest.raises(JinshuError) as caught:
        check_usable(Leaf(kind, signed.to_bytes()))
    assert caught.value.code is ErrorCode.KEYS_UNUSABLE


async def generation_by(city: City, keys: DeviceKeys, certificate: bytes, public: bytes, *to: str) -> None:
    """Li's bad device makes the body's next generation, with wraps for all that the rule demands."""
    last = city.state.generation(BODY)
    number = 1 if last is None else last.number + 1
    recipients = []
    for name in to:
        found = city.state.device_by_id(name)
        assert found is not None
        key = found.encryption_key if found.usable else XWingPublicKey(GOOD)
        record = wrap(key, EnvelopeInfo(Purpose.PRINCIPAL_SEED, BODY, to[0], name, number), bytes(96))
        city.wraps.append(record.to_bytes())
        recipients.append({"to": name, "wrap": record.hash})
    value = KeyGeneration(
        principal=BODY,
        generation=number,
        public=public,
        previous=None if last is None else last.entry,
        recipients=sorted(recipients, key=lambda each: str(each["to"])),
        org_seq=city.state.organisation.org_seq,
        restart=False,
        recovery=None,
        at=city.clock.now_ms(),
    ).value()
    signed = sign(keys.signing, certificate_hash(certificate), SignedType.KEY_GENERATION, value)
    city._add(Leaf(LeafKind.GENERATION, signed.to_bytes(), certificate), None)


async def test_a_body_with_a_bad_holder_and_a_bad_generation_rotates_and_seals_again(
    city: City, wang: Device
) -> None:
    name, keys, certificate = bad_device(city, BAD[0])
    await generation_by(city, keys, certificate, GOOD, name)
    await wang.enrol()
    # The holder with the bad key gives Wang the seed, and then replaces the generation by one that nobody can seal to.
    last = city.state.generation(BODY)
    assert last is not None
    found = city.state.device_by_id(wang.id)
    assert found is not None
    record = wrap(
        found.encryption_key, EnvelopeInfo(Purpose.PRINCIPAL_SEED, BODY, name, wang.id, 1), bytes(96)
    )
    share = KeyShare(BODY, 1, last.entry, wang.id, record.hash, city.clock.now_ms()).value()
    signed = sign(keys.signing, certificate_hash(certificate), SignedType.KEY_SHARE, share)
    city._add(Leaf(LeafKind.SHARE, signed.to_bytes(), certificate), None)
    await generation_by(city, keys, certificate, BAD[1], name, wang.id)
    await wang.directory.catch_up()
    with pytest.raises(JinshuError) as caught:
        await wang.principals.seal_object_key(CASE, bytes(32), [BODY])
    assert caught.value.code is ErrorCode.KEYS_GENERATION_STALE

    await wang.step()
    newest = city.state.generation(BODY)
    assert newest is not None
    assert (newest.number, newest.signer, newest.usable) == (3, wang.id, True)
    assert newest.holders == {name, wang.id}, "as the rule of every client demands"
    assert BODY in principals_held(wang.principals)
    key = SecretKey.generate()
    [sealed] = await wang.principals.seal_object_key(CASE, bytes(key), [BODY])
    assert await wang.principals.open_wrap(
        sealed.to_bytes(), object_id=CASE, key_commitment=key_commitment(CASE, key)
    ) == bytes(key)
