"""The chapters of the user's guide, as pages ask for them."""

from __future__ import annotations

from enum import IntEnum


class Chapter(IntEnum):
    """The value is the place among the guide's chapters, from 0; `resources/guide/guide.typ` has them in this order."""

    INSTALL = 0
    JOIN = 1
    PASSPHRASE = 2
    MESSAGE = 3
    DOCUMENT = 4
    MEETING = 5
    LOCK = 6
    FORGOTTEN = 7
    HELP = 8
