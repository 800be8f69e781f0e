"""What every area's pages see of an act of theirs that is on its way."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """How far a row or an act of mine has got."""

    SETTLED = "settled"  # acknowledged by the server
    PENDING = "pending"  # on disk here, on its way
    REFUSED = "refused"  # the server refused it; `refusal` says why
