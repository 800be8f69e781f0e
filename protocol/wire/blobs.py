"""Blobs: resumable upload, ranged download, ciphertext only (C17)."""

from __future__ import annotations

from typing import Final

from protocol.crypto.files import largest_plaintext
from protocol.wire.base import Count, HexHash, Reply, Request

MAX_BLOB: Final = 2 << 30
# The largest file whose blob the server takes, and what a padded one is padded to at most.
MAX_FILE: Final = largest_plaintext(MAX_BLOB)


class BlobStart(Request):
    """Begin, or ask how far an upload got."""

    id: HexHash
    size: Count


class BlobOffset(Reply):
    """How many bytes the server has."""

    offset: Count
