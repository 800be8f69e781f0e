"""Private keys at rest: a key file is sealed with Argon2id and AES-256-GCM under a passphrase.

Nothing here prints or logs a key; the file says how it was made, so that the cost may rise later.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError

VERSION = 1
MIN_PASSPHRASE = 8
_CONTEXT = b"jinshu-ca/key-file/v1"
# Bounds on what a file may ask of us: a forged file must not make the machine run out of memory.
_MAX_MEMORY_KIB = 1 << 20
_MAX_TIME = 64


@dataclass(frozen=True, slots=True)
class KeyCost:
    """Argon2id parameters; the default is RFC 9106's second recommendation."""

    memory_kib: int = 65536
    time: int = 3
    lanes: int = 4

    def derive(self, passphrase: str, salt: bytes) -> bytes:
        return hash_secret_raw(passphrase.encode(), salt, self.time, self.memory_kib, self.lanes, 32, Type.ID)


def write_key_file(path: Path, secret: bytes, passphrase: str, cost: KeyCost | None = None) -> None:
    """Seal `secret` into a new file of mode 0600; an existing file is never overwritten."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise CaError(
            f"口令至少 {MIN_PASSPHRASE} 个字符", f"the passphrase needs at least {MIN_PASSPHRASE} characters"
        )
    if path.exists():
        raise CaError(f"密钥文件已经存在：{path}", f"the key file exists already: {path}")
    cost = cost or KeyCost()
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(cost.derive(passphrase, salt)).encrypt(nonce, secret, _aad(path.name))
    document = {
        "version": VERSION,
        "kdf": {"name": "argon2id", "memory_kib": cost.memory_kib, "time": cost.time, "lanes": cost.lanes},
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    write_durably(path, (json.dumps(document, indent=1) + "\n").encode(), mode=0o600)


def read_key_file(path: Path, passphrase: str) -> bytes:
    """Open a key file; a wrong passphrase and a damaged file give the same refusal."""
    try:
        document = json.loads(path.read_bytes())
        kdf = document["kdf"]
        cost = KeyCost(int(kdf["memory_kib"]), int(kdf["time"]), int(kdf["lanes"]))
        salt, nonce, sealed = (
            base64.b64decode(document[name], validate=True) for name in ("salt", "nonce", "sealed")
        )
        version = document["version"]
    except FileNotFoundError:
        raise CaError(f"没有密钥文件：{path}", f"no key file: {path}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CaError(f"密钥文件损坏：{path}", f"the key file is damaged: {path}") from error
    if version != VERSION or cost.memory_kib > _MAX_MEMORY_KIB or cost.time > _MAX_TIME:
        raise CaError(f"密钥文件版本不认识：{path}", f"the key file's version is unknown: {path}")
    try:
        return AESGCM(cost.derive(passphrase, salt)).decrypt(nonce, sealed, _aad(path.name))
    except InvalidTag:
        raise CaError(
            f"口令不对，或密钥文件被改动：{path}", f"wrong passphrase, or the key file was changed: {path}"
        ) from None


def _aad(name: str) -> bytes:
    # The name binds a file to its role: the operator's key put in the issuing key's place does not open.
    return _CONTEXT + name.encode()
