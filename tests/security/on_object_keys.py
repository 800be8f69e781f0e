"""Attacks on the wrap of an object's key (C7): sealed to a principal, counted only by the commitment in a signed entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from client.core.client import CoreClient
from client.core.keys.principals import Unconfirmed
from protocol.crypto.content import key_commitment
from protocol.crypto.envelope import Purpose, WrapRecord, wrap
from protocol.crypto.keys import SecretKey
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.world import Attack, Object, Strike, World, cell
from tests.support.small_city import fresh

KEY = Object.OBJECT_KEY


async def opened(world: World, lie: Callable[[CoreClient, WrapRecord, str], WrapRecord]) -> Strike:
    """The victim opens a case whose key was wrapped to his post, with a wrap the server changed."""
    client, _face = await world.clerk()
    await client.principals.maintain()
    case, key = fresh(IdKind.CASE), SecretKey.generate()
    commitment = key_commitment(case, key)
    [record] = await client.principals.seal_object_key(case, bytes(key), [world.city.clerk_post])
    assert await client.principals.open_wrap(
        record.to_bytes(), object_id=case, key_commitment=commitment
    ) == bytes(key)
    told = lie(client, record, case).to_bytes()
    return Strike(
        client, lambda: client.principals.open_wrap(told, object_id=case, key_commitment=commitment)
    )


@cell(KEY, Attack.FORGED, ErrorCode.KEYS_COMMITMENT_MISMATCH)
async def the_key_of_a_case_is_the_servers_own(world: World) -> Strike:
    def forge(client: CoreClient, record: WrapRecord, _case: str) -> WrapRecord:
        generation = client.directory.state.generation(record.principal)
        assert generation is not None
        return wrap(generation.encryption_key, record.info(Purpose.OBJECT_KEY), bytes(32))

    return await opened(world, forge)


@cell(KEY, Attack.SWAPPED, ErrorCode.KEYS_COMMITMENT_MISMATCH)
async def the_key_of_another_case_is_handed_over(world: World) -> Strike:
    return await opened(world, lambda _client, record, _case: replace(record, object=fresh(IdKind.CASE)))


@cell(KEY, Attack.INJECTED, ErrorCode.ENVELOPE_CANNOT_OPEN)
async def a_wrap_is_put_under_another_senders_name(world: World) -> Strike:
    return await opened(world, lambda _client, record, _case: replace(record, sender=fresh(IdKind.DEVICE)))


@cell(KEY, Attack.ROLLBACK, ErrorCode.ENVELOPE_CANNOT_OPEN)
async def a_wrap_is_put_under_an_older_generation(world: World) -> Strike:
    client, _face = await world.clerk()
    member, _ = world.city.enrolled(world.city.second_clerk)
    await client.principals.maintain()
    post = world.city.clerk_post
    await client.directory.catch_up()
    await client.principals.confirm_member(Unconfirmed(post, member.person, member.id, False))
    world.city.operate(world.city.ca.revoke(member))
    await client.directory.catch_up()
    await client.principals.maintain()
    case, key = fresh(IdKind.CASE), SecretKey.generate()
    [record] = await client.principals.seal_object_key(case, bytes(key), [post])
    assert record.generation == 2
    told = replace(record, generation=1).to_bytes()
    commitment = key_commitment(case, key)
    return Strike(
        client, lambda: client.principals.open_wrap(told, object_id=case, key_commitment=commitment)
    )
