"""The Merkle tree of the directory log and of organisation snapshots: RFC 9162 §2.1, nothing of our own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from protocol.errors import ErrorCode, JinshuError

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than size (size > 1)."""
    return 1 << (size - 1).bit_length() - 1


class Tree:
    """An append-only tree that keeps every complete subtree's hash, so that roots and proofs cost O(log n)."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> int:
        """Add a leaf hash; returns its index."""
        index = len(self)
        self._levels[0].append(leaf)
        level, position = 0, index
        while position & 1:
            node = node_hash(self._levels[level][position - 1], self._levels[level][position])
            level, position = level + 1, position >> 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)
        return index

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves."""
        size = len(self) if size is None else size
        return self._range(0, size) if size else EMPTY_ROOT

    def _range(self, start: int, end: int) -> bytes:
        size = end - start
        if size & (size - 1) == 0:
            level = size.bit_length() - 1
            return self._levels[level][start >> level]
        middle = start + _split(size)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The path from a leaf to the root of the first `size` leaves (§2.1.3.1)."""
        size = len(self) if size is None else size
        if not 0 <= index < size <= len(self):
            raise IndexError(index)
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency_proof(self, first: int, second: int | None = None) -> list[bytes]:
        """That the first `first` leaves are a prefix of the first `second` (§2.1.4.1)."""
        second = len(self) if second is None else second
        if not 0 <= first <= second <= len(self):
            raise IndexError(first)
        if first in (0, second):
            return []
        path: list[bytes] = []
        start, end, whole = 0, second, True
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._range(start, end))
        return path[::-1]


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    return Tree(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    return Tree(leaves).inclusion_proof(index)


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    return Tree(leaves).consistency_proof(first)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> None:
    """Return if the leaf hash is at that place of the tree (RFC 9162 §2.1.3.2).

    Raises:
        JinshuError: `directory.proof_invalid`.
    """
    if not 0 <= index < size:
        raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != expected_root:
        raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Return if the smaller tree is a prefix of the larger (RFC 9162 §2.1.4.2).

    Raises:
        JinshuError: `directory.proof_invalid`.
    """
    if not 0 <= first <= second:
        raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
    if first in (0, second):
        if path or first_root != (EMPTY_ROOT if first == 0 else second_root):
            raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
        return
    if _follow_consistency(first, second, path, first_root) != (first_root, second_root):
        raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)


def _follow_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes
) -> tuple[bytes, bytes]:
    """The two roots a consistency proof leads to, steps 2–6 of §2.1.4.2."""
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not nodes:
        raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
        if place & 1 or place == last:
            older, newer = node_hash(node, older), node_hash(node, newer)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, node)
        place, last = place >> 1, last >> 1
    if last:
        raise JinshuError(ErrorCode.DIRECTORY_PROOF_INVALID)
    return older, newer
