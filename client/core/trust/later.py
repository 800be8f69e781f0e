"""Reading what a later version may have signed (C41): its core, if the site has switched on what this version lacks.

A later form keeps the fields of the form before and may have more; a later type in the place of one we know does the same. So
signature, certificate, membership and place can always be checked, whatever else is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from client.core.trust.directory import Directory
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import JinshuError
from protocol.payload import Payload

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class Reading(Generic[P]):
    """`later`: it says more than this version reads. `invented`: and nothing was switched on that would allow it."""

    signed: Signed
    payload: P
    later: bool = False
    invented: JinshuError | None = None

    def believed(self) -> P:
        """The payload.

        Raises:
            JinshuError: it says what nobody on this site may say.
        """
        if self.invented is not None:
            raise self.invented
        return self.payload


def is_later(signed: Signed, shape: type[Payload]) -> bool:
    """Whether signed bytes say more of a payload than this version reads."""
    return not signed.known or shape.unknown(signed.value()) is not None


async def read_signed(directory: Directory, data: bytes, kind: SignedType, shape: type[P]) -> Reading[P]:
    """Split and read signed bytes; the signature is the caller's to check, by `signed.type`.

    Raises:
        JinshuError: `wire.malformed` and its like, not even the core can be read; `directory.split_view`.
    """
    signed = Signed.parse(data, kind, tolerant=True)
    if not is_later(signed, shape):
        return Reading(signed, shape.parse(signed.value()))
    found = shape.parse(signed.value(), tolerant=True)
    # Everything that is read so names the directory its author had seen.
    size, root = found.value()["log_size"], found.value()["log_root"]
    await directory.check_seen(size, root)
    invented = None if directory.lacking_at(size) else _named(data, kind, shape)
    return Reading(signed, found, later=True, invented=invented)


def _named(data: bytes, kind: SignedType, shape: type[Payload]) -> JinshuError:
    """Under which code this version refuses it."""
    try:
        shape.parse(Signed.parse(data, kind).value())
    except JinshuError as error:
        return error
    raise AssertionError("what a later version signed was read")
