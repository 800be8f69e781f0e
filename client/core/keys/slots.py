"""The store's key, wrapped in slots: passphrase, recovery code, platform keyring, token (UKey), and the enrolment code
while approval is awaited.

Every slot opens the same random key or nothing: there is no way around them and no default.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from client.core.durable import DurablePoints, write_whole
from client.core.keys.keyring_port import KeyringPort
from client.core.tokens.rows import TokenSeal
from protocol.errors import ErrorCode, JinshuError

FORMAT: Final = 2
# Without a slot of a token the file is written as before, for programs that know of none.
_FORMAT_WITHOUT_TOKEN: Final = 1
KEY_BYTES: Final = 32
MIN_PASSPHRASE: Final = 8
_MAX_MEMORY_KIB: Final = 1 << 20


class SlotKind(StrEnum):
    """What opens a slot."""

    PASSPHRASE = "passphrase"
    RECOVERY = "recovery"
    KEYRING = "keyring"
    ENROLMENT = "enrolment"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class PassphraseCost:
    """Argon2id's parameters; each slot keeps its own, so that raising them leaves old slots readable."""

    time: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


_WRONG: Final = {
    SlotKind.PASSPHRASE: ErrorCode.KEYS_WRONG_PASSPHRASE,
    SlotKind.RECOVERY: ErrorCode.KEYS_WRONG_RECOVERY_CODE,
    SlotKind.KEYRING: ErrorCode.KEYS_KEYRING_UNAVAILABLE,
    SlotKind.ENROLMENT: ErrorCode.KEYS_WRONG_ENROLMENT_CODE,
    SlotKind.TOKEN: ErrorCode.KEYS_TOKEN_KEY_MISSING,
}
# One of these must stay: a keyring can vanish with a change of desktop, and a token gets lost or locked.
_LASTING: Final = frozenset({SlotKind.PASSPHRASE, SlotKind.RECOVERY})


class KeySlots:
    """The file slots.json. At most one slot of each kind; every change replaces the file as a whole."""

    def __init__(
        self,
        path: Path,
        profile: str,
        entropy: Callable[[int], bytes],
        keyring: KeyringPort | None = None,
        cost: PassphraseCost | None = None,
        points: DurablePoints | None = None,
    ) -> None:
        self._path = path
        self._profile = profile
        self._entropy = entropy
        self._keyring = keyring
        self._cost = cost or PassphraseCost()
        self._points = points or DurablePoints()

    def kinds(self) -> frozenset[SlotKind]:
        return frozenset(self._read())

    @property
    def keyring_available(self) -> bool:
        """Whether a keyring slot can be made here."""
        return self._keyring is not None and self._keyring.available

    def add_passphrase(self, key: bytes, passphrase: str) -> None:
        if len(passphrase) < MIN_PASSPHRASE:
            raise JinshuError(ErrorCode.KEYS_PASSPHRASE_TOO_SHORT, least=str(MIN_PASSPHRASE))
        cost = self._cost
        facts = {
            "salt": _text(self._entropy(16)),
            "time": cost.time,
            "memory_kib": cost.memory_kib,
            "lanes": cost.lanes,
        }
        self._put(SlotKind.PASSPHRASE, facts, _stretched(passphrase, facts), key)

    def open_passphrase(self, passphrase: str) -> bytes:
        facts = self._facts(SlotKind.PASSPHRASE)
        return self._unwrap(SlotKind.PASSPHRASE, facts, _stretched(passphrase, facts))

    def add_recovery(self, key: bytes, secret: bytes) -> None:
        self._put_secret(SlotKind.RECOVERY, key, secret)

    def open_recovery(self, secret: bytes) -> bytes:
        return self._open_secret(SlotKind.RECOVERY, secret)

    def add_enrolment(self, key: bytes, secret: bytes) -> None:
        self._put_secret(SlotKind.ENROLMENT, key, secret)

    def open_enrolment(self, secret: bytes) -> bytes:
        return self._open_secret(SlotKind.ENROLMENT, secret)

    def add_keyring(self, key: bytes) -> None:
        """Put a wrapping key into the platform's keyring.

        Raises:
            JinshuError: keys.keyring_unavailable; nothing is written elsewhere instead.
        """
        if self._keyring is None:
            raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE)
        wrapping = self._entropy(KEY_BYTES)
        self._keyring.put(self._service, wrapping)
        if self._keyring.get(self._service) != wrapping:
            raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE)
        self._put(SlotKind.KEYRING, {"backend": self._keyring.backend}, wrapping, key)

    def open_keyring(self) -> bytes:
        facts = self._facts(SlotKind.KEYRING)
        wrapping = self._keyring.get(self._service) if self._keyring is not None else None
        if wrapping is None:
            raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE)
        return self._unwrap(SlotKind.KEYRING, facts, wrapping)

    def add_token(self, key: bytes, seal: TokenSeal, wrapping: bytes) -> None:
        """Let a token open the store: `wrapping`, 32 random bytes, is what `seal` holds."""
        self._put(SlotKind.TOKEN, seal.facts(), wrapping, key)

    @property
    def token(self) -> TokenSeal | None:
        """What the token's slot says of its token, if there is one.

        Raises:
            JinshuError: `keys.slots_damaged`.
        """
        facts = self._read().get(SlotKind.TOKEN)
        return None if facts is None else TokenSeal.parse(facts)

    def open_token(self, wrapping: bytes) -> bytes:
        """The store's key, by what the token made of the seal."""
        facts = self._facts(SlotKind.TOKEN)
        if len(wrapping) != KEY_BYTES:
            raise JinshuError(ErrorCode.KEYS_TOKEN_KEY_MISSING)
        return self._unwrap(SlotKind.TOKEN, facts, wrapping)

    def remove(self, kind: SlotKind) -> None:
        """Take one slot away.

        Raises:
            JinshuError: keys.last_slot; without it the store could not be opened for long.
        """
        slots = self._read()
        if kind not in slots:
            return
        del slots[kind]
        if not _LASTING & slots.keys():
            raise JinshuError(ErrorCode.KEYS_LAST_SLOT)
        self._write(slots)
        if kind is SlotKind.KEYRING and self._keyring is not None:
            self._keyring.remove(self._service)

    def destroy(self) -> None:
        """Remove the file; the store it opened is lost with it, so this is only for a request that was given
        up."""
        self._path.unlink(missing_ok=True)

    @property
    def _service(self) -> str:
        return f"jinshu:{self._profile}"

    def _put_secret(self, kind: SlotKind, key: bytes, secret: bytes) -> None:
        facts = {"salt": _text(self._entropy(16))}
        self._put(kind, facts, _derived(kind, secret, facts), key)

    def _open_secret(self, kind: SlotKind, secret: bytes) -> bytes:
        facts = self._facts(kind)
        return self._unwrap(kind, facts, _derived(kind, secret, facts))

    def _put(self, kind: SlotKind, facts: dict[str, Any], wrapping: bytes, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("the store's key has 32 bytes")
        slots = self._read()
        nonce = self._entropy(12)
        sealed = AESGCM(wrapping).encrypt(nonce, key, self._bound(kind, facts))
        slots[kind] = {**facts, "nonce": _text(nonce), "sealed": _text(sealed)}
        self._write(slots)

    def _unwrap(self, kind: SlotKind, facts: dict[str, Any], wrapping: bytes) -> bytes:
        bound = {name: value for name, value in facts.items() if name not in {"nonce", "sealed"}}
        try:
            nonce, sealed = _bytes(facts["nonce"]), _bytes(facts["sealed"])
            return AESGCM(wrapping).decrypt(nonce, sealed, self._bound(kind, bound))
        except InvalidTag:
            raise JinshuError(_WRONG[kind]) from None
        except (KeyError, ValueError, TypeError):
            raise JinshuError(ErrorCode.KEYS_SLOTS_DAMAGED) from None

    def _bound(self, kind: SlotKind, facts: dict[str, Any]) -> bytes:
        """What a slot's ciphertext is bound to: a slot moved to another profile or with other costs does not
        open."""
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return f"jinshu/slot/v1\n{self._profile}\n{kind.value}\n{text}".encode()

    def _facts(self, kind: SlotKind) -> dict[str, Any]:
        facts = self._read().get(kind)
        if facts is None:
            raise JinshuError(ErrorCode.KEYS_SLOT_MISSING, kind=kind.value)
        return facts

    def _read(self) -> dict[SlotKind, dict[str, Any]]:
        if not self._path.exists():
            return {}
        try:
            value = json.loads(self._path.read_bytes())
            if value["format"] > FORMAT:
                raise JinshuError(ErrorCode.PROFILE_TOO_NEW, folder=self._path.parent.name)
            return {SlotKind(kind): dict(facts) for kind, facts in value["slots"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise JinshuError(ErrorCode.KEYS_SLOTS_DAMAGED) from None

    def _write(self, slots: dict[SlotKind, dict[str, Any]]) -> None:
        form = FORMAT if SlotKind.TOKEN in slots else _FORMAT_WITHOUT_TOKEN
        value = {"format": form, "slots": {kind.value: facts for kind, facts in slots.items()}}
        write_whole(self._path, json.dumps(value, indent=1).encode("ascii"), self._points)


def _stretched(passphrase: str, facts: dict[str, Any]) -> bytes:
    try:
        time, memory, lanes = int(facts["time"]), int(facts["memory_kib"]), int(facts["lanes"])
        salt = _bytes(facts["salt"])
    except (KeyError, ValueError, TypeError):
        raise JinshuError(ErrorCode.KEYS_SLOTS_DAMAGED) from None
    # Whoever can write the file must not make the client eat the machine's memory.
    if not (1 <= time <= 64 and 8 <= memory <= _MAX_MEMORY_KIB and 1 <= lanes <= 64):
        raise JinshuError(ErrorCode.KEYS_SLOTS_DAMAGED)
    secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8")
    return hash_secret_raw(secret, salt, time, memory, lanes, KEY_BYTES, Type.ID)


def _derived(kind: SlotKind, secret: bytes, facts: dict[str, Any]) -> bytes:
    try:
        salt = _bytes(facts["salt"])
    except (KeyError, ValueError, TypeError):
        raise JinshuError(ErrorCode.KEYS_SLOTS_DAMAGED) from None
    info = b"jinshu/slot/v1/" + kind.value.encode("ascii")
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, info).derive(hashlib.sha256(secret).digest())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
