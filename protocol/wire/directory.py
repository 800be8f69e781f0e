"""The directory log on the wire (C4), and the wraps that go with its leaves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.wire.base import Bytes64, Count, Hash64, Reply, Request

MAX_WRAPS = 5000
PAGE = 500


class HeadReply(Reply):
    """The newest signed head, and that it continues the tree of size `first`."""

    head: Bytes64
    consistency: list[Hash64]


class EntriesReply(Reply):
    """Leaves from `after` on, and the size of the log."""

    leaves: list[Bytes64]
    size: Count


class ProofReply(Reply):
    """The inclusion path of a leaf in the tree of a size."""

    path: list[Hash64]


class OrganisationReply(Reply):
    """The entries of a snapshot in their order."""

    entries: list[Bytes64]


class AppendRequest(Request):
    """A leaf and the wrap records whose hashes it signs."""

    leaf: Annotated[Bytes64, Field(max_length=1 << 20)]
    wraps: Annotated[list[Bytes64], Field(max_length=MAX_WRAPS, default_factory=list)]


class AppendReply(Reply):
    """Where the leaf stands, and a head that covers it."""

    index: Count
    head: Bytes64


class WrapsReply(Reply):
    """The seed wraps of a principal made for the asking device."""

    wraps: list[Bytes64]
