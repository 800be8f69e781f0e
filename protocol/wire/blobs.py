"""Blobs: resumable upload, ranged download, ciphertext only (C17)."""

from __future__ import annotations

from protocol.wire.base import Count, HexHash, Message

MAX_BLOB = 2 << 30


class BlobStart(Message):
    """Begin, or ask how far an upload got."""

    id: HexHash
    size: Count


class BlobOffset(Message):
    """How many bytes the server has."""

    offset: Count
