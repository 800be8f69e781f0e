"""Attacks at the door (C1, C2, C19): the certificates told to a stranger, the CA's answer to him, the session of one who is known."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from client.core.client import CoreClient
from client.core.connection.address import ServerAddress
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed
from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode, JinshuError
from server_stub.serving import write_chain
from tests.security.malicious_server import Json, MaliciousServer
from tests.security.world import Attack, Object, Strike, World, cell, follows
from tests.support.small_city import HOUR_MS, SmallCa, b64, make_server_folder

REPLY, TRUST, SESSION = Object.ENROLMENT_REPLY, Object.TRUST_REPLY, Object.SESSION
_REPLY = "/enrolments/[0-9a-f]{32}$"


async def waiting(world: World) -> tuple[CoreClient, MaliciousServer, EnrolmentCode]:
    """Somebody asked for a certificate."""
    face = world.face()
    client, code = await world.real.asked(face.port)
    world.faces[client] = face
    return client, face, code


async def answered(world: World, lie: Callable[[Json], Json]) -> Strike:
    """The CA signed; what arrives is changed."""
    client, face, code = await waiting(world)
    world.real.desk.approve(code, world.city.clerk)
    face.lie(_REPLY, lie)
    return Strike(client, client.login.wait)


@cell(REPLY, Attack.FORGED, ErrorCode.ENROLMENT_MAC_INVALID)
async def the_answer_has_a_mac_of_the_servers_own(world: World) -> Strike:
    return await answered(world, lambda reply: {**reply, "mac": b64(bytes(32))})


@cell(REPLY, Attack.SWAPPED, ErrorCode.ENROLMENT_MAC_INVALID)
async def the_answer_is_another_persons(world: World) -> Strike:
    """A certificate the CA really made, for another official's key."""
    _, other_face, other_code = await waiting(world)
    world.real.desk.approve(other_code, world.city.leader)
    others = world.city.server.client().get(f"/enrolments/{other_code.lookup_id}").json()
    assert other_face.log is None
    return await answered(world, lambda _reply: dict(others))


@cell(REPLY, Attack.SWAPPED, ErrorCode.ENROLMENT_MAC_INVALID)
async def the_cas_answer_is_for_another_key(world: World) -> Strike:
    """The CA was deceived about the key, under the right code: the device knows its own."""
    client, face, code = await waiting(world)
    device = client.keystore.device
    assert device is not None
    stranger = SigningKey.generate().public_spki
    told = world.real.desk.answer(code, world.city.clerk, stranger, device[0])
    face.answer(_REPLY, {"state": "signed", **told})
    return Strike(client, client.login.wait)


@cell(REPLY, Attack.SWAPPED, ErrorCode.ENROLMENT_MAC_INVALID)
async def the_head_in_the_answer_is_another(world: World) -> Strike:
    head = world.face().fork(1).head(root=bytes(32))
    return await answered(world, lambda reply: {**reply, "head": b64(head)})


@cell(REPLY, Attack.INJECTED, ErrorCode.ENROLMENT_MAC_INVALID)
async def the_server_answers_before_the_ca(world: World) -> Strike:
    client, face, _ = await waiting(world)
    device = client.keystore.device
    assert device is not None
    key, ca = SigningKey.generate(), world.city.ca
    made = certificates.make_device(
        key, ca.issuing, key.public_spki, person=world.city.leader, device=device[0], at_ms=ca.clock.now
    )
    told = {"certificate": b64(made), "head": b64(face.fork().head()), "mac": b64(bytes(32))}
    face.answer(_REPLY, {"state": "signed", **told})
    return Strike(client, client.login.wait)


@cell(REPLY, Attack.WITHHELD, ErrorCode.AUTH_ENROLMENT_REFUSED)
async def the_server_says_that_the_ca_refused(world: World) -> Strike:
    return await answered(
        world, lambda _reply: {"state": "refused", "certificate": None, "head": None, "mac": None}
    )


@cell(REPLY, Attack.WITHHELD, ErrorCode.WIRE_MALFORMED)
async def the_answer_comes_without_its_mac(world: World) -> Strike:
    return await answered(world, lambda reply: {**reply, "mac": None})


@cell(REPLY, Attack.REPLAY, ErrorCode.ENROLMENT_MAC_INVALID)
async def an_old_answer_to_the_same_person_is_shown_again(world: World) -> Strike:
    _, _, old_code = await waiting(world)
    world.real.desk.approve(old_code, world.city.clerk)
    old = world.city.server.client().get(f"/enrolments/{old_code.lookup_id}").json()
    return await answered(world, lambda _reply: dict(old))


async def vouched(world: World, log: Callable[[MaliciousServer], object]) -> Strike:
    """The CA's answer is honest and named a head; the log the newcomer is shown is another."""
    client, face, code = await waiting(world)
    world.real.desk.approve(code, world.city.clerk)
    log(face)
    with_answer = client.login._enrolment
    await with_answer._certified()
    return Strike(client, client.login.wait)


@cell(REPLY, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_newcomer_is_shown_another_log_than_the_ca_saw(world: World) -> Strike:
    def other(face: MaliciousServer) -> None:
        log = face.fork(0)
        ca = world.city.ca
        ca.org_seq, ca.previous = 0, None
        leaf, organisation = ca.snapshot()
        log.add(leaf)
        log.snapshots[1] = list(organisation.raw)
        log.add(ca.device(world.city.leader).bundle())

    return await vouched(world, other)


@cell(REPLY, Attack.ROLLBACK, ErrorCode.DIRECTORY_ROLLBACK)
async def a_newcomer_is_shown_less_than_the_ca_saw(world: World) -> Strike:
    return await vouched(world, lambda face: face.fork(0))


# The certificates


async def told(world: World, **changes: bytes) -> Strike:
    """A stranger with a code asks whom to believe."""
    face, client = world.face(), world.real.open()
    code = world.real.desk.code(client.entropy)
    face.lie("/trust$", lambda reply: {**reply, **{name: b64(der) for name, der in changes.items()}})
    return Strike(client, lambda: client.login.enrol(f"127.0.0.1:{face.port}", code.text(), ""))


@cell(TRUST, Attack.FORGED, ErrorCode.TRUST_ROOT_MISMATCH)
async def the_root_is_the_servers_own(world: World) -> Strike:
    own = SmallCa(world.city.clock)
    log = certificates.make_log(
        own.issuing_key, own.issuing, SigningKey.generate().public_spki, at_ms=world.city.clock.now
    )
    return await told(world, root=own.root, issuing=own.issuing, log_certificate=log)


@cell(TRUST, Attack.SWAPPED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_issuing_ca_is_another_citys(world: World) -> Strike:
    return await told(world, issuing=SmallCa(world.city.clock).issuing)


@cell(TRUST, Attack.FORGED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_log_is_said_to_begin_under_a_ca_of_another_city(world: World) -> Strike:
    return await told(world, first=SmallCa(world.city.clock).issuing)


@cell(TRUST, Attack.INJECTED, ErrorCode.CERTIFICATE_UNTRUSTED)
async def the_server_certifies_a_log_key_itself(world: World) -> Strike:
    key, ca = SigningKey.generate(), world.city.ca
    made = certificates.make_log(key, ca.issuing, key.public_spki, at_ms=ca.clock.now)
    return await told(world, log_certificate=made)


@cell(TRUST, Attack.INJECTED, ErrorCode.CERTIFICATE_WRONG_PROFILE)
async def a_devices_certificate_stands_for_the_logs(world: World) -> Strike:
    """An official in league with the server has a key the CA certified: but not for logs."""
    return await told(world, log_certificate=world.city.ca.device(world.city.leader).certificate)


@cell(TRUST, Attack.WITHHELD, ErrorCode.WIRE_MALFORMED)
async def the_log_certificate_is_left_out(world: World) -> Strike:
    strike = await told(world)
    face = world._stopping[-1]
    face.lie("/trust$", lambda reply: {name: der for name, der in reply.items() if name != "log_certificate"})
    return strike


@cell(TRUST, Attack.ROLLBACK, ErrorCode.CERTIFICATE_EXPIRED)
async def the_log_certificate_is_one_that_ended(world: World) -> Strike:
    ca = world.city.ca
    long_ago = ca.clock.now - 6 * 365 * 24 * HOUR_MS
    made = certificates.make_log(
        ca.issuing_key, ca.issuing, SigningKey.generate().public_spki, at_ms=long_ago
    )
    return await told(world, log_certificate=made)


# The session


@cell(SESSION, Attack.FORGED, ErrorCode.NETWORK_UNTRUSTED)
async def another_server_answers_with_a_certificate_of_another_root(world: World) -> Strike:
    client, _face = await world.clerk()
    foreign = make_server_folder(world.folder / "impostor", SmallCa(world.city.clock)).tls
    write_chain(foreign)
    impostor = world.face(foreign)
    await client.api.disconnect()
    client.api.connect(ServerAddress("127.0.0.1", impostor.port), client.directory.trust.tls())
    return follows(client)


@cell(SESSION, Attack.FORGED, ErrorCode.CLOCK_SKEW, notice=True)
async def the_server_tells_another_time(world: World) -> Strike:
    client, face = await world.clerk()
    client.api.drop_token(await client.api.token())
    late = 6 * 60 * 1000

    def lie(reply: Json) -> Json:
        times = {name: reply[name] + late for name in ("expires_at", "server_time")}
        return {**reply, **times}

    face.lie("/session$", lie)
    return Strike(client, client.api.token)


@cell(SESSION, Attack.SWAPPED, ErrorCode.SESSION_EXPIRED)
async def the_token_ended_before_it_began(world: World) -> Strike:
    client, face = await world.clerk()
    client.api.drop_token(await client.api.token())
    face.lie("/session$", lambda reply: {**reply, "expires_at": reply["server_time"]})
    return Strike(client, client.api.token)


@cell(SESSION, Attack.ROLLBACK, ErrorCode.SESSION_UPGRADE_REQUIRED)
async def the_server_demands_another_version(world: World) -> Strike:
    client, face = await world.clerk()
    client.api.drop_token(await client.api.token())
    face.refuse("/session$", ErrorCode.SESSION_UPGRADE_REQUIRED, 426)
    return Strike(client, client.api.token)


@cell(SESSION, Attack.REPLAY, ErrorCode.SESSION_NONCE_USED)
async def a_recorded_proof_is_shown_to_the_honest_server_again(world: World) -> Strike:
    client, face = await world.clerk()
    proof = next(body for _method, path, body in face.heard if path.endswith("/session"))
    assert Signed.parse(base64.b64decode(json.loads(proof)["proof"])).cert_hash == client.me.cert_hash

    async def replay() -> None:
        reply = world.city.server.client().post("/session", json=json.loads(proof))
        if reply.status_code >= 400:
            raise JinshuError(ErrorCode(reply.json()["code"]))

    return Strike(client, replay)
