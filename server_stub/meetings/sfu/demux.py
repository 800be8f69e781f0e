"""Whose datagram it is on a port shared by many (C25): kind by the first byte (RFC 7983), connection by ufrag or address."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, Generic, TypeVar

Address = tuple[str, int]
T = TypeVar("T")

_MOST_ADDRESSES: Final = 8


class Kind(Enum):
    STUN = auto()
    DTLS = auto()
    MEDIA = auto()
    NONE = auto()


def kind_of(first: int) -> Kind:
    """By the first byte (RFC 7983 §7)."""
    if 128 <= first < 192:
        return Kind.MEDIA
    if 20 <= first < 64:
        return Kind.DTLS
    return Kind.STUN if first < 4 else Kind.NONE


# By the first byte.
KINDS: Final = tuple(kind_of(first) for first in range(256))


class Bindings(Generic[T]):
    """Who is known by which ufrag, and by which addresses from which he proved to know his password."""

    def __init__(self) -> None:
        self._by_ufrag: dict[str, T] = {}
        self._by_address: dict[Address, T] = {}
        self._addresses: dict[str, list[Address]] = {}

    def __len__(self) -> int:
        return len(self._by_ufrag)

    def add(self, ufrag: str, owner: T) -> None:
        self._by_ufrag[ufrag] = owner
        self._addresses[ufrag] = []

    def remove(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag, None)
        for address in self._addresses.pop(ufrag, ()):
            self._by_address.pop(address, None)

    def by_username(self, username: str) -> T | None:
        """The owner of the part before the colon (RFC 8445 §7.2.2)."""
        return self._by_ufrag.get(username.partition(":")[0])

    def by_address(self, address: Address) -> T | None:
        return self._by_address.get(address)

    def bind(self, ufrag: str, address: Address) -> bool:
        """After his password was proved from there. An address that is another's stays so until he is gone: with a forged sender
        address somebody could otherwise take it from him."""
        owner = self._by_ufrag.get(ufrag)
        if owner is None:
            return False
        bound = self._by_address.get(address)
        if bound is not None:
            return bound is owner
        addresses = self._addresses[ufrag]
        if len(addresses) >= _MOST_ADDRESSES:
            # Not the first, which is the one in use unless he moves a lot.
            del self._by_address[addresses.pop(1)]
        addresses.append(address)
        self._by_address[address] = owner
        return True
