"""The files of a document: attachments and the sealed PDF, fetched, opened with the key an entry told, and checked."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from client.core.sync.blob_files import StoredBlob
from client.core.sync.blobs import Blobs
from client.core.trust.directory import Directory
from client.documents.rows import AttachmentRow
from protocol import text
from protocol.directory.page_settings import Setting
from protocol.errors import ErrorCode, JinshuError
from protocol.text import Field

_LARGEST_PDF: Final = 256 << 20
_KEPT_PDFS: Final = 4


def press() -> ModuleType:
    """The press, loaded at its first use: its libraries would double the time to the first window."""
    return import_module("client.documents.press")


@dataclass(frozen=True, slots=True)
class FileRef:
    """Where a file's ciphertext is and what opens it."""

    name: str
    media_type: str
    size: int
    sha256: bytes
    blob: str
    key: bytes

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> FileRef:
        return cls(**{name: value[name] for name in ("name", "media_type", "size", "sha256", "blob", "key")})

    @classmethod
    def stored(cls, blob: StoredBlob, name: str, media_type: str) -> FileRef:
        return cls(name, media_type, blob.size, blob.sha256, blob.id, blob.key)

    def value(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
            "blob": self.blob,
            "key": self.key,
        }

    def row(self) -> AttachmentRow:
        return AttachmentRow(
            text.shown(self.name, Field.FILE_NAME), self.media_type, self.size, self.sha256, self.blob
        )


def attachments_in(fields: Mapping[str, Any]) -> tuple[FileRef, ...]:
    return tuple(FileRef.of(value) for value in fields.get("attachments", ()))


class Files:
    """Opens files; sealed PDFs stay in memory for a while with what they prove."""

    def __init__(self, directory: Directory, blobs: Blobs) -> None:
        self._directory = directory
        self._blobs = blobs
        self._pdfs: OrderedDict[bytes, bytes] = OrderedDict()
        self._verdicts: dict[bytes, Any] = {}
        self._listed: frozenset[Setting] | None = None

    async def save(self, ref: FileRef, target: Path) -> None:
        """Write an attachment where the user wants it.

        Raises:
            JinshuError: `blobs.*`, `network.*`.
        """
        await self._blobs.open_to(ref.blob, ref.key, target, size=ref.size, sha256=ref.sha256)

    async def pdf(self, value: Mapping[str, Any]) -> bytes:
        """The sealed PDF an entry names.

        Raises:
            JinshuError: `blobs.*`, `network.*`.
        """
        digest = bytes(value["sha256"])
        if digest not in self._pdfs:
            if value["size"] > _LARGEST_PDF:
                raise JinshuError(ErrorCode.BLOBS_TOO_LARGE)
            data = await self._blobs.open_bytes(value["blob"], value["key"], size=value["size"])
            if await asyncio.to_thread(_digest, data) != digest:
                raise JinshuError(ErrorCode.BLOBS_HASH_MISMATCH)
            self._pdfs[digest] = data
            while len(self._pdfs) > _KEPT_PDFS:
                self._pdfs.popitem(last=False)
        return self._pdfs[digest]

    async def verified(self, value: Mapping[str, Any]) -> Any:
        """What the sealed PDF proves (client.verify.verdict.Verdict).

        Raises:
            JinshuError: `verify.*`, or that it cannot be fetched.
        """
        digest, listed = bytes(value["sha256"]), self._current()
        if digest not in self._verdicts:
            data = await self.pdf(value)
            root = self._directory.trust.root
            verdict = await asyncio.to_thread(lambda: press().check(data, root, listed))
            if self._listed != listed:
                return verdict  # the site's list has changed meanwhile: good for this once
            self._verdicts[digest] = verdict
        return self._verdicts[digest]

    def known_verdict(self, value: Mapping[str, Any]) -> Any | None:
        """What was found before, without fetching anything."""
        self._current()
        return self._verdicts.get(bytes(value["sha256"]))

    def _current(self) -> frozenset[Setting] | None:
        """The site's page settings; what was judged by another list is forgotten."""
        listed = self._directory.organisation.page_settings
        if listed != self._listed:
            self._listed = listed
            self._verdicts.clear()
        return listed

    def forget(self) -> None:
        self._pdfs.clear()
        self._verdicts.clear()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
