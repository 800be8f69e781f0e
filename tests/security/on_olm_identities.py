"""Attacks on the identity a device signs for conversations (C5): its own, of now, and once for its life."""

from __future__ import annotations

import os

from protocol.crypto.signature import SignedType
from protocol.directory.log import Leaf, LeafKind, OlmIdentity
from protocol.errors import ErrorCode
from tests.security.world import Attack, Object, Strike, World, cell, show
from tests.support.small_city import HOUR_MS, Device

BUNDLE = Object.DEVICE_BUNDLE


def identity(device: Device, *, of: str | None = None, at: int | None = None) -> Leaf:
    value = OlmIdentity(of or device.id, os.urandom(32), os.urandom(32), at or device.clock.now).value()
    return Leaf(LeafKind.OLM, device.signed(SignedType.OLM_IDENTITY, value).to_bytes())


@cell(BUNDLE, Attack.FORGED, ErrorCode.CLOCK_SKEW)
async def an_olm_identity_comes_from_the_future(world: World) -> Strike:
    client, face = await world.clerk()
    device, _ = world.city.enrolled(world.city.leader)
    await client.directory.catch_up()
    return show(face, client, identity(device, at=device.clock.now + HOUR_MS))


@cell(BUNDLE, Attack.SWAPPED, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_device_signs_an_olm_identity_for_another(world: World) -> Strike:
    client, face = await world.clerk()
    device, _ = world.city.enrolled(world.city.leader)
    await client.directory.catch_up()
    return show(face, client, identity(device, of=client.me.device))
