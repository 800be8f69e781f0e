"""A device's key that nobody can use never gets into the log (C46)."""

from __future__ import annotations

import pytest

from protocol.crypto.keys import XWingPrivateKey
from protocol.crypto.signature import SignedType
from protocol.directory.log import DeviceBundle, Leaf, LeafKind, OlmIdentity
from tests.support.small_city import SmallCity, append

GOOD = bytes(XWingPrivateKey.generate().public)


@pytest.mark.parametrize("xwing", [b"\xff" * 1184 + GOOD[1184:], GOOD[:1184] + bytes(32)])
def test_a_bundle_with_a_key_that_is_none_is_refused(city: SmallCity, xwing: bytes) -> None:
    device = city.ca.device(city.clerk)
    client = city.server.device(device)
    size = client.get("/directory/entries").json()["size"]
    value = DeviceBundle(device.id, device.person, device.cert_hash, xwing, city.clock.now, "电脑").value()
    signed = device.signed(SignedType.DEVICE_BUNDLE, value)
    reply = append(client, Leaf(LeafKind.DEVICE, signed.to_bytes(), device.certificate))
    assert (reply.status_code, reply.json()["code"]) == (400, "keys.unusable")
    assert client.get("/directory/entries").json()["size"] == size
    assert append(client, device.bundle()).status_code == 200, (
        "the log goes on, and so does the device with a good one"
    )


def test_an_olm_identity_that_is_none_is_refused(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    value = OlmIdentity(device.id, bytes(32), bytes(32), city.clock.now).value()
    signed = device.signed(SignedType.OLM_IDENTITY, value)
    reply = append(client, Leaf(LeafKind.OLM, signed.to_bytes(), device.certificate))
    assert reply.json()["code"] == "keys.unusable"
