"""The directory log on the wire (C4), and the wraps that go with its leaves."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, Field

from protocol.directory.cosignatures import Cosignature
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


_Signature64 = Annotated[Bytes64, Field(min_length=64, max_length=64)]


class _Cosigned(BaseModel):
    """A witness's word on the wire. `at`: seconds since 1970 UTC."""

    witness: Hash64
    size: Count
    root: Hash64
    at: Annotated[int, Field(ge=0, le=1 << 40)]
    signature: _Signature64

    @property
    def cosignature(self) -> Cosignature:
        return Cosignature(self.witness, self.size, self.root, self.at, self.signature)


class WitnessRequest(_Cosigned, Request):
    """A witness co-signs what it saw last, and asks what came since."""


class CosignatureReply(_Cosigned, Reply):
    """What a witness said."""

    @classmethod
    def of(cls, said: Cosignature) -> Self:
        return cls(
            witness=said.witness, size=said.size, root=said.root, at=said.at_s, signature=said.signature
        )


class CosignaturesReply(Reply):
    """The newest of each witness."""

    cosignatures: Annotated[list[CosignatureReply], Field(max_length=64)]
