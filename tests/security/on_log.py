"""Attacks on the log itself (C4): its signed heads, and the proofs that one head continues another."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

from client.core.client import CoreClient
from client.core.sync.core_events import DirectoryGrew
from client.core.sync.pull import LogEvent
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.errors import ErrorCode
from tests.security.malicious_server import Json, MaliciousServer, OtherLog
from tests.security.world import Attack, Object, Strike, World, cell, follows
from tests.support.small_city import b64

HEAD, PROOF = Object.LOG_HEAD, Object.PROOF
_PATH = "/directory/head$"


async def grown(world: World, leaves: int = 3) -> tuple[CoreClient, MaliciousServer]:
    """The honest log has grown behind the victim's back; before, the victim saw three leaves."""
    client, face = await world.clerk()
    world.city.enrolled(world.city.leader)
    await client.directory.catch_up()
    for _ in range(leaves):
        world.city.enrolled(world.city.second_clerk)
    return client, face


async def headed(world: World, head: Callable[[OtherLog], bytes]) -> Strike:
    """The log is honest, the head is not."""
    client, face = await grown(world)
    told = head(face.fork())
    face.lie(_PATH, lambda reply: {**reply, "head": b64(told)})
    return follows(client)


@cell(HEAD, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def a_head_is_signed_by_another_key(world: World) -> Strike:
    def forge(log: OtherLog) -> bytes:
        honest = Signed.parse(log.head())
        return sign(SigningKey.generate(), honest.cert_hash, SignedType.LOG_HEAD, honest.value()).to_bytes()

    return await headed(world, forge)


@cell(HEAD, Attack.SWAPPED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def a_second_log_key_stands_for_the_first(world: World) -> Strike:
    """Whoever has the issuing key can certify a log key; the one a client knows is the only one it takes."""
    client, face = await grown(world)
    key, ca = SigningKey.generate(), world.city.ca
    made = certificates.make_log(ca.issuing_key, ca.issuing, key.public_spki, at_ms=ca.clock.now)
    honest = Signed.parse(face.fork().head())
    told = sign(key, certificate_hash(made), SignedType.LOG_HEAD, honest.value()).to_bytes()
    face.lie(_PATH, lambda reply: {**reply, "head": b64(told)})
    face.lie("/trust$", lambda reply: {**reply, "log_certificate": b64(made)})
    return follows(client)


@cell(HEAD, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_receipt_stands_for_a_head(world: World) -> Strike:
    def swap(log: OtherLog) -> bytes:
        honest = Signed.parse(log.head())
        cert_hash = certificate_hash(world.face().trust.log_certificate)
        key = world.face().trust.log_key
        return sign(key, cert_hash, SignedType.SERVER_RECEIPT, honest.value()).to_bytes()

    return await headed(world, swap)


@cell(HEAD, Attack.INJECTED, ErrorCode.DIRECTORY_PROOF_INVALID)
async def a_head_counts_leaves_nobody_is_shown(world: World) -> Strike:
    client, face = await grown(world)
    size = len(face.fork().leaves)
    short = face.leaves()[: size - 1]

    def drop(reply: Json) -> Json:
        return {**reply, "leaves": [leaf for leaf in reply["leaves"] if base64.b64decode(leaf) in short]}

    face.lie("/directory/entries$", drop)
    return follows(client)


@cell(HEAD, Attack.SWAPPED, ErrorCode.DIRECTORY_PROOF_INVALID)
async def the_leaves_are_not_those_of_the_head(world: World) -> Strike:
    client, face = await grown(world)
    other = world.city.ca.device(world.city.leader).bundle()

    def swap(reply: Json) -> Json:
        return {**reply, "leaves": [*reply["leaves"][:-1], b64(other.to_bytes())]}

    face.lie("/directory/entries$", swap)
    return follows(client)


@cell(HEAD, Attack.WITHHELD, ErrorCode.DIRECTORY_ROLLBACK)
async def the_server_announces_more_than_it_shows(world: World) -> Strike:
    client, face = await world.clerk()
    face.fork()
    event = LogEvent(1, "directory", {"size": client.directory.size + 1})
    return Strike(client, lambda: DirectoryGrew(client.directory.catch_up).prepare(event))


@cell(HEAD, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def another_head_of_the_same_size(world: World) -> Strike:
    client, face = await world.clerk()
    told = face.fork().head(root=os.urandom(32))
    face.lie(_PATH, lambda reply: {**reply, "head": b64(told)})
    return follows(client)


@cell(HEAD, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def two_clients_meet_in_a_document_that_cites_a_head(world: World) -> Strike:
    """Every payload carries the head its author saw (C14): read and verified, it is held against one's own log."""
    author, reader = await world.client(world.city.leader), await world.client(world.city.clerk)
    await author.directory.catch_up()
    face, same = world.faces[author].fork(), world.faces[reader].fork()
    face.add(world.city.ca.device(world.city.second_clerk).bundle())
    same.add(world.city.ca.device(world.city.second_clerk).bundle())
    for client in (author, reader):
        await client.directory.catch_up()
    cited = {"v": 1, "log_size": author.directory.size, "log_root": author.directory.root}
    entry = await author.keystore.sign(SignedType.DOCUMENT_ENTRY, cited)

    async def read() -> None:
        value = Signed.parse(entry.to_bytes(), SignedType.DOCUMENT_ENTRY).value()
        await reader.directory.check_seen(value["log_size"], value["log_root"])

    return Strike(reader, read)


@cell(HEAD, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def a_smaller_head_is_signed_anew(world: World) -> Strike:
    client, face = await world.clerk()
    face.fork(1)
    return follows(client)


@cell(HEAD, Attack.REPLAY, ErrorCode.DIRECTORY_ROLLBACK)
async def an_honest_head_of_yesterday_is_shown_again(world: World) -> Strike:
    client, face = await world.clerk()
    yesterday = next(reply["head"] for path, reply in face.said if path.endswith("/directory/head"))
    world.city.enrolled(world.city.leader)
    await client.directory.catch_up()
    face.lie(_PATH, lambda reply: {**reply, "head": yesterday})
    return follows(client)


# Proofs


async def proven(world: World, lie: Callable[[list[str]], list[str]]) -> Strike:
    """Head and leaves are honest, the proof that they continue the old log is not."""
    client, face = await grown(world)
    face.lie(_PATH, lambda reply: {**reply, "consistency": lie(reply["consistency"])})
    return follows(client)


def junk() -> str:
    return b64(os.urandom(32))


@cell(PROOF, Attack.FORGED, ErrorCode.DIRECTORY_PROOF_INVALID)
async def one_node_of_the_proof_is_made_up(world: World) -> Strike:
    return await proven(world, lambda path: [junk(), *path[1:]])


@cell(PROOF, Attack.SWAPPED, ErrorCode.DIRECTORY_PROOF_INVALID)
async def the_proof_is_for_another_size(world: World) -> Strike:
    client, face = await grown(world)
    other = [b64(node) for node in face.fork().tree().consistency_proof(1)]
    face.lie(_PATH, lambda reply: {**reply, "consistency": other})
    return follows(client)


@cell(PROOF, Attack.INJECTED, ErrorCode.DIRECTORY_PROOF_INVALID)
async def the_proof_has_a_node_too_many(world: World) -> Strike:
    return await proven(world, lambda path: [*path, junk()])


@cell(PROOF, Attack.WITHHELD, ErrorCode.DIRECTORY_PROOF_INVALID)
async def there_is_no_proof(world: World) -> Strike:
    return await proven(world, lambda _path: [])


@cell(PROOF, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_PROOF_INVALID)
async def the_past_was_rewritten(world: World) -> Strike:
    client, face = await grown(world)
    log = face.fork()
    log.leaves[1] = world.city.ca.device(world.city.leader).bundle().to_bytes()
    return follows(client)


@cell(PROOF, Attack.REPLAY, ErrorCode.DIRECTORY_PROOF_INVALID)
async def an_honest_proof_of_yesterday_is_shown_again(world: World) -> Strike:
    client, face = await grown(world)
    await client.directory.catch_up()
    yesterday = [reply["consistency"] for path, reply in face.said if path.endswith("/directory/head")][-1]
    world.city.enrolled(world.city.leader)
    face.lie(_PATH, lambda reply: {**reply, "consistency": yesterday})
    return follows(client)


@cell(PROOF, Attack.REORDERED, ErrorCode.DIRECTORY_PROOF_INVALID)
async def the_proof_is_upside_down(world: World) -> Strike:
    return await proven(world, lambda path: path[::-1])
