"""Attacks on the signed organisation (C3): its entries, which travel apart, and the root the CA signs."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import replace

from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import Leaf, LeafKind, OrganisationRoot
from protocol.directory.organisation import Entry, Holding, Organisation, Person, Post, parse_entry
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind, new_id
from tests.security.malicious_server import Json
from tests.security.world import Attack, Object, Strike, World, cell, follows, show
from tests.support.small_city import HOUR_MS, b64

ENTRY, ROOT = Object.ORGANISATION_ENTRY, Object.ORGANISATION_ROOT
Entries = list[Entry]


async def altered(world: World, change: Callable[[Entries], Entries]) -> Strike:
    """A new snapshot, whose entries arrive changed."""
    client, face = await world.clerk()
    world.city.ca.person("新来的")
    world.city.publish()

    def lie(reply: Json) -> Json:
        entries = change([parse_entry(base64.b64decode(entry)) for entry in reply["entries"]])
        return {"entries": [b64(entry.to_bytes()) for entry in entries]}

    face.lie("/directory/organisation/2", lie)
    return follows(client)


def holding(entries: Entries, number: int = 0) -> Holding:
    return [entry for entry in entries if isinstance(entry, Holding)][number]


def exchange(entries: Entries, old: Entry, new: Entry) -> Entries:
    return [new if entry is old else entry for entry in entries]


@cell(ENTRY, Attack.FORGED, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def a_person_is_given_another_name(world: World) -> Strike:
    def rename(entries: Entries) -> Entries:
        person = next(entry for entry in entries if isinstance(entry, Person))
        return exchange(entries, person, replace(person, name="冒名者"))

    return await altered(world, rename)


@cell(ENTRY, Attack.SWAPPED, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def two_people_are_put_in_each_others_posts(world: World) -> Strike:
    def swap(entries: Entries) -> Entries:
        one, other = holding(entries), holding(entries, 1)
        swapped = exchange(entries, one, replace(one, person=other.person))
        return exchange(swapped, other, replace(other, person=one.person))

    return await altered(world, swap)


@cell(ENTRY, Attack.INJECTED, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def a_person_gets_a_post_more(world: World) -> Strike:
    def add(entries: Entries) -> Entries:
        old = holding(entries)
        post = next(e for e in entries if isinstance(e, Post) and e.id != old.post)
        made = replace(old, id=new_id(IdKind.HOLDING, os.urandom(16)), post=post.id)
        return sorted([*entries, made], key=lambda entry: entry.id)

    return await altered(world, add)


@cell(ENTRY, Attack.WITHHELD, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def one_holding_is_left_out(world: World) -> Strike:
    return await altered(world, lambda entries: [e for e in entries if e != holding(entries)])


@cell(ENTRY, Attack.WITHHELD, ErrorCode.DIRECTORY_SNAPSHOT_MISSING)
async def the_entries_are_said_to_be_lost(world: World) -> Strike:
    client, face = await world.clerk()
    world.city.publish()
    face.refuse("/directory/organisation/2", ErrorCode.DIRECTORY_SNAPSHOT_MISSING, 404)
    return follows(client)


@cell(ENTRY, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def one_client_of_two_is_shown_another_city(world: World) -> Strike:
    def reorder(entries: Entries) -> Entries:
        person = next(entry for entry in entries if isinstance(entry, Person))
        return exchange(entries, person, replace(person, order=99))

    strike = await altered(world, reorder)
    other = await world.client(world.city.leader)
    assert other.directory.organisation.org_seq == 2
    return strike


@cell(ENTRY, Attack.ROLLBACK, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def the_new_snapshot_has_the_old_entries(world: World) -> Strike:
    client, face = await world.clerk()
    old = list(client.directory.organisation.raw)
    world.city.ca.dismiss(world.city.second_clerk)
    world.city.publish()
    face.lie("/directory/organisation/2", lambda _reply: {"entries": [b64(entry) for entry in old]})
    return follows(client)


@cell(ENTRY, Attack.REPLAY, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def a_dismissed_clerk_is_slipped_back_in(world: World) -> Strike:
    client, face = await world.clerk()
    person = world.city.second_clerk
    old = next(h for h in client.directory.organisation.holdings.values() if h.person == person)
    world.city.ca.dismiss(person)
    world.city.publish()

    def lie(reply: Json) -> Json:
        entries = [*(base64.b64decode(entry) for entry in reply["entries"]), old.to_bytes()]
        return {"entries": [b64(entry) for entry in sorted(entries, key=lambda e: parse_entry(e).id)]}

    face.lie("/directory/organisation/2", lie)
    return follows(client)


@cell(ENTRY, Attack.REORDERED, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def the_entries_come_in_another_order(world: World) -> Strike:
    return await altered(world, lambda entries: entries[::-1])


# The root


async def next_root(world: World, **changes: object) -> tuple[OrganisationRoot, Organisation]:
    """What the CA would sign next, changed."""
    ca = world.city.ca
    organisation = Organisation(ca.org_seq + 1, [ca.entries[key] for key in sorted(ca.entries)])
    now = ca.clock.now
    root = OrganisationRoot(
        organisation.org_seq, organisation.root, len(organisation.entries), ca.previous, now, now + HOUR_MS
    )
    return replace(root, **changes), organisation  # type: ignore[arg-type]


async def own_root(world: World, cert_hash: bytes) -> Strike:
    """The server's own snapshot: it makes itself a leader's post, and signs with the log's key."""
    client, face = await world.clerk()
    world.city.ca.person("服务器的人", world.city.leader_post)
    root, organisation = await next_root(world)
    signed = sign(face.trust.log_key, cert_hash, SignedType.ORGANISATION_ROOT, root.value())
    log = face.fork()
    log.snapshots[root.org_seq] = list(organisation.raw)
    return show(face, client, Leaf(LeafKind.ORGANISATION, signed.to_bytes()))


@cell(ROOT, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_server_signs_a_snapshot_in_the_cas_name(world: World) -> Strike:
    return await own_root(world, certificate_hash(world.city.ca.issuing))


@cell(ROOT, Attack.INJECTED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_server_signs_a_snapshot_as_the_log(world: World) -> Strike:
    return await own_root(world, certificate_hash(world.face().trust.log_certificate))


@cell(ROOT, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def another_statement_of_the_ca_stands_for_the_snapshot(world: World) -> Strike:
    client, face = await world.clerk()
    second = await world.client(world.city.second_clerk)
    listed = world.revocation(second)
    return show(face, client, Leaf(LeafKind.ORGANISATION, listed.signed))


@cell(ROOT, Attack.WITHHELD, ErrorCode.DIRECTORY_OVERDUE, notice=True)
async def no_snapshot_is_shown_when_the_next_is_due(world: World) -> Strike:
    client, face = await world.clerk()
    face.fork()
    world.city.publish()
    world.city.clock.advance(31 * 24 * HOUR_MS)
    return follows(client)


@cell(ROOT, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_dismissal_is_shown_to_one_client_only(world: World) -> Strike:
    client, face = await world.clerk()
    log = face.fork()
    world.city.ca.dismiss(world.city.second_clerk)
    world.city.publish()
    other = await world.client(world.city.leader)
    # The one kept in the dark gets a log as long, so that sizes say nothing.
    while len(log.leaves) < other.directory.size:
        log.add(world.city.ca.device(world.city.leader).bundle())
    await client.directory.catch_up()
    return Strike(client, lambda: client.directory.check_seen(other.directory.size, other.directory.root))


@cell(ROOT, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def the_log_ends_before_the_newest_snapshot(world: World) -> Strike:
    client, face = await world.clerk()
    before = client.directory.size
    world.city.publish()
    await client.directory.catch_up()
    face.fork(before)
    return follows(client)


@cell(ROOT, Attack.REPLAY, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def an_old_snapshot_is_shown_as_the_newest(world: World) -> Strike:
    client, face = await world.clerk()
    first = Leaf.parse(face.leaves(1)[0])
    world.city.publish()
    await client.directory.catch_up()
    return show(face, client, first)


@cell(ROOT, Attack.REORDERED, ErrorCode.DIRECTORY_SNAPSHOT_INVALID)
async def two_snapshots_come_in_the_wrong_order(world: World) -> Strike:
    client, face = await world.clerk()
    size = client.directory.size
    world.city.publish()
    world.city.publish()
    second, third = (Leaf.parse(leaf) for leaf in face.leaves()[size:])
    face.fork(size)
    return show(face, client, third, second)
