"""The update that a seal is: it may add one invisible field with one signature, and nothing else whatever.

Whoever keeps the seal writes this part of the file and signs it, and no page is set again from it. What a reader of PDF acts on
without drawing it (a script behind the field, an attached file, a link, another title) could stand here unseen; so it is read
object by object, and between the objects there is nothing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from protocol.errors import ErrorCode, JinshuError

SEAL_FIELD: Final = "JinshuSeal"
_TRAILER: Final = frozenset({"/Size", "/Root", "/Info", "/ID", "/Prev"})
_FORM: Final = frozenset({"/Fields", "/SigFlags"})
_SIGNATURES_EXIST: Final = 3  # and the file may only be appended to
_FIELD: Final[Mapping[str, object]] = {
    "/FT": "/Sig",
    "/T": SEAL_FIELD,
    "/Type": "/Annot",
    "/Subtype": "/Widget",
    "/F": 132,  # printed, and locked
    "/Rect": [0, 0, 0, 0],
}
_REFERENCES: Final = frozenset({"/P", "/V"})  # its page and its signature
_SIGNATURE: Final = frozenset({"/Contents", "/ByteRange", "/Type", "/Filter", "/SubFilter", "/M", "/Reason"})
_LAYOUT: Final = re.compile(
    rb"(?:[0-9]+ 0 obj\n(?:(?!endobj).)*\nendobj\n)+"
    rb"xref\n[0-9nf \r\n]+trailer\n<<\n(?:(?!>>|endobj).)*\n>>\nstartxref\n[0-9]+\n%%EOF\n",
    re.DOTALL,
)


def base_of(pdf: bytes, reader: PdfFileReader) -> bytes:
    """The file under the seal.

    Raises:
        JinshuError: `verify.pages_edited`, the file was changed more than once after it was set.
    """
    if reader.xrefs.total_revisions != 2:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="revisions")
    tail = b"startxref\n%d\n%%%%EOF\n" % reader.xrefs.get_startxref_for_revision(0)
    return pdf[: pdf.index(tail) + len(tail)]


def check_update(base: bytes, after: PdfFileReader, tail: bytes) -> str:
    """Return what the seal says it was given for, if the update adds a seal and nothing else.

    Args:
        base: the file under the seal.
        after: the sealed file.
        tail: the bytes of the update.

    Raises:
        JinshuError: `verify.pages_edited`; `reason` says which part of the update is more than a seal. A damaged file raises
            what pyHanko raises.
    """
    before = PdfFileReader(io.BytesIO(base), strict=True)
    page = _first_page(before)
    _check_trailer(after, before)
    _check_kept(after, before, page)
    form, field = _check_form(after, page)
    signature = _check_field(after, field, page)
    _check_nothing_else(after, {before.root_ref.idnum, page, form, field, signature}, tail)
    return str(_entries(after, signature)["/Reason"])


def _check_trailer(after: PdfFileReader, before: PdfFileReader) -> None:
    """The same catalog, title, author and dates; and no encryption begins here."""
    same = all(
        after.trailer.raw_get(key).idnum == before.trailer.raw_get(key).idnum for key in ("/Root", "/Info")
    )
    if not same or set(after.trailer) - set(before.trailer) - _TRAILER:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="trailer")


def _check_kept(after: PdfFileReader, before: PdfFileReader, page: int) -> None:
    """Of what was set only the catalog and page 1 are written again, each with one entry more."""
    catalog = before.root_ref.idnum
    known = {reference.idnum for reference in before.xrefs.explicit_refs_in_revision(0)}
    again = {reference.idnum for reference in after.xrefs.explicit_refs_in_revision(1)} & known
    if again != {catalog, page} or after.xrefs.refs_freed_in_revision(1) or _first_page(after) != page:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="replaced")
    for number, added in ((catalog, "/AcroForm"), (page, "/Annots")):
        if _outline(after, number, added) != _outline(before, number, ""):
            raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="replaced")


def _check_form(after: PdfFileReader, page: int) -> tuple[int, int]:
    """One form with one field, which is all that page 1 has of annotations; returns the numbers of both."""
    form = after.root.raw_get("/AcroForm").idnum
    entries = _entries(after, form)
    if set(entries) != _FORM or entries["/SigFlags"] != _SIGNATURES_EXIST:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="form")
    fields = [each.idnum for each in entries.raw_get("/Fields")]
    shown = [each.idnum for each in _entries(after, page).raw_get("/Annots")]
    if len(fields) != 1 or shown != fields:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="annotations")
    return form, fields[0]


def _check_field(after: PdfFileReader, number: int, page: int) -> int:
    """A field of the seal that does nothing and shows nothing; returns the number of its signature."""
    field = _entries(after, number)
    same = all(field.get(key) == value for key, value in _FIELD.items())
    if not same or set(field) != _FIELD.keys() | _REFERENCES or field.raw_get("/P").idnum != page:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="field")
    signature = field.raw_get("/V").idnum
    if set(_entries(after, signature)) != _SIGNATURE:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="signature_entries")
    return int(signature)


def _check_nothing_else(after: PdfFileReader, wanted: set[int], tail: bytes) -> None:
    """No object that nothing refers to yet, and no bytes that are no object: another reader might find them."""
    if {reference.idnum for reference in after.xrefs.explicit_refs_in_revision(1)} != wanted:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="added")
    if _LAYOUT.fullmatch(tail) is None:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="added")


def _first_page(reader: PdfFileReader) -> int:
    """The object number of page 1, the only page whose dictionary sealing may touch."""
    kids = reader.root["/Pages"]
    while "/Kids" in kids:
        first = kids["/Kids"].raw_get(0)
        kids = first.get_object()
    return int(first.idnum)


def _entries(reader: PdfFileReader, number: int) -> Any:
    """The dictionary that is an object."""
    return reader.get_object(generic.Reference(number, 0, reader))  # type: ignore[no-untyped-call]


def _outline(reader: PdfFileReader, number: int, without: str) -> dict[str, bytes]:
    """A dictionary as written, entry by entry, but for one key."""
    value = _entries(reader, number)
    outline: dict[str, bytes] = {}
    for key in value:
        if key != without:
            buffer = io.BytesIO()
            value.raw_get(key).write_to_stream(buffer, None)
            outline[str(key)] = buffer.getvalue()
    return outline
