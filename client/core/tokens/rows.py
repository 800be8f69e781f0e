"""What the client knows of a token (UKey): which one it is, how its PIN stands, and what was made in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from protocol.errors import ErrorCode, JinshuError
from protocol.text import Field, shown

_LONGEST = 512  # characters of a name, or of a path


class PinState(StrEnum):
    """What a token says of its PIN before it is asked for."""

    FINE = "fine"
    LOW = "low"  # a wrong one was given since the last right one
    LAST_TRY = "last_try"  # the next wrong one locks it
    LOCKED = "locked"


class TokenUse(StrEnum):
    """What a token is looked for to do; each needs mechanisms that not every token has."""

    OPEN = "open"  # the store: an RSA key that decrypts
    SIGN = "sign"  # as a seal: a P-256 key that signs


class RsaPadding(StrEnum):
    """How a slot's secret is encrypted to the RSA key in the token.

    OAEP stands for SHA-1 with MGF1-SHA-1 and no label, the one set of parameters that all drivers take; OAEP does not rest on
    collisions. PKCS1 is v1.5, for tokens that offer nothing else: what it opens is authenticated by the slot, and nobody can ask
    the token without its PIN, so that there is no oracle to ask.
    """

    OAEP = "rsa-oaep-sha1"
    PKCS1 = "rsa-pkcs1"


@dataclass(frozen=True, slots=True)
class TokenName:
    """Which token. Serial numbers are unique by maker and model (PKCS #11 §3.2); `label` is what its owner called it."""

    label: str
    serial: str
    maker: str
    model: str

    def value(self) -> dict[str, str]:
        return {"label": self.label, "serial": self.serial, "maker": self.maker, "model": self.model}

    def is_same(self, other: TokenName) -> bool:
        """Whether it is the same thing; it may have been given another label."""
        return (self.serial, self.maker, self.model) == (other.serial, other.maker, other.model)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """From a driver's process or from a file.

        Raises:
            ValueError: it does not name a token.
        """
        # Whoever made the token wrote all four: they are drawn and logged like any words of others (C43).
        return cls(*(shown(_word(value, name), Field.NAME) for name in ("label", "serial", "maker", "model")))


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token that is plugged in, seen through one driver (the path of a PKCS #11 module)."""

    driver: str
    name: TokenName
    pin: PinState


@dataclass(frozen=True, slots=True)
class TokenPin:
    """A PIN as it was typed for one act, and for no other; it never prints itself."""

    pin: str = field(repr=False)
    last_try: bool = False  # its owner knows that one more wrong one locks the token


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A P-256 key made in a token, which signs there and never leaves it. Nothing of it is secret."""

    driver: str
    token: TokenName
    key: str  # CKA_ID, hex
    public_spki: bytes  # SubjectPublicKeyInfo, DER

    def facts(self) -> dict[str, Any]:
        return {
            "driver": self.driver,
            "token": self.token.value(),
            "key": self.key,
            "public": self.public_spki.hex(),
        }

    @classmethod
    def parse(cls, value: Any) -> Self:
        """From what a store keeps of it.

        Raises:
            JinshuError: `keys.seal_key_damaged`.
        """
        try:
            words = {name: _word(value, name, 4096) for name in ("driver", "key", "public")}
            key, public = bytes.fromhex(words["key"]), bytes.fromhex(words["public"])
            token = TokenName.parse(value["token"])
        except (KeyError, ValueError, TypeError):
            raise JinshuError(ErrorCode.KEYS_SEAL_KEY_DAMAGED) from None
        if not key or not words["driver"]:
            raise JinshuError(ErrorCode.KEYS_SEAL_KEY_DAMAGED)
        return cls(words["driver"], token, words["key"], public)


@dataclass(frozen=True, slots=True)
class TokenSeal:
    """A secret encrypted to an RSA key in a token: what a key slot keeps beside its ciphertext. Nothing of it is secret."""

    driver: str
    token: TokenName
    key: str  # CKA_ID, hex
    padding: RsaPadding
    sealed: str  # hex

    def facts(self) -> dict[str, Any]:
        return {
            "driver": self.driver,
            "token": self.token.value(),
            "key": self.key,
            "padding": self.padding.value,
            "wrapped": self.sealed,
        }

    @classmethod
    def parse(cls, value: dict[str, Any]) -> Self:
        """From a slot's facts.

        Raises:
            JinshuError: `keys.slots_damaged`.
        """
        try:
            words = {name: _word(value, name, 4096) for name in ("driver", "key", "wrapped")}
            bytes.fromhex(words["key"]), bytes.fromhex(words["wrapped"])
            token, padding = TokenName.parse(value["token"]), RsaPadding(value["padding"])
        except (KeyError, ValueError, TypeError):
            raise JinshuError(ErrorCode.KEYS_SLOTS_DAMAGED) from None
        return cls(words["driver"], token, words["key"], padding, words["wrapped"])


def _word(value: Any, name: str, longest: int = _LONGEST) -> str:
    found = value[name] if isinstance(value, dict) and name in value else None
    if not isinstance(found, str) or len(found) > longest:
        raise ValueError(name)
    return found
