"""Keys that are none: refused where a leaf is accepted, never where one is believed (C46).

The fold keeps what stands in the log: clients of different versions must come to the same state. `Device.usable` and
`Generation.usable` say what may be sealed to.
"""

from __future__ import annotations

from protocol.crypto.keys import is_usable_curve25519, is_usable_xwing
from protocol.directory.log import DeviceBundle, KeyGeneration, Leaf, LeafKind, OlmIdentity
from protocol.errors import ErrorCode, JinshuError


def check_usable(leaf: Leaf) -> None:
    """Return if every key that a leaf brings can be used by others.

    Raises:
        JinshuError: `keys.unusable`, or `wire.malformed`.
    """
    value = leaf.parsed().value()
    usable = True
    if leaf.kind is LeafKind.DEVICE:
        usable = is_usable_xwing(DeviceBundle.parse(value).xwing)
    elif leaf.kind is LeafKind.GENERATION:
        usable = is_usable_xwing(KeyGeneration.parse(value).public)
    elif leaf.kind is LeafKind.OLM:
        usable = is_usable_curve25519(OlmIdentity.parse(value).curve25519)
    if not usable:
        raise JinshuError(ErrorCode.KEYS_UNUSABLE)
