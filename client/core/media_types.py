"""The media type of a file by what is in it, and among formats of one container by its ending; never by what the writer's
machine has registered, so that the same file has the same type wherever it was taken in."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

HEAD: Final = 4096  # bytes of a file that are looked at
UNKNOWN: Final = "application/octet-stream"
_TEXT: Final = "text/plain"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."

# What a file begins with (at an offset), and what it then is, whatever it is called.
_SIGNATURES: Final = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"{\\rtf", "application/rtf"),
    (4, b"ftyp", "video/mp4"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
# Two containers with many formats in them: there the ending decides, among those of the container.
_ZIP: Final = {
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".odt": f"{_OPEN}text",
    ".ods": f"{_OPEN}spreadsheet",
    ".odp": f"{_OPEN}presentation",
    ".ofd": "application/ofd",
    ".epub": "application/epub+zip",
}
_COMPOUND: Final = {
    ".doc": "application/msword",
    ".dot": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".wps": "application/vnd.ms-works",
    ".et": "application/vnd.ms-excel",
    ".dps": "application/vnd.ms-powerpoint",
    ".msg": "application/vnd.ms-outlook",
}
_TEXTS: Final = {
    ".csv": "text/csv",
    ".htm": "text/html",
    ".html": "text/html",
    ".xml": "application/xml",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".md": "text/markdown",
    ".eml": "message/rfc822",
}
_MP3_FRAMES: Final = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def media_type(name: str, head: bytes) -> str:
    """Of a file by that name whose first `HEAD` bytes, or all, are `head`."""
    ending = PurePath(name).suffix.casefold()
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _ZIP.get(ending, "application/zip")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _COMPOUND.get(ending, "application/x-ole-storage")
    for offset, signature, kind in _SIGNATURES:
        if head.startswith(signature, offset):
            return kind
    if head.startswith(_MP3_FRAMES):
        return "audio/mpeg"
    return _TEXTS.get(ending, _TEXT) if _is_text(head) else UNKNOWN


def _is_text(head: bytes) -> bool:
    """Readable as one of the encodings Chinese texts come in; the last character may be cut."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if not head or b"\x00" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            head.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4 or len(head) < HEAD:
                continue
        return all(char >= 0x20 or char in b"\t\n\r\f\x1b" for char in head)
    return False
