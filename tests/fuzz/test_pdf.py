"""Damaged PDFs: refused by name in the process of their own, whatever reads them; FUZZ_SEED and FUZZ_RUNS as in `test_fuzz`."""

from __future__ import annotations

import os
import random
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from client.confinement import Confinement
from client.sealing.check import open_sealed
from client.verify.extract import EMBEDDED
from client.verify.pages import page_images, page_pictures, page_words
from protocol.errors import JinshuError
from tests.fuzz.mutations import mutations
from tests.support.sealed_document import city, genuine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
_SHORT: Final = 60
_LONG: Final = int(os.environ.get("FUZZ_RUNS", "1000000"))
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


@pytest.fixture(scope="module")
def readers() -> Iterator[Confinement]:
    made = Confinement()
    yield made
    made.close()


def small() -> bytes:
    """A page in plain words: what is damaged here is what a reader understands, and not deflated bytes."""
    content = b"BT /F1 12 Tf 72 720 Td (2026) Tj ET 0 0 m 10 10 l S"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>",
        b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(JinshuSeal)/Rect[0 0 0 0]/V 7 0 R>>",
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 10 20 30]/Contents<3000>>>",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + table + trailer


def inflated() -> bytes:
    """The genuine document with its first streams unpacked in place: offsets are wrong, as in many files from others."""

    def plain(found: re.Match[bytes]) -> bytes:
        try:
            return b"stream\n" + zlib.decompress(found.group(1))[:4096] + b"\nendstream"
        except zlib.error:
            return found.group(0)

    return _STREAM.sub(plain, genuine(), count=4)


def reads() -> dict[str, Callable[[Confinement, bytes], object]]:
    root = city().root
    return {
        "open_sealed": lambda readers, data: readers.run(open_sealed, data, root, EMBEDDED),
        "page_words": lambda readers, data: readers.run(page_words, data),
        "page_pictures": lambda readers, data: readers.run(page_pictures, data),
        "page_images": lambda readers, data: readers.run(page_images, data, 120),
    }


def feed(readers: Confinement, count: int, drawn: int) -> tuple[int, int]:
    """How many readings succeeded and how many were refused, each input by one reader in turn."""
    read = refused = 0
    samples = (genuine(), small(), inflated())
    each = list(reads().items())
    for number, data in enumerate(mutations(samples, count, drawn, longest=1 << 20)):
        name, reader = each[number % len(each)]
        try:
            reader(readers, data)
            read += 1
        except JinshuError:
            refused += 1
        except Exception as error:
            error.add_note(f"FUZZ_SEED={drawn}, input {number}, {name}")
            raise
    return read, refused


def test_the_samples_are_read(readers: Confinement) -> None:
    for read in reads().values():
        read(readers, genuine())
    assert readers.run(page_words, small()) == ["2026"]


def test_damaged_files_are_refused_by_name(readers: Confinement) -> None:
    read, refused = feed(readers, _SHORT, 20_261_201)
    assert read + refused == _SHORT
    assert min(read, refused) > 0, "damage that is always refused, or never, shows nothing"


@pytest.mark.soak
def test_a_million_damaged_files_are_refused_by_name(readers: Confinement) -> None:
    drawn = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    assert sum(feed(readers, _LONG, drawn)) == _LONG
