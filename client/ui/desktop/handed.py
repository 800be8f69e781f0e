"""What a second start of the program tells the first: one bounded message, and a word in return.

The message is `jinshu`, the version of this form (one byte), the length of the rest (four bytes, big-endian), and a JSON object of
texts. A later version may add members; an earlier one does not read them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Final

ANSWER: Final = b"jinshu\x01taken"
_MAGIC: Final = b"jinshu\x01"
_HEAD: Final = len(_MAGIC) + 4
# An invitation is a few hundred letters; nothing that is handed over comes near this.
MOST: Final = 64 << 10


class GarbledError(ValueError):
    """Whoever speaks there is no start of this program, or of another age of it."""


@dataclass(frozen=True, slots=True)
class Handed:
    """`invitation`: a link, or what its file holds. `fault`: the code of what kept that file from being read. `token`: by which the
    desktop knows that the user has just asked for this window. All of them may be empty: then the window is raised, no more."""

    invitation: str = ""
    fault: str = ""
    token: str = ""


def encode(handed: Handed) -> bytes:
    body = json.dumps(asdict(handed)).encode("ascii")
    return _MAGIC + len(body).to_bytes(4, "big") + body


class Inbox:
    """Gathers one message out of pieces, and never holds more than one may have."""

    def __init__(self) -> None:
        self._came = b""

    def feed(self, piece: bytes) -> Handed | None:
        """The message as soon as it is whole.

        Raises:
            GarbledError: it is none, or longer than any.
        """
        self._came += piece
        if not self._came.startswith(_MAGIC[: len(self._came)]):
            raise GarbledError
        if len(self._came) < _HEAD:
            return None
        length = int.from_bytes(self._came[len(_MAGIC) : _HEAD], "big")
        if length > MOST or len(self._came) > _HEAD + length:
            raise GarbledError
        return None if len(self._came) < _HEAD + length else _decoded(self._came[_HEAD:])


def _decoded(body: bytes) -> Handed:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise GarbledError from None
    if not isinstance(value, dict):
        raise GarbledError
    texts = {field.name: value.get(field.name, "") for field in fields(Handed)}
    if not all(isinstance(text, str) for text in texts.values()):
        raise GarbledError
    return Handed(**texts)
