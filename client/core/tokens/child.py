"""The process in which a token's driver is loaded: a vendor's library that crashes, hangs or eats memory takes nothing with it.

It is asked by lines of JSON on its standard input and answers one line each: {"returned": value} or {"refused": code, "params"}.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from client.core.memory import keep_memory_private
from protocol.errors import JinshuError

if sys.platform != "win32":
    import resource

_MEMORY: Final = 2 << 30  # bytes of address space, libraries included


class TokenDriver(Protocol):
    """What answers over there."""

    def answer(self, asked: dict[str, Any]) -> Any:
        """Raises:
        JinshuError: `keys.token_*`.
        """
        ...


def answer_token(backend: str, driver: str) -> None:
    """Answer until there are no more questions.

    Args:
        backend: the module whose `Driver` is made of the driver's path.
        driver: the path of the PKCS #11 module.
    """
    keep_memory_private()  # a PIN passes through
    if sys.platform != "win32":
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY if hard < 0 else min(_MEMORY, hard), hard))
    logging.disable()
    # Whatever a vendor's library prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    made: TokenDriver | None = None
    for line in sys.stdin:
        try:
            if made is None:
                made = import_module(backend).Driver(driver)
            said: dict[str, Any] = {"returned": made.answer(json.loads(line))}
        except JinshuError as error:
            said = {"refused": error.code.value, "params": error.params}
        answers.write(json.dumps(said, ensure_ascii=True) + "\n")
        answers.flush()


def program(backend: str, driver: str) -> str:
    """What such a process runs. The path is replaced before anything is looked for: the folder it is started in may hold
    modules of any name."""
    path = [each for each in sys.path if each and Path(each).is_absolute()]
    return (
        f"import sys; sys.path[:] = {path!r}; from {__name__} import answer_token; "
        f"answer_token({backend!r}, {driver!r})"
    )
