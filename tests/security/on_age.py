"""Attacks on the age of the log (C45): an old view shown as the newest, a second log beside the first, and the co-signatures of the
witnesses that would tell."""

from __future__ import annotations

from dataclasses import replace

from client.core.client import CoreClient
from client.core.keys.principals import Unconfirmed
from protocol.crypto import merkle
from protocol.crypto.certificates import public_key_of
from protocol.directory.cosignatures import Cosignature, origin_of
from protocol.directory.log import Leaf
from protocol.errors import ErrorCode
from protocol.wire.directory import CosignatureReply
from tests.security.malicious_server import MaliciousServer
from tests.security.world import Attack, Object, Strike, World, cell, follows
from tests.support.given_witness import GivenWitness
from tests.support.small_city import HOUR_MS

ROOT, LIST, HEAD, WORD = (
    Object.ORGANISATION_ROOT,
    Object.REVOCATION_LIST,
    Object.LOG_HEAD,
    Object.COSIGNATURE,
)
_PATH = "/directory/cosignatures$"
_DAY_MS = 24 * HOUR_MS


# Statements of the CA


@cell(ROOT, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def the_ca_saw_another_log_than_is_shown(world: World) -> Strike:
    """The server puts the CA's honest statement into a log of its own making."""
    instead = world.city.ca.device(world.city.leader).bundle()
    return await _a_statement_over_more(world, instead)


@cell(ROOT, Attack.WITHHELD, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def what_the_ca_saw_before_it_signed_is_left_out(world: World) -> Strike:
    """A revocation, say: the statement after it counts one leaf more than is shown."""
    return await _a_statement_over_more(world)


async def _a_statement_over_more(world: World, *instead: Leaf) -> Strike:
    """The CA's next statement, over a log that has a leaf more than the one shown, or that leaf and not these."""
    city = world.city
    city.ca.switch_on()
    city.publish()
    client, face = await world.clerk()
    log = face.fork()
    for leaf in instead:
        log.add(leaf)
    city.enrolled(city.second_clerk)
    city.look_at_log()
    statement, organisation = city.ca.snapshot()
    log.snapshots[organisation.org_seq] = list(organisation.raw)
    log.add(statement)
    return follows(client)


@cell(LIST, Attack.FORGED, ErrorCode.WIRE_MALFORMED)
async def a_list_names_the_log_where_older_clients_come_in(world: World) -> Strike:
    """Those could not read it: a fold that does would no longer be theirs."""
    city = world.city
    client, face = await world.clerk()
    lost, _ = city.enrolled(city.second_clerk)
    city.look_at_log()
    log = face.fork()
    log.add(city.ca.revoke(lost))
    return follows(client)


@cell(HEAD, Attack.WITHHELD, ErrorCode.DIRECTORY_STOPPED)
async def a_newcomer_is_confirmed_by_one_who_is_shown_an_old_log(world: World) -> Strike:
    """The lists are overdue beyond the grace, whatever heads the server signs: who has been dismissed since is not known."""
    city = world.city
    city.ca.switch_on(grace_days=30)
    city.publish()
    client, face = await world.clerk()
    await client.principals.maintain()
    newcomer, _ = city.enrolled(city.second_clerk)
    city.ca.life_ms = -60 * _DAY_MS
    city.publish()
    await client.directory.catch_up()
    face.fork()
    waits = Unconfirmed(city.bureau, city.second_clerk, newcomer.id, mine=False)
    return Strike(client, lambda: client.principals.confirm_member(waits))


@cell(HEAD, Attack.REPLAY, ErrorCode.DIRECTORY_CLOCK_DIFFERS)
async def a_clock_set_back_makes_an_old_log_look_new(world: World) -> Strike:
    """Somebody sets the computer's clock to the day of the view that is shown again."""
    city = world.city
    city.ca.switch_on(grace_days=30)
    city.publish()
    client, _ = await world.clerk()
    city.clock.advance(-40 * _DAY_MS)

    async def seal() -> None:
        client.directory.check_age()

    return Strike(client, seal)


# Witnesses


async def witnessed(world: World) -> tuple[CoreClient, MaliciousServer, GivenWitness]:
    """The site demands one witness, and the victim has its word of today."""
    witness = GivenWitness()
    world.city.ca.switch_on(witnesses=[witness.verifier], needed=1)
    world.city.publish()
    client, face = await world.clerk()
    shown(face, said(world, witness))
    await client.directory.catch_up()
    return client, face, witness


def said(world: World, witness: GivenWitness, *, later_ms: int = 0, root: bytes | None = None) -> Cosignature:
    """A witness's word for the honest log as it is, or for another root."""
    face = next(iter(world.faces.values()))
    tree = merkle.Tree([merkle.leaf_hash(leaf) for leaf in face.leaves()])
    origin = origin_of(public_key_of(face.trust.log_certificate))
    at_s = (world.city.clock.now + later_ms) // 1000
    return witness.says(origin, len(tree), tree.root() if root is None else root, at_s)


def shown(face: MaliciousServer, *words: Cosignature) -> None:
    told = [CosignatureReply.of(word).model_dump(mode="json") for word in words]
    face._answers = [each for each in face._answers if each[0].pattern != _PATH]
    face.answer(_PATH, {"cosignatures": told})


@cell(WORD, Attack.FORGED, ErrorCode.DIRECTORY_COSIGNATURE_INVALID)
async def the_server_co_signs_in_a_witnesss_name(world: World) -> Strike:
    client, face, witness = await witnessed(world)
    own = said(world, GivenWitness(witness.name), later_ms=HOUR_MS)
    shown(face, replace(own, witness=said(world, witness).witness))
    world.city.clock.advance(HOUR_MS)
    return follows(client)


@cell(WORD, Attack.SWAPPED, ErrorCode.DIRECTORY_COSIGNATURE_INVALID)
async def a_witnesss_word_for_another_log_stands_for_this_one(world: World) -> Strike:
    client, face, witness = await witnessed(world)
    honest = said(world, witness)
    shown(face, witness.says("jinshu/another", honest.size, honest.root, honest.at_s + 60))
    return follows(client)


@cell(WORD, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_witness_saw_the_log_that_others_are_shown(world: World) -> Strike:
    client, face, witness = await witnessed(world)
    shown(face, said(world, witness, later_ms=HOUR_MS, root=b"\x07" * 32))
    world.city.clock.advance(HOUR_MS)
    return follows(client)


@cell(WORD, Attack.INJECTED, ErrorCode.DIRECTORY_OVERDUE, notice=True)
async def a_witness_of_the_servers_own_stands_for_the_sites(world: World) -> Strike:
    client, face, witness = await witnessed(world)
    shown(face, said(world, GivenWitness(witness.name), later_ms=2 * _DAY_MS))
    world.city.clock.advance(2 * _DAY_MS)
    return follows(client)


@cell(WORD, Attack.WITHHELD, ErrorCode.DIRECTORY_OVERDUE, notice=True)
async def no_witness_is_shown_any_more(world: World) -> Strike:
    client, face, _ = await witnessed(world)
    world.city.clock.advance(2 * _DAY_MS)
    shown(face)
    return follows(client)


@cell(WORD, Attack.REPLAY, ErrorCode.DIRECTORY_OVERDUE, notice=True)
async def a_frozen_view_is_shown_with_the_words_of_then(world: World) -> Strike:
    """The victim alone sees no more leaves; the server signs him a fresh head each time."""
    client, face, witness = await witnessed(world)
    face.fork()
    old = said(world, witness)
    world.city.enrolled(world.city.second_clerk)
    world.city.clock.advance(2 * _DAY_MS)
    shown(face, old)
    return follows(client)
