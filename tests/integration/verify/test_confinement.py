"""Files that are small and cost a reader much: they cost its process, and nothing else."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator

import pytest

from client.confinement import Confinement, Limits
from client.sealing.check import open_sealed
from client.verify.extract import EMBEDDED
from client.verify.pages import page_images, page_pictures
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import city, genuine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")


@pytest.fixture
def tight() -> Iterator[Confinement]:
    """Room for one document, and a second for it."""
    made = Confinement(Limits(cpu_seconds=1, memory=512 << 20))
    yield made
    made.close()


def burn(turns: int) -> int:
    """CPU time, as a page of ten thousand nested patterns takes it."""
    return sum(range(turns)) if turns else burn_for_ever()


def burn_for_ever() -> int:
    while True:
        pass


def crash() -> None:
    os.abort()


def refuse() -> None:
    raise JinshuError(ErrorCode.VERIFY_NO_SEAL, reason="seal")


def inflating(size: int) -> bytes:
    """A PDF of one page whose content is `size` bytes of spaces, deflated."""
    deflate = zlib.compressobj(1)
    piece = b" " * (1 << 20)
    packed = b"".join(deflate.compress(piece) for _ in range(size >> 20)) + deflate.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (len(packed), packed),
    ]
    body = b"%PDF-1.7\n"
    for number, text in enumerate(objects, start=1):
        body += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    return body + b"trailer\n<</Root 1 0 R/Size 5>>\n%%EOF\n"


def code(confinement: Confinement, *call: object) -> ErrorCode:
    function, *args = call
    with pytest.raises(JinshuError) as caught:
        confinement.run(function, *args)  # type: ignore[arg-type]
    return caught.value.code


def test_a_genuine_document_is_read_within_the_limits(tight: Confinement) -> None:
    used, files = tight.run(open_sealed, genuine(), city().root, EMBEDDED)
    assert used.base == genuine()[: len(used.base)]
    assert set(files) == {"elements.cbor", "extract.cbor"}
    assert len(tight.run(page_pictures, genuine())) == len(tight.run(page_images, genuine(), 200)) == 2


def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read(tight: Confinement) -> None:
    assert code(tight, burn, 0) is ErrorCode.VERIFY_TOO_HEAVY
    assert tight.run(burn, 10) == 45


def test_a_small_file_that_fills_the_memory_is_refused_and_the_next_is_read(tight: Confinement) -> None:
    bomb = inflating(300 << 20)
    assert len(bomb) < 2 << 20
    assert code(tight, page_images, bomb, 200) is ErrorCode.VERIFY_TOO_HEAVY
    assert tight.run(burn, 10) == 45


def test_a_reader_that_crashes_takes_nobody_with_it(tight: Confinement) -> None:
    assert code(tight, crash) is ErrorCode.VERIFY_TOO_HEAVY
    assert tight.run(os.getpid) != os.getpid()


def test_a_refusal_keeps_its_code_and_its_part(tight: Confinement) -> None:
    with pytest.raises(JinshuError) as caught:
        tight.run(refuse)
    assert (caught.value.code, caught.value.params) == (ErrorCode.VERIFY_NO_SEAL, {"reason": "seal"})
