"""A witness co-signs what goes on from what it saw, and nothing else; what it vouches for is on disk first."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.crypto import certificates, merkle
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.cosignatures import Cosignature, origin_of
from protocol.directory.log import LogHead
from protocol.errors import ErrorCode
from server_stub.ca.api import ServerRefused
from server_stub.ca.faults import CaError
from server_stub.witness.folder import WitnessFolder
from server_stub.witness.visit import LogForked, Visitor

NOW = 1_800_000_000_000


class Log:
    """A site's log whose leaves a test sets, and the server before it."""

    def __init__(self) -> None:
        self.root_key, self.ca_key, self.key = (SigningKey.generate() for _ in range(3))
        self.root = certificates.make_root(self.root_key, "root", at_ms=NOW)
        self.issuing = certificates.make_issuing(
            self.root_key, self.root, self.ca_key.public_spki, "CA", at_ms=NOW
        )
        self.certificate = self.certified(self.key)
        self.leaves = [b"one", b"two", b"three"]
        self.heard: list[Cosignature] = []
        self.refusing: str | None = None

    def certified(self, key: SigningKey) -> bytes:
        return certificates.make_log(self.ca_key, self.issuing, key.public_spki, at_ms=NOW)

    def tree(self) -> merkle.Tree:
        return merkle.Tree([merkle.leaf_hash(leaf) for leaf in self.leaves])

    def certificates(self) -> tuple[bytes, bytes]:
        return self.issuing, self.certificate

    def witness(self, said: Cosignature) -> tuple[bytes, list[bytes]]:
        if self.refusing is not None:
            raise ServerRefused(self.refusing)
        self.heard.append(said)
        tree = self.tree()
        value = LogHead(len(tree), tree.root(), NOW, []).value()
        head = sign(self.key, certificate_hash(self.certificate), SignedType.LOG_HEAD, value)
        known = said.size <= len(tree)
        return head.to_bytes(), tree.consistency_proof(said.size) if known else []


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def folder(tmp_path: Path, log: Log) -> WitnessFolder:
    made = WitnessFolder(tmp_path / "witness")
    made.create("audit.example", "https://server", log.root)
    return made


def visitor(folder: WitnessFolder, log: Log) -> Visitor:
    return Visitor(folder, log, lambda: NOW)


def test_the_newest_head_is_checked_kept_and_co_signed(folder: WitnessFolder, log: Log) -> None:
    for size in (3, 5):
        log.leaves = [*log.leaves, b"four", b"five"][:size]
        visitor(folder, log).visit()
        last = log.heard[-1]
        assert (last.size, last.root) == (size, log.tree().root())
        folder.witness().verify(last, origin_of(log.key.public_spki))
    state = folder.load()
    assert (state.size, state.root) == (5, log.tree().root())


def test_a_log_at_rest_is_co_signed_with_the_time_of_each_visit(folder: WitnessFolder, log: Log) -> None:
    visitor(folder, log).visit()
    later = Visitor(folder, log, lambda: NOW + 3_600_000)
    later.visit()
    assert [each.at_s for each in log.heard] == [NOW // 1000, NOW // 1000, NOW // 1000 + 3600]


@pytest.mark.parametrize("leaves", [[b"one", b"zwei", b"three", b"four"], [b"one", b"two"]])
def test_a_log_that_was_rewritten_or_cut_is_never_co_signed(
    folder: WitnessFolder, log: Log, leaves: list[bytes]
) -> None:
    visitor(folder, log).visit()
    before, heard = folder.load(), len(log.heard)
    log.leaves = leaves
    with pytest.raises(LogForked) as caught:
        visitor(folder, log).visit()
    assert caught.value.code == ErrorCode.DIRECTORY_PROOF_INVALID
    assert folder.load() == before
    assert [each.size for each in log.heard[heard:]] == [3]
    assert list((folder.path / "evidence").iterdir())


def test_a_head_of_another_key_is_not_believed(folder: WitnessFolder, log: Log) -> None:
    log.key = SigningKey.generate()
    with pytest.raises(CaError):
        visitor(folder, log).visit()
    assert folder.load().size == 0


def test_another_log_key_is_another_log(folder: WitnessFolder, log: Log) -> None:
    visitor(folder, log).visit()
    log.key = SigningKey.generate()
    log.certificate = log.certified(log.key)
    with pytest.raises(LogForked):
        visitor(folder, log).visit()


def test_a_log_certificate_from_elsewhere_is_not_believed(folder: WitnessFolder, log: Log) -> None:
    other = Log()
    log.certificate = other.certificate
    with pytest.raises(CaError):
        visitor(folder, log).visit()


def test_a_server_that_does_not_know_what_was_co_signed_has_another_log(
    folder: WitnessFolder, log: Log
) -> None:
    visitor(folder, log).visit()
    log.refusing = ErrorCode.DIRECTORY_SPLIT_VIEW.value
    with pytest.raises(LogForked):
        visitor(folder, log).visit()


def test_a_witness_that_is_not_listed_yet_says_what_to_do(folder: WitnessFolder, log: Log) -> None:
    log.refusing = ErrorCode.DIRECTORY_NOT_AUTHORISED.value
    with pytest.raises(CaError) as caught:
        visitor(folder, log).visit()
    assert folder.witness().verifier in caught.value.chinese


def test_after_a_crash_before_it_was_said_it_is_said(folder: WitnessFolder, log: Log) -> None:
    visitor(folder, log).visit()
    log.leaves.append(b"four")
    head, proof = log.witness(log.heard[-1])
    crashed = visitor(folder, log)
    folder.save(crashed._checked(folder.load(), head, proof))
    crashed.visit()
    assert log.heard[-1].size == 4


def test_the_key_is_its_owners_alone(folder: WitnessFolder) -> None:
    assert (folder.path / "witness.key").stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700
    with pytest.raises(CaError):
        folder.create("again", "https://server", folder.root())


@pytest.mark.parametrize("name", ["", "two words", "a+b", "长" * 101])
def test_a_name_that_no_verifier_key_can_hold_is_refused(tmp_path: Path, log: Log, name: str) -> None:
    with pytest.raises(CaError):
        WitnessFolder(tmp_path / "other").create(name, "https://server", log.root)
