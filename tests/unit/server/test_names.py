"""A server knows the names under which clients reach it: all of its TLS certificate (C19)."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from server_stub.auth.names import ServerNames
from server_stub.directory.trust import ServerTrust
from tests.support.small_city import SetClock, SmallCa, make_server_folder

HOSTS = ["jinshu.city.example", "10.0.0.7", "fd00::7", "*.inner.example"]


@pytest.fixture
def trust(tmp_path: Path) -> ServerTrust:
    """Of a server that `sign-server --name` gave several names."""
    ca = SmallCa(SetClock())
    tls = make_server_folder(tmp_path, ca).tls
    made = certificates.make_server(
        ca.issuing_key, ca.issuing, SigningKey.generate().public_spki, HOSTS, at_ms=ca.clock.now
    )
    pem = x509.load_der_x509_certificate(made).public_bytes(Encoding.PEM)
    (tls / "server.pem").write_bytes(pem)
    return ServerTrust.load(tls)


@pytest.mark.parametrize(
    "host",
    ["jinshu.city.example", "JINSHU.city.example.", "10.0.0.7", "fd00::7", "[fd00:0::7]", "a.inner.example"],
)
def test_every_name_of_the_certificate_is_its_own(trust: ServerTrust, host: str) -> None:
    assert host in ServerNames(trust.names)


@pytest.mark.parametrize(
    "host", ["", "city.example", "10.0.0.8", "fd00::8", "inner.example", "a.b.inner.example", "localhost"]
)
def test_no_other_name_is(trust: ServerTrust, host: str) -> None:
    assert host not in ServerNames(trust.names)


def test_a_folder_of_before_there_was_a_first_ca_begins_with_the_one_it_has(trust: ServerTrust) -> None:
    assert trust.first == trust.issuing


def test_the_first_ca_stays_when_another_certifies_the_server(tmp_path: Path) -> None:
    ca = SmallCa(SetClock())
    tls = make_server_folder(tmp_path, ca).tls
    (tls / "first.pem").write_bytes((tls / "issuing.pem").read_bytes())
    spki = SigningKey.generate().public_spki
    after = certificates.make_issuing(ca.root_key, ca.root, spki, "新签发证书", at_ms=ca.clock.now)
    (tls / "issuing.pem").write_bytes(x509.load_der_x509_certificate(after).public_bytes(Encoding.PEM))
    trust = ServerTrust.load(tls)
    assert (trust.first, trust.issuing) == (ca.issuing, after)


def test_a_server_without_tls_certificate_has_its_configured_name_only(tmp_path: Path) -> None:
    tls = make_server_folder(tmp_path, SmallCa(SetClock())).tls
    (tls / "server.pem").unlink()
    assert ServerTrust.load(tls).names == frozenset()
