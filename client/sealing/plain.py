"""A set document is paper: it shows its pages and carries the two records, and does nothing.

Where a page cannot be set again here, byte by byte, what stands in the file beside the page is the sealer's own. What runs,
opens, plays, hides or brings files along has no place in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from protocol.errors import ErrorCode, JinshuError

# ISO 32000-1: what starts by itself (12.6), forms (12.7), layers (8.11), portfolios (12.3.5), media (13).
_ACTIVE: Final = frozenset(
    {
        "/OpenAction", "/AA", "/JS", "/JavaScript", "/XFA", "/AcroForm", "/OCProperties", "/OC", "/Collection",
        "/RichMediaContent", "/Movie", "/Sound", "/Rendition", "/Threads", "/Perms", "/Requirements",
    }
)  # fmt: skip
# Table 198 but for going to another place of the same file.
_ACTIONS: Final = frozenset(
    {
        "/GoToR", "/GoToE", "/Launch", "/Thread", "/URI", "/Sound", "/Movie", "/Hide", "/Named", "/SubmitForm",
        "/ResetForm", "/ImportData", "/JavaScript", "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView",
    }
)  # fmt: skip
_DEEPEST: Final = 64


def check_plain(base: bytes, allowed: frozenset[str]) -> None:
    """Return if a set document acts by nothing, annotates nothing but places within itself, and embeds `allowed` alone.

    Raises:
        JinshuError: `verify.pages_edited`, `active` or `embedded`. A damaged file raises what pyHanko raises.
    """
    reader = PdfFileReader(io.BytesIO(base), strict=True)
    if "/Encrypt" in reader.trailer:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="active")
    files = 0
    for reference in reader.xrefs.explicit_refs_in_revision(0):
        for found in _dictionaries(reader.get_object(reference)):  # type: ignore[no-untyped-call]
            if set(found) & _ACTIVE or found.get("/S") in _ACTIONS or _annotates(found):
                raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="active")
            files += "/EF" in found
    names = _embedded(reader)
    if len(names) != files or len(set(names)) != files or set(names) - allowed:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="embedded")


def _annotates(found: Any) -> bool:
    """Whether a page has annotations that are more than links."""
    return any(each.get_object().get("/Subtype") != "/Link" for each in found.get("/Annots", ()))


def _embedded(reader: PdfFileReader) -> list[str]:
    """The names of the embedded files, as a reader lists them; "" for one with several names or several contents."""
    listed = list(reader.root.get("/Names", {}).get("/EmbeddedFiles", {}).get("/Names", []))
    names = []
    for name, entry in zip(listed[0::2], listed[1::2], strict=True):
        specification = entry.get_object()
        said = {str(name), str(specification["/UF"]), str(specification["/F"])}
        streams = {specification["/EF"].raw_get(key).idnum for key in specification["/EF"]}
        names.append(said.pop() if len(said) == len(streams) == 1 else "")
    return names


def _dictionaries(value: Any, depth: int = 0) -> Iterator[Any]:
    """Every dictionary in an object, streams' own too; other objects come by themselves."""
    if depth > _DEEPEST:
        raise JinshuError(ErrorCode.VERIFY_PAGES_EDITED, reason="active")
    inner: list[Any] = []
    if isinstance(value, generic.DictionaryObject):
        yield value
        inner = [value.raw_get(key) for key in value]
    elif isinstance(value, generic.ArrayObject):
        inner = [value.raw_get(index) for index in range(len(value))]
    for each in inner:
        if not isinstance(each, generic.IndirectObject):
            yield from _dictionaries(each, depth + 1)
