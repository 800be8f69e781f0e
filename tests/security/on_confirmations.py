"""Attacks on confirmations (C6): who says that he could open a generation, and which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from protocol.crypto.signature import SignedType
from protocol.directory.log import GenerationConfirm, Leaf, LeafKind
from protocol.errors import ErrorCode
from tests.security.on_generations import GENERATION, Office, following
from tests.security.world import Attack, Strike, World, cell
from tests.support.small_city import HOUR_MS, Device


async def confirmed(world: World, make: Callable[[Office, GenerationConfirm], Leaf]) -> Strike:
    def leaf(office: Office, first: Leaf) -> Leaf:
        entry, now = first.parsed().entry_id, world.city.clock.now
        return make(office, GenerationConfirm(office.post, 1, entry, office.member.id, now))

    return await following(world, leaf)


def confirm_by(device: Device, value: GenerationConfirm) -> Leaf:
    return Leaf(LeafKind.CONFIRM, device.signed(SignedType.GENERATION_CONFIRM, value.value()).to_bytes())


@cell(GENERATION, Attack.FORGED, ErrorCode.KEYS_NOT_A_MEMBER)
async def a_device_confirms_what_it_was_never_given(world: World) -> Strike:
    return await confirmed(
        world, lambda office, value: confirm_by(office.leader, replace(value, device=office.leader.id))
    )


@cell(GENERATION, Attack.FORGED, ErrorCode.KEYS_GENERATION_CONFLICT)
async def a_confirmation_names_another_entry(world: World) -> Strike:
    return await confirmed(
        world, lambda office, value: confirm_by(office.member, replace(value, generation_entry=bytes(32)))
    )


@cell(GENERATION, Attack.FORGED, ErrorCode.KEYS_NO_GENERATION)
async def a_confirmation_is_of_a_generation_there_is_not(world: World) -> Strike:
    return await confirmed(
        world, lambda office, value: confirm_by(office.member, replace(value, generation=2))
    )


@cell(GENERATION, Attack.REPLAY, ErrorCode.DIRECTORY_ENTRY_REFUSED)
async def a_confirmation_is_shown_though_it_was_given(world: World) -> Strike:
    return await confirmed(world, lambda office, value: confirm_by(office.member, value))


@cell(GENERATION, Attack.FORGED, ErrorCode.CLOCK_SKEW)
async def a_confirmation_comes_from_the_future(world: World) -> Strike:
    later = world.city.clock.now + HOUR_MS
    return await confirmed(world, lambda office, value: confirm_by(office.member, replace(value, at=later)))
