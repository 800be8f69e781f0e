"""The directory log as this device holds it, leaves and tree, for whoever proves something of it to a stranger."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.crypto import merkle


@dataclass(frozen=True, slots=True)
class LogCopy:
    """Every leaf, the tree over them, and the newest head of exactly that log, as the log's key signed it."""

    head: bytes
    leaves: list[bytes] = field(repr=False)
    tree: merkle.Tree = field(repr=False)
