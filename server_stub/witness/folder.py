"""A witness on disk: its key, and the log as far as it has vouched for it. What is vouched for is on disk before it is signed."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, ConfigDict, ValidationError

from protocol.crypto.merkle import EMPTY_ROOT
from protocol.directory.cosignatures import Witness
from protocol.errors import JinshuError
from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError

VERSION: Final = 1


class WitnessState(BaseModel):
    """What the witness knows. `log_key`: SPKI of the log's key, from the first answer that the root vouched for."""

    model_config = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", frozen=True)

    version: int = VERSION
    name: str
    server: str
    log_key: bytes | None = None
    size: int = 0
    root: bytes = EMPTY_ROOT


class WitnessFolder:
    """`witness.key`, `witness.json`, `root.pem`, and `evidence/` with what contradicted itself."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def state_file(self) -> Path:
        return self.path / "witness.json"

    def create(self, name: str, server: str, root: bytes) -> None:
        """Make the key.

        Raises:
            CaError: there is a witness already, or the name can be none.
        """
        if self.state_file.exists():
            raise CaError(f"这里已有见证：{self.path}", f"there is a witness already: {self.path}")
        if not server.startswith("https://"):
            raise CaError("服务器地址应以 https:// 开头", "the server's address must begin with https://")
        key = Ed25519PrivateKey.generate()
        try:
            Witness.parse(Witness(name, key.public_key().public_bytes_raw()).verifier)
        except JinshuError:
            raise CaError(
                "名称应是一个不含空格和“+”的短词", "the name is one short word without spaces or '+'"
            ) from None
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.path, 0o700)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_durably(self.path / "witness.key", pem, mode=0o600)
        certificate = x509.load_der_x509_certificate(root)
        write_durably(self.path / "root.pem", certificate.public_bytes(Encoding.PEM))
        self.save(WitnessState(name=name, server=server.rstrip("/")))

    def load(self) -> WitnessState:
        try:
            return WitnessState.model_validate_json(self.state_file.read_bytes())
        except FileNotFoundError:
            raise CaError(f"这里没有见证：{self.path}", f"there is no witness here: {self.path}") from None
        except ValidationError as error:
            raise CaError(
                f"见证的记录损坏：{self.state_file}", f"the witness's record is damaged: {self.state_file}"
            ) from error

    def save(self, state: WitnessState) -> None:
        write_durably(self.state_file, state.model_dump_json(indent=1).encode() + b"\n", mode=0o600)

    def key(self) -> Ed25519PrivateKey:
        key = load_pem_private_key((self.path / "witness.key").read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise CaError("witness.key 不是 Ed25519 密钥", "witness.key is no Ed25519 key")
        return key

    def root(self) -> bytes:
        return read_root(self.path / "root.pem")

    def witness(self) -> Witness:
        return Witness(self.load().name, self.key().public_key().public_bytes_raw())

    def keep_evidence(self, state: WitnessState, head: bytes, code: str, now_ms: int) -> Path:
        """Write down a head that the log's own key signed and that does not go on from what was seen."""
        folder = self.path / "evidence"
        folder.mkdir(mode=0o700, exist_ok=True)
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now_ms / 1000))
        document = {
            "version": VERSION,
            "code": code,
            "seen": {"size": state.size, "root": state.root.hex()},
            "head": base64.b64encode(head).decode(),
        }
        path = folder / f"{stamp}-{state.size}.json"
        write_durably(path, (json.dumps(document, indent=1) + "\n").encode())
        return path


def read_root(path: Path) -> bytes:
    """A root certificate from a PEM file, as DER.

    Raises:
        CaError: it is none.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    except (OSError, ValueError) as error:
        raise CaError(f"根证书读不出：{path}", f"the root certificate cannot be read: {path}") from error
