"""A run of `jinshu-ca` that lives through a change of the CA goes on with the new keys, and signs nothing with the old."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from protocol.crypto.certificates import make_csr
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import certificate_hash
from protocol.directory.log import Leaf
from server_stub.ca.api import SealRequest
from server_stub.ca.folder import CaFolder, KeyPair
from server_stub.ca.issuing import found_issuing, found_root
from server_stub.ca.key_files import KeyCost
from server_stub.ca.passphrases import ISSUING, Passphrases
from server_stub.ca.speaker import Speaker
from server_stub.ca.state import CaState
from server_stub.ca.workplace import Workplace
from tests.unit.ca.conftest import START, Office

CHEAP = KeyCost(memory_kib=8, time=1, lanes=1)
SECRET = "a rehearsal passphrase"


@pytest.fixture
def root() -> KeyPair:
    return found_root("云江市", START)


@pytest.fixture
def folder(tmp_path: Path, root: KeyPair) -> CaFolder:
    made = CaFolder(tmp_path)
    made.create(found_issuing(root, "云江市", START), root.certificate, CaState(city="云江市"), SECRET, CHEAP)
    return made


def replace_issuing(folder: CaFolder, root: KeyPair, stamp: str) -> KeyPair:
    """What `ca-change` does to the folder."""
    for name in ("issuing.key", "issuing.pem"):
        (folder.path / name).rename(folder.path / f"{name}.until-{stamp}")
    issuing = found_issuing(root, "云江市", START + 1)
    folder.write_pair("issuing", issuing, SECRET, CHEAP)
    return issuing


def test_a_run_takes_up_the_keys_that_replaced_its_own(folder: CaFolder, root: KeyPair) -> None:
    speaker = Speaker(io.StringIO(), io.StringIO(), lang="en", machine=False)
    work = Workplace(speaker, Passphrases({ISSUING: SECRET}), lambda: START, CHEAP)
    before = work.issuer(folder).issuing
    assert work.issuer(folder).issuing is before
    after = replace_issuing(folder, root, "20270101T000000")
    assert work.issuer(folder).issuing.certificate == after.certificate != before.certificate


def test_the_first_ca_is_known_after_any_number_of_changes(folder: CaFolder, root: KeyPair) -> None:
    first = folder.issuing_certificate()
    assert folder.first_issuing_certificate() == first
    for stamp in ("20270101T000000", "20280101T000000"):
        replace_issuing(folder, root, stamp)
        assert folder.first_issuing_certificate() == first != folder.issuing_certificate()


def test_a_seal_that_was_not_delivered_before_a_change_is_signed_anew(office: Office, root: KeyPair) -> None:
    device = office.enrolled("发改委文书")
    body, person = office.register.body("fgw"), office.register.person("发改委文书")
    csr = make_csr(SigningKey.generate(), "seal")
    request = SealRequest("ab" * 32, csr, body.id, device.id, person.id)
    made = office.seals.sign(office.state, office.seals.check(office.state, request))
    assert office.seals.pending_leaf(office.state, request) == made.leaf
    office.state.seal_certificates = [made.model_copy(update={"leaf": b""})]
    assert office.seals.pending_leaf(office.state, request) is None
    again = office.seals.sign(office.state, office.seals.check(office.state, request))
    assert office.seals.pending_leaf(office.state, request) == again.leaf
    assert Leaf.parse(again.leaf).parsed().cert_hash == certificate_hash(office.issuer.issuing.certificate)
