"""Blobs: resumable upload, ranged download, ciphertext only (C17)."""

from __future__ import annotations

from protocol.wire.base import Count, HexHash, Reply, Request

MAX_BLOB = 2 << 30


class BlobStart(Request):
    """Begin, or ask how far an upload got."""

    id: HexHash
    size: Count


class BlobOffset(Reply):
    """How many bytes the server has."""

    offset: Count
