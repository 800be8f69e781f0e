"""The CA's folder and the root's folder: which file lies where, and how they are opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from protocol.crypto.keys import SigningKey
from server_stub.ca.durable import folder_lock, write_durably
from server_stub.ca.faults import CaError
from server_stub.ca.journal import Journal
from server_stub.ca.key_files import KeyCost, read_key_file, write_key_file
from server_stub.ca.state import CaState, load_state, save_state

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A signing key with its certificate (DER)."""

    key: SigningKey
    certificate: bytes


@dataclass(frozen=True, slots=True)
class RootFolder:
    """What goes to the safe."""

    path: Path

    def create(self, pair: KeyPair, passphrase: str, cost: KeyCost | None) -> None:
        make_private_folder(self.path)
        write_key_file(self.path / "root.key", pair.key.private_bytes(), passphrase, cost)
        write_certificate(self.path / "root.pem", pair.certificate)

    def open(self, passphrase: str) -> KeyPair:
        key = SigningKey.from_private_bytes(read_key_file(self.path / "root.key", passphrase))
        return KeyPair(key, read_certificate(self.path / "root.pem"))


@dataclass(frozen=True, slots=True)
class CaFolder:
    """The operator's machine; `locked` gives the state for one command at a time."""

    path: Path

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def published(self) -> Path:
        return self.path / "published"

    def journal(self, clock: Clock) -> Journal:
        return Journal(self.path / "journal.jsonl", clock)

    def root_certificate(self) -> bytes:
        return read_certificate(self.path / "root.pem")

    def issuing_certificate(self) -> bytes:
        return read_certificate(self.path / "issuing.pem")

    def first_issuing_certificate(self) -> bytes:
        """The issuing CA this folder began with; `ca-change` keeps those it replaces, by time."""
        replaced = sorted(self.path.glob("issuing.pem.until-*"))
        return read_certificate(replaced[0]) if replaced else self.issuing_certificate()

    def create(
        self, issuing: KeyPair, root_certificate: bytes, state: CaState, passphrase: str, cost: KeyCost | None
    ) -> None:
        self.published.mkdir(exist_ok=True)
        self.write_pair("issuing", issuing, passphrase, cost)
        write_certificate(self.path / "root.pem", root_certificate)
        save_state(self.state_file, state)

    def write_pair(self, name: str, pair: KeyPair, passphrase: str, cost: KeyCost | None = None) -> None:
        write_key_file(self.path / f"{name}.key", pair.key.private_bytes(), passphrase, cost)
        write_certificate(self.path / f"{name}.pem", pair.certificate)

    def read_pair(self, name: str, passphrase: str) -> KeyPair:
        key = SigningKey.from_private_bytes(read_key_file(self.path / f"{name}.key", passphrase))
        return KeyPair(key, read_certificate(self.path / f"{name}.pem"))

    @contextmanager
    def locked(self) -> Iterator[CaState]:
        if not self.state_file.exists():
            raise CaError(f"这里没有证书机构：{self.path}", f"there is no CA here: {self.path}")
        with folder_lock(self.path):
            yield load_state(self.state_file)

    def save(self, state: CaState) -> None:
        save_state(self.state_file, state)


def make_private_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)


def write_certificate(path: Path, der: bytes) -> None:
    write_durably(path, x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))


def read_certificate(path: Path) -> bytes:
    """The DER of a PEM file with one certificate."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    except FileNotFoundError:
        raise CaError(f"没有证书文件：{path}", f"no certificate file: {path}") from None
    except ValueError as error:
        raise CaError(f"证书文件损坏：{path}", f"the certificate file is damaged: {path}") from error


def read_request(path: Path) -> bytes:
    """The DER of a certificate request in PEM or DER."""
    try:
        data = path.read_bytes()
        request = x509.load_pem_x509_csr(data) if data.startswith(b"-----") else x509.load_der_x509_csr(data)
    except FileNotFoundError:
        raise CaError(
            f"没有证书申请：{path}（先运行 jinshu-server init）",
            f"no certificate request: {path} (run jinshu-server init first)",
        ) from None
    except ValueError as error:
        raise CaError(f"证书申请损坏：{path}", f"the certificate request is damaged: {path}") from error
    return request.public_bytes(Encoding.DER)
