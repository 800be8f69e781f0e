"""Reading what a later version may have signed (C41): its core, if the site has switched on what this version lacks.

A later form keeps the fields of the form before and may have more; a later type in the place of one we know does the same. So
signature, certificate, membership and place can always be checked, whatever else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from client.core.trust.directory_port import DirectoryPort
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import JinshuError
from protocol.features import Feature, check_switched_on
from protocol.payload import Payload

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class NewerForm(Generic[P]):
    """A signed type in the place of an older one: its shape, and what must be switched on for it to be signed."""

    shape: type[P]
    feature: Feature


_NONE: Final[Mapping[SignedType, NewerForm[Any]]] = MappingProxyType({})


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


async def read_signed(
    directory: DirectoryPort,
    data: bytes,
    kind: SignedType,
    shape: type[P],
    newer: Mapping[SignedType, NewerForm[P]] = _NONE,
) -> Reading[P]:
    """Split and read signed bytes; the signature is the caller's to check, by `signed.type`. `newer`: forms this version reads in
    the place of `kind`.

    Raises:
        JinshuError: `wire.malformed` and its like, not even the core can be read; `directory.split_view`.
    """
    signed = Signed.parse(data, tolerant=True)
    form = newer.get(signed.type) if isinstance(signed.type, SignedType) else None
    if form is None:
        signed = Signed.parse(data, kind, tolerant=True)
    read_as, said = shape if form is None else form.shape, signed.value()
    later = not signed.known or read_as.unknown(said) is not None
    found = read_as.parse(said, tolerant=later)
    if form is None and not later:
        return Reading(signed, found)
    # Everything that is read so names the directory its author had seen.
    size, root = found.value()["log_size"], found.value()["log_root"]
    await directory.check_seen(size, root)
    invented = _not_switched_on(form, directory.features_at(size))
    if invented is None and later and not directory.lacking_at(size):
        invented = _named(data, read_as)
    return Reading(signed, found, later=later, invented=invented)


def _not_switched_on(form: NewerForm[P] | None, features: frozenset[str]) -> JinshuError | None:
    try:
        if form is not None:
            check_switched_on(form.feature, features)
    except JinshuError as error:
        return error
    return None


def _named(data: bytes, shape: type[Payload]) -> JinshuError:
    """Under which code this version refuses it."""
    try:
        shape.parse(Signed.parse(data).value())
    except JinshuError as error:
        return error
    raise AssertionError("what a later version signed was read")
