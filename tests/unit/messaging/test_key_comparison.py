"""Comparing keys: the same on both screens, and another as soon as any id or key is another (attack 3 of 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

from hypothesis import assume, given
from hypothesis import strategies as st

from client.messaging.key_comparison import PICTURES, fingerprint, log_fingerprint, pictures
from protocol.directory.state import DirectoryState
from protocol.identifiers import IdKind, new_id

FIRST, SECOND, OTHER = (new_id(IdKind.PERSON, bytes([n] * 16)) for n in range(3))


@dataclass(frozen=True)
class Keys:
    """A device as far as it is compared."""

    id: str
    cert_hash: bytes
    xwing: bytes
    curve25519: bytes


@dataclass(frozen=True)
class Listed:
    """Who has which devices: all that a fingerprint asks of the directory."""

    devices: dict[str, tuple[Keys, ...]]

    def active_devices(self, person: str) -> Sequence[Keys]:
        return self.devices[person]


_BYTES = st.binary(min_size=32, max_size=32)
_DEVICES = st.lists(
    st.builds(
        Keys,
        st.binary(min_size=16, max_size=16).map(lambda seed: new_id(IdKind.DEVICE, seed)),
        _BYTES,
        st.binary(max_size=40),
        _BYTES | st.just(b""),
    ),
    max_size=3,
    unique_by=lambda keys: keys.id,
).map(tuple)
_LISTED = st.builds(lambda a, b: Listed({FIRST: a, SECOND: b}), _DEVICES, _DEVICES)
_SHOWN: Final = 8


def value(listed: Listed, first: str = FIRST, second: str = SECOND) -> bytes:
    return fingerprint(cast(DirectoryState, listed), first, second)


@given(_LISTED)
def test_both_see_the_same_in_whatever_order_the_devices_came(listed: Listed) -> None:
    turned = Listed({person: tuple(reversed(devices)) for person, devices in listed.devices.items()})
    assert value(listed) == value(listed, SECOND, FIRST) == value(turned, SECOND, FIRST)


@given(_LISTED, _LISTED)
def test_two_lists_have_two_fingerprints(one: Listed, other: Listed) -> None:
    sets = [{person: set(devices) for person, devices in each.devices.items()} for each in (one, other)]
    assume(sets[0] != sets[1])
    assert value(one) != value(other)


@given(_DEVICES)
def test_what_is_one_persons_is_not_the_others(devices: tuple[Keys, ...]) -> None:
    assume(devices)
    assert value(Listed({FIRST: devices, SECOND: ()})) != value(Listed({FIRST: (), SECOND: devices}))
    assert value(Listed({FIRST: devices, OTHER: ()}), FIRST, OTHER) != value(
        Listed({FIRST: devices, SECOND: ()})
    )


@given(_BYTES, _BYTES)
def test_a_key_does_not_slide_into_the_field_beside_it(one: bytes, two: bytes) -> None:
    """Length-prefixed and named: the same bytes, cut elsewhere or exchanged, are another transcript."""
    name = new_id(IdKind.DEVICE, bytes(16))

    def of(certificate: bytes, xwing: bytes, olm: bytes) -> bytes:
        return value(Listed({FIRST: (Keys(name, certificate, xwing, olm),), SECOND: ()}))

    assert of(bytes(32), one, two) != of(bytes(32), one + two[:1], two[1:])
    if one != two:
        assert of(bytes(32), one, two) != of(bytes(32), two, one)
        assert of(one, two, two) != of(two, one, two)


def test_eight_pictures_of_sixty_four_say_48_bits() -> None:
    assert (
        len(PICTURES) == len({symbol for symbol, _ in PICTURES}) == len({word for _, word in PICTURES}) == 64
    )
    base = sha256(b"").digest()
    shown = pictures(base)
    assert len(shown[0]) == len(shown[1]) == _SHOWN
    for bit in range(6 * _SHOWN):
        turned = bytearray(base)
        turned[bit // 8] ^= 1 << bit % 8
        assert pictures(bytes(turned)) != shown


@given(st.integers(0, 1 << 40), _BYTES, _BYTES)
def test_another_root_of_the_log_gives_other_pictures(size: int, root: bytes, other: bytes) -> None:
    """A server that shows two people two logs is seen when they compare (C45)."""
    assume(root != other)
    shown = pictures(log_fingerprint("jinshu/x", size, root))
    assert shown == pictures(log_fingerprint("jinshu/x", size, root))
    assert shown != pictures(log_fingerprint("jinshu/x", size, other))
    assert shown != pictures(log_fingerprint("jinshu/x", size + 1, root))
