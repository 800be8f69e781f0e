"""Sessions (C19): who may speak, and every way of not being let in."""

from __future__ import annotations

import base64
import ssl

import httpx
import pytest

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.release import LOWEST_PROTOCOL, PROTOCOL_VERSION
from server_stub.auth.sessions import TOKEN_MS
from tests.support.small_city import Device, SmallCa, SmallCity, b64


def code_of(reply: httpx.Response) -> str:
    assert reply.status_code < 500, reply.text
    return str(reply.json()["code"])


def try_to_sign_in(city: SmallCity, speaker: Device, **changes: object) -> httpx.Response:
    with city.server.client() as client:
        nonce = client.post("/session/nonce", json={"device_certificate": b64(speaker.certificate)}).json()[
            "nonce"
        ]
        value = {
            "v": 1,
            "nonce": base64.b64decode(nonce),
            "protocol": PROTOCOL_VERSION,
            "server": "127.0.0.1",
            "device": speaker.id,
            **changes,
        }
        proof = speaker.signed(SignedType.SESSION_PROOF, value)
        body = {"proof": b64(proof.to_bytes()), "certificate": b64(speaker.certificate)}
        return client.post("/session", json=body)


def test_a_device_signs_in_and_is_known(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    with city.server.device(device) as client:
        assert client.get("/directory/head").status_code == 200


def test_a_certificate_of_another_city_is_refused(city: SmallCity) -> None:
    stranger = SmallCa(city.clock).device(city.clerk)
    assert code_of(try_to_sign_in(city, stranger)) == "certificate.untrusted"


def test_an_expired_certificate_is_refused(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    city.clock.advance(4 * 365 * certificates.DAY_MS)
    assert code_of(try_to_sign_in(city, device)) == "certificate.expired"


def test_a_revoked_certificate_is_refused_and_its_token_ends_at_once(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    city.operate(city.ca.revoke(device))
    assert code_of(client.get("/directory/head")) == "certificate.revoked"
    assert code_of(try_to_sign_in(city, device)) == "certificate.revoked"


def test_another_ones_key_is_no_proof(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    device.key = SigningKey.generate()
    assert code_of(try_to_sign_in(city, device)) == "signature.invalid"


def test_another_device_cannot_be_claimed(city: SmallCity) -> None:
    device, other = city.ca.device(city.clerk), city.ca.device(city.leader)
    assert code_of(try_to_sign_in(city, device, device=other.id)) == "session.unauthorised"


def test_a_device_is_no_operator(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    assert code_of(client.get("/admin/enrolments")) == "session.unauthorised"
    with city.server.client() as plain:
        nonce = plain.post("/session/nonce", json={"device_certificate": b64(device.certificate)}).json()[
            "nonce"
        ]
        value = {
            "v": 1,
            "nonce": base64.b64decode(nonce),
            "protocol": PROTOCOL_VERSION,
            "server": "x",
            "operator": "operator",
        }
        proof = device.signed(SignedType.SESSION_PROOF, value)
        body = {"proof": b64(proof.to_bytes()), "certificate": b64(device.certificate)}
        assert code_of(plain.post("/session", json=body)) == "certificate.wrong_profile"


def test_a_nonce_is_good_once_and_for_one_certificate(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    with city.server.client() as client:
        nonce = base64.b64decode(
            client.post("/session/nonce", json={"device_certificate": b64(device.certificate)}).json()[
                "nonce"
            ]
        )
        value = {
            "v": 1,
            "nonce": nonce,
            "protocol": PROTOCOL_VERSION,
            "server": "127.0.0.1",
            "device": device.id,
        }
        proof = device.signed(SignedType.SESSION_PROOF, value)
        body = {"proof": b64(proof.to_bytes()), "certificate": b64(device.certificate)}
        assert client.post("/session", json=body).status_code == 200
        assert code_of(client.post("/session", json=body)) == "session.nonce_used"
    assert code_of(try_to_sign_in(city, device, nonce=b"\0" * 32)) == "session.nonce_used"


def test_a_token_ends_after_fifteen_minutes(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    city.clock.advance(TOKEN_MS - 1)
    assert client.get("/directory/head").status_code == 200
    city.clock.advance(2)
    assert code_of(client.get("/directory/head")) == "session.expired"


def test_another_protocol_version_is_told_to_upgrade(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    assert code_of(try_to_sign_in(city, device, protocol=LOWEST_PROTOCOL - 1)) == "session.upgrade_required"
    _device, client = city.enrolled(city.leader)
    reply = client.get("/directory/head", headers={"Jinshu-Protocol": str(LOWEST_PROTOCOL - 1)})
    assert code_of(reply) == "session.upgrade_required"


def test_a_newer_client_is_let_in_whatever_else_it_says(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    reply = try_to_sign_in(city, device, protocol=PROTOCOL_VERSION + 7, release="9.0.0", mood="sunny")
    assert reply.status_code == 200
    assert reply.json()["protocol"] == PROTOCOL_VERSION
    headers = {
        "Authorization": f"Bearer {reply.json()['token']}",
        "Jinshu-Protocol": str(PROTOCOL_VERSION + 7),
    }
    with city.server.client() as client:
        assert client.get("/directory/head", headers=headers).status_code == 200
    seen = {each["device"]: each for each in city.operator.get("/admin/devices").json()["devices"]}
    assert device.id not in seen  # it is not in the log yet


def test_the_operator_is_told_which_version_each_device_last_came_with(city: SmallCity) -> None:
    first, _client = city.enrolled(city.clerk)
    second, client = city.enrolled(city.leader)
    assert code_of(client.get("/admin/devices")) == "session.unauthorised"
    assert try_to_sign_in(city, second, protocol=PROTOCOL_VERSION + 1, release="9.0.0").status_code == 200
    seen = {each["device"]: each for each in city.operator.get("/admin/devices").json()["devices"]}
    assert (seen[first.id]["protocol"], seen[first.id]["person"]) == (PROTOCOL_VERSION, city.clerk)
    assert (seen[second.id]["protocol"], seen[second.id]["release"]) == (PROTOCOL_VERSION + 1, "9.0.0")


@pytest.mark.parametrize("protocol", [None, -1, "2", True])
def test_what_is_no_version_is_told_to_upgrade(city: SmallCity, protocol: object) -> None:
    device = city.ca.device(city.clerk)
    assert code_of(try_to_sign_in(city, device, protocol=protocol)) == "session.upgrade_required"


def test_a_proof_of_another_type_is_refused(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    proof = sign(device.key, certificate_hash(device.certificate), SignedType.DEVICE_BUNDLE, {"v": 1})
    with city.server.client() as client:
        body = {"proof": b64(proof.to_bytes()), "certificate": b64(device.certificate)}
        assert code_of(client.post("/session", json=body)) == "signature.wrong_type"


def test_nothing_older_than_tls_1_3_is_spoken(city: SmallCity) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(cadata=city.ca.root)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=old, trust_env=False, timeout=None) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{city.server.url}/health")
