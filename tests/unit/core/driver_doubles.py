"""Drivers that behave as no software token can be made to: crashing, silent or lying."""

from __future__ import annotations

import os
import threading
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.crypto.keys import SigningKey
from protocol.errors import ErrorCode, JinshuError

NAME = {"label": "坏 UKey", "serial": "1", "maker": "m", "model": "x"}
MODULE = __name__
# Ways of a token that makes a P-256 key, and then does not sign with it.
SIGNING_WAYS = ("foreign_signature", "short_signature", "no_signature", "pulled_out")
KEY = SigningKey.generate()


class Driver:
    """What it does stands in the file's name it is given."""

    def __init__(self, driver: str) -> None:
        self._way = os.path.basename(driver)

    def answer(self, asked: dict[str, Any]) -> Any:
        if self._way == "crash":
            os.abort()
        if self._way == "silent":
            threading.Event().wait()
        if self._way == "nonsense":
            return {"modulus": "zz"} if asked["do"] == "make_rsa" else [{"label": 7}]
        if self._way == "weak":
            return {"modulus": f"{(1 << 511) + 1:x}", "exponent": "010001", "padding": "rsa-oaep-sha1"}
        if self._way == "foreign":
            raise JinshuError(ErrorCode.PROFILE_DAMAGED)
        if self._way == "long":
            return "x" * (1 << 20)
        if self._way == "off_curve":
            return _point()[:-2] + f"{int(_point()[-2:], 16) ^ 1:02x}"
        if self._way == "other_curve":
            return "0461" + "04" + "11" * 96
        if self._way in SIGNING_WAYS:
            return _point() if asked["do"] == "make_ec" else self._signature()
        raise AssertionError(self._way)

    def _signature(self) -> Any:
        if self._way == "pulled_out":
            raise JinshuError(ErrorCode.KEYS_TOKEN_ABSENT)
        if self._way == "no_signature":
            return 7
        signature = SigningKey.generate().sign(b"anything")
        return signature.hex() if self._way == "foreign_signature" else signature[:-1].hex()


def _point() -> str:
    """The bare point, as some drivers give it."""
    public = KEY.native.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return public.hex()
