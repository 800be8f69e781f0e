"""Drivers that behave as no software token can be made to: crashing, silent or lying."""

from __future__ import annotations

import os
import threading
from typing import Any

from protocol.errors import ErrorCode, JinshuError

NAME = {"label": "坏 UKey", "serial": "1", "maker": "m", "model": "x"}
MODULE = __name__


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
        raise AssertionError(self._way)
