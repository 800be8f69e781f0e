"""Visits to the honest server that it must refuse (C19, C4): lies of those it does not know yet."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import CaChange, Leaf, LeafKind
from protocol.errors import ErrorCode, JinshuError
from protocol.release import LOWEST_PROTOCOL, PROTOCOL_VERSION
from server_stub.auth.sessions import TOKEN_MS
from tests.support.small_city import Device, SmallCity, append, b64


@dataclass(frozen=True)
class Visit:
    """What is asked of the server, and the code it must answer."""

    code: ErrorCode
    ask: Callable[[SmallCity], httpx.Response]

    @property
    def name(self) -> str:
        return self.ask.__name__

    def pay(self, city: SmallCity) -> None:
        """Ask.

        Raises:
            JinshuError: what the server answered.
        """
        reply = self.ask(city)
        if reply.status_code >= 400:
            raise JinshuError(ErrorCode(reply.json()["code"]))


VISITS: list[Visit] = []
Ask = Callable[[SmallCity], httpx.Response]


def refused(code: ErrorCode) -> Callable[[Ask], Ask]:
    def enter(ask: Ask) -> Ask:
        VISITS.append(Visit(code, ask))
        return ask

    return enter


def sign_in(
    city: SmallCity,
    shown: Device,
    key: SigningKey | None = None,
    under: Device | None = None,
    **changes: object,
) -> httpx.Response:
    """Sign in with a device's certificate; key, name and claims may be another's."""
    with city.server.client() as client:
        asked = client.post("/session/nonce", json={"device_certificate": b64(shown.certificate)})
        claims = {"device": shown.id, "protocol": PROTOCOL_VERSION, "server": "127.0.0.1", "v": 1}
        nonce = base64.b64decode(asked.json()["nonce"])
        value = {**claims, "nonce": nonce, **changes}
        signer = under or shown
        proof = sign(key or signer.key, signer.cert_hash, SignedType.SESSION_PROOF, value)
        body = {"proof": b64(proof.to_bytes()), "certificate": b64(shown.certificate)}
        return client.post("/session", json=body)


@refused(ErrorCode.SIGNATURE_INVALID)
def a_certificate_is_shown_without_its_key(city: SmallCity) -> httpx.Response:
    return sign_in(city, city.ca.device(city.clerk), SigningKey.generate())


@refused(ErrorCode.CERTIFICATE_UNKNOWN)
def a_proof_names_another_certificate_than_is_shown(city: SmallCity) -> httpx.Response:
    return sign_in(city, city.ca.device(city.clerk), under=city.ca.device(city.leader))


@refused(ErrorCode.SESSION_UPGRADE_REQUIRED)
def a_client_of_another_version_signs_in(city: SmallCity) -> httpx.Response:
    return sign_in(city, city.ca.device(city.clerk), protocol=LOWEST_PROTOCOL - 1)


@refused(ErrorCode.SESSION_UNAUTHORISED)
def a_device_claims_to_be_another(city: SmallCity) -> httpx.Response:
    return sign_in(city, city.ca.device(city.clerk), device=city.ca.device(city.leader).id)


@refused(ErrorCode.SESSION_UNAUTHORISED)
def a_proof_made_for_another_server_is_carried_over(city: SmallCity) -> httpx.Response:
    return sign_in(city, city.ca.device(city.clerk), server="127.0.0.2")


@refused(ErrorCode.CERTIFICATE_UNTRUSTED)
def the_operator_of_a_replaced_ca_goes_on(city: SmallCity) -> httpx.Response:
    ca = city.ca
    spki = SigningKey.generate().public_spki
    issuing = certificates.make_issuing(ca.root_key, ca.root, spki, "新签发证书", at_ms=ca.clock.now)
    change = CaChange(issuing, 1, ca.clock.now).value()
    signed = sign(ca.root_key, certificate_hash(ca.root), SignedType.CA_CHANGE, change)
    city.operate(Leaf(LeafKind.CA_CHANGE, signed.to_bytes()))
    return city.operator.get("/admin/enrolments")


@refused(ErrorCode.SESSION_NONCE_USED)
def a_nonce_is_of_the_clients_own_making(city: SmallCity) -> httpx.Response:
    return sign_in(city, city.ca.device(city.clerk), nonce=bytes(32))


@refused(ErrorCode.CERTIFICATE_REVOKED)
def a_revoked_device_signs_in(city: SmallCity) -> httpx.Response:
    device, _ = city.enrolled(city.clerk)
    city.operate(city.ca.revoke(device))
    return sign_in(city, device)


@refused(ErrorCode.CERTIFICATE_REVOKED)
def a_revoked_device_uses_the_token_it_has(city: SmallCity) -> httpx.Response:
    device, client = city.enrolled(city.clerk)
    city.operate(city.ca.revoke(device))
    return client.get("/directory/head")


@refused(ErrorCode.SESSION_EXPIRED)
def a_token_is_used_after_its_end(city: SmallCity) -> httpx.Response:
    _, client = city.enrolled(city.clerk)
    city.clock.advance(TOKEN_MS + 1)
    return client.get("/directory/head")


@refused(ErrorCode.SESSION_UPGRADE_REQUIRED)
def a_request_is_of_another_version(city: SmallCity) -> httpx.Response:
    _, client = city.enrolled(city.clerk)
    return client.get("/directory/head", headers={"Jinshu-Protocol": str(LOWEST_PROTOCOL - 1)})


@refused(ErrorCode.DIRECTORY_NOT_AUTHORISED)
def the_operator_speaks_for_a_device(city: SmallCity) -> httpx.Response:
    leaf = city.ca.device(city.leader).bundle()
    return city.operator.post("/admin/directory", json={"leaf": b64(leaf.to_bytes())})


@refused(ErrorCode.DIRECTORY_NOT_AUTHORISED)
def a_device_appends_what_another_signed(city: SmallCity) -> httpx.Response:
    _, client = city.enrolled(city.clerk)
    return append(client, city.ca.device(city.leader).bundle())
