"""The typesetter is a pure function: same inputs, same bytes, in any process and on any thread."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from client.sealing.check import embedded_files
from client.typesetting.fonts import FontSet
from client.typesetting.sheet import AssociatedFile, is_number
from client.typesetting.typeset import RESOURCES, Typeset, Typesetter, TypesettingError, UnprintableTextError
from tests.support.page_measure import Document
from tests.support.sample_documents import DETAILS, SEAL_NAME, notice

ROOT = Path(__file__).resolve().parents[3]
FILES = (
    AssociatedFile("elements.cbor", "application/cbor", "签发的要素", bytes(range(256)) * 3),
    AssociatedFile("extract.cbor", "application/cbor", "签名摘录", b"%%EOF\n" * 50),
)
_SET_ALONE = """
import hashlib, sys
from client.typesetting.typeset import Typesetter
from tests.support.sample_documents import DETAILS, SEAL_NAME, notice
from tests.unit.typesetting.test_typesetter import FILES
pdf = Typesetter().typeset(notice(4), DETAILS, sealed=True, seal_name=SEAL_NAME, files=FILES).pdf
sys.stdout.write(hashlib.sha256(pdf).hexdigest())
"""

# Megabytes held after each of twelve long documents.
_SET_MANY = """
import json, random, sys
from pathlib import Path
from client.typesetting.typeset import Typesetter
from tests.support.sample_documents import DETAILS, notice, plain
setter, draw, held = Typesetter(), random.Random(9704), []
for _ in range(12):
    text = "".join(draw.choices("防汛值守工作通知各单位严格落实二十四小时", k=12_000))
    setter.typeset(plain(notice(1, files=0), text, 1), DETAILS, sealed=False)
    held.append(int(Path("/proc/self/statm").read_text().split()[1]) / 256)
sys.stdout.write(json.dumps(held))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
def test_what_was_set_before_is_forgotten() -> None:
    """One such document is 18 MB to the engine, which would keep ten."""
    answer = subprocess.run(
        [sys.executable, "-c", _SET_MANY], cwd=ROOT, capture_output=True, text=True, check=True
    )
    held = json.loads(answer.stdout)
    assert held[-1] - held[2] < 40, held


def test_two_processes_set_the_same_bytes(setter: Typesetter) -> None:
    here = setter.typeset(notice(4), DETAILS, sealed=True, seal_name=SEAL_NAME, files=FILES).pdf
    command = [sys.executable, "-c", _SET_ALONE]
    alone = [
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout for _ in range(2)
    ]
    assert alone == [hashlib.sha256(here).hexdigest()] * 2


def test_threads_take_turns_and_get_their_own_document(setter: Typesetter) -> None:
    titles = [f"锦川市人民政府关于第{number}号工程的通知" for number in range(6)]

    def set_one(title: str) -> str:
        return Document(setter.typeset(notice(2, title=title), DETAILS, sealed=False).pdf).text

    with ThreadPoolExecutor(4) as pool:
        for title, text in zip(titles, pool.map(set_one, titles), strict=True):
            assert title in text


def test_the_file_says_it_is_pdf_a_3b(results: Callable[[str], Typeset]) -> None:
    with pikepdf.open(io.BytesIO(results("two").pdf)) as pdf:
        metadata = pdf.open_metadata()
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "B"
        assert "/OutputIntents" in pdf.Root
        assert not pdf.is_encrypted
        for page in pdf.pages:
            for font in page.resources.get("/Font", {}).values():
                descriptor = font.DescendantFonts[0].FontDescriptor
                assert "/FontFile3" in descriptor or "/FontFile2" in descriptor


def test_files_are_embedded_as_they_are(setter: Typesetter) -> None:
    pdf = setter.typeset(notice(1), DETAILS, sealed=True, seal_name=SEAL_NAME, files=FILES).pdf
    assert embedded_files(pdf) == {file.name: file.data for file in FILES}
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for specification in opened.Root.AF:
            assert specification.AFRelationship == pikepdf.Name.Data


@pytest.mark.parametrize(
    "change",
    [{"number": "锦政发〔2026〕13号"}, {"signed_on": DETAILS.printed_on}, {"printed_on": DETAILS.signed_on}],
)
def test_details_are_printed(setter: Typesetter, change: dict[str, object]) -> None:
    plain = setter.typeset(notice(1), DETAILS, sealed=True, seal_name=SEAL_NAME).pdf
    changed = setter.typeset(notice(1), replace(DETAILS, **change), sealed=True, seal_name=SEAL_NAME).pdf  # type: ignore[arg-type]
    assert plain != changed


@pytest.mark.parametrize(
    "number", ["锦政发[2026]12号", "锦政发〔2026〕012号", "锦政发〔26〕12号", "锦政发〔2026〕第12号", ""]
)
def test_a_number_out_of_form_is_not_printed(setter: Typesetter, number: str) -> None:
    assert not is_number(number)
    with pytest.raises(TypesettingError):
        setter.typeset(notice(1), replace(DETAILS, number=number), sealed=False)


def test_there_is_no_blank_seal(setter: Typesetter) -> None:
    with pytest.raises(TypesettingError):
        setter.typeset(notice(1), DETAILS, sealed=True)


def test_rare_names_are_set_and_what_has_no_glyph_is_refused_by_name(setter: Typesetter) -> None:
    """Never an empty box on a sealed page."""
    rare = "喆昇堃峣祎玥珺翀赟彧璟瑢"
    elements = replace(notice(1), contact=rare)
    assert rare in Document(setter.typeset(elements, DETAILS, sealed=False).pdf).text
    with pytest.raises(UnprintableTextError) as caught:
        setter.typeset(replace(notice(1), contact="😀"), DETAILS, sealed=False)
    assert caught.value.characters == ("😀",)


def test_text_is_text_and_never_markup(setter: Typesetter) -> None:
    """What an author types cannot run in the template."""
    hostile = '#panic("x") *粗* $1/0$ <facts> @a \\ // 注 #read("/etc/passwd")'
    elements = replace(notice(1), title="关于" + hostile, note=hostile)
    text = Document(setter.typeset(elements, DETAILS, sealed=False).pdf).text
    assert hostile.replace(" ", "") in text


def test_a_preview_is_a_picture_of_each_page(setter: Typesetter) -> None:
    pages = setter.render_pages(notice(6), None, ppi=50)
    assert len(pages) == 4
    assert pages[0] != pages[-1]
    picture = Image.open(io.BytesIO(pages[0]))
    assert picture.size == pytest.approx((210 / 25.4 * 50, 297 / 25.4 * 50), abs=2)


def test_preview_of_an_empty_draft_is_a_page(setter: Typesetter) -> None:
    empty = replace(
        notice(1), title="", body=(), main_recipients=(), copy_recipients=(), note="", attachments=()
    )
    assert len(setter.render_pages(empty, None, ppi=40)) == 2


def test_hashes_cover_templates_and_fonts(setter: Typesetter, tmp_path: Path) -> None:
    for path in (RESOURCES / "templates").glob("*.typ"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    copy = Typesetter(templates=tmp_path)
    assert copy.template_hash() == setter.template_hash()
    with (tmp_path / "measures.typ").open("a") as stream:
        stream.write("\n")
    assert copy.template_hash() != setter.template_hash()
    assert len(setter.fonts_hash()) == 32
    assert setter.engine_version().startswith("typst ")


def test_the_machine_s_own_fonts_are_used_only_when_asked_for_and_reported(setter: Typesetter) -> None:
    own = setter.typeset(notice(1), DETAILS, sealed=False)
    installed = Typesetter(FontSet(RESOURCES / "fonts", installed=True)).typeset(
        notice(1), DETAILS, sealed=False
    )
    assert not own.report.installed_fonts
    assert installed.report.installed_fonts
    assert installed.pages == own.pages
