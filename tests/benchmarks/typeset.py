"""How long a page takes: our typesetter cold and warm, beside bare Typst and LibreOffice on the same text in the same run.

`python -m tests.benchmarks.typeset`; the last line printed is one JSON object, times in milliseconds.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cbor2
import docx
import typst

from client.typesetting.fonts import FontSet
from client.typesetting.typeset import RESOURCES, Typesetter
from protocol.documents.model import Elements
from protocol.documents.plain_text import parse
from tests.support.sample_documents import DETAILS, SEAL_NAME, SENTENCE, notice, plain

ROOT = Path(__file__).resolve().parents[2]
WARM_ROUNDS = 15
COLD_ROUNDS = 5
OFFICE_ROUNDS = 3
_OWN_PROPOSAL = "\n".join(
    ["总体规划建议", *(f"{mark}{SENTENCE * 3}" for mark in ("一、", "（一）", "1.", "（1）") * 5)]
)


def main() -> None:
    """Run everything and print the result."""
    texts = {"notice_2_pages": plain(notice(1, files=1), SENTENCE, 9), "planning_proposal": proposal()}
    result: dict[str, object] = {
        "benchmark": "typeset",
        "unit": "ms",
        "planning_proposal_from": proposal_source(),
    }
    for name, elements in texts.items():
        result[name] = measure(elements)
        sys.stdout.write(f"{name}: {result[name]}\n")
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def proposal_path() -> Path | None:
    """A real paper by a city's planners, where the data lies beside the checkout."""
    folder = Path(os.environ.get("JINSHU_DATA", ROOT.parent / "shared" / "data"))
    path = folder / "planning-proposal.txt"
    return path if path.is_file() else None


def proposal_source() -> str:
    """Which text was measured, for the report."""
    return "planning-proposal.txt" if proposal_path() else "the benchmark's own text"


def proposal() -> Elements:
    """The planners' paper as a 通知."""
    path = proposal_path()
    text = parse(path.read_text("utf-8") if path else _OWN_PROPOSAL)
    return replace(notice(1, title=text.title), body=text.blocks)


def measure(elements: Elements) -> dict[str, object]:
    """All figures of one text."""
    setter = Typesetter()
    pages = setter.typeset(elements, DETAILS, sealed=True, seal_name=SEAL_NAME).pages
    return {
        "pages": pages,
        "warm": warm(lambda title: set_once(setter, elements, title)),
        "warm_preview_96_dpi": warm(lambda title: preview_once(setter, elements, title)),
        "cold_process": cold(_COLD_OURS, cbor2.dumps(elements.to_cbor_value())),
        "bare_typst_warm": bare_warm(elements),
        "bare_typst_cold_process": cold(_COLD_BARE, bare_source(elements.title, elements)),
        "libreoffice_process": office(elements),
    }


def set_once(setter: Typesetter, elements: Elements, title: str) -> None:
    """One document, sealed, as PDF/A-3b."""
    setter.typeset(replace(elements, title=title), DETAILS, sealed=True, seal_name=SEAL_NAME)


def preview_once(setter: Typesetter, elements: Elements, title: str) -> None:
    """The pages as pictures, as the compose page asks for them."""
    setter.render_pages(replace(elements, title=title), DETAILS)


def warm(run: Callable[[str], None]) -> dict[str, float]:
    """Times of runs in one process, each with a title not seen before, as someone types it."""
    run("关于做好有关工作的通知")
    times = []
    for number in range(WARM_ROUNDS):
        start = time.perf_counter()
        run(f"关于做好第{number}项工作的通知")
        times.append(1000 * (time.perf_counter() - start))
    return {"p50": round(statistics.median(times), 1), "worst": round(max(times), 1)}


def bare_source(title: str, elements: Elements) -> bytes:
    """The same text with Typst alone: page, font, paragraphs, nothing of the standard."""
    head = '#set page(paper: "a4")\n#set text(font: ("FandolFang R", "Noto Serif CJK SC"), size: 16pt, lang: "zh")\n'
    body = "\n\n".join(f"#text({json.dumps(block.text, ensure_ascii=False)})" for block in elements.body)
    return f"{head}#align(center, text(size: 22pt, {json.dumps(title, ensure_ascii=False)}))\n\n{body}\n".encode()


def bare_warm(elements: Elements) -> dict[str, float]:
    """Typst alone in one process."""
    fonts = FontSet(RESOURCES / "fonts").fonts
    compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
    return warm(lambda title: _discard(compiler.compile(input=bare_source(title, elements), format="pdf")))


# What a cold process runs: imports, fonts, one document; nothing of the benchmark itself.
_COLD_OURS = """
import datetime, sys
import cbor2
from client.typesetting.typeset import Typesetter
from protocol.documents.model import Elements, IssueDetails
elements = Elements.from_cbor_value(cbor2.load(open(sys.argv[1], "rb")))
details = IssueDetails("锦政发〔2026〕12号", datetime.date(2026, 11, 3), datetime.date(2026, 11, 5))
Typesetter().typeset(elements, details, sealed=True, seal_name="锦川市人民政府")
"""
_COLD_BARE = """
import sys
import typst
fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=["resources/fonts"])
typst.compile(open(sys.argv[1], "rb").read(), font_paths=fonts, format="pdf")
"""


def cold(code: str, data: bytes) -> dict[str, float]:
    """Times of whole processes."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input")
        path.write_bytes(data)
        for _ in range(COLD_ROUNDS):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=True)
            times.append(1000 * (time.perf_counter() - start))
    return {"p50": round(statistics.median(times), 1), "worst": round(max(times), 1)}


def office(elements: Elements) -> dict[str, float] | None:
    """LibreOffice, a process a document, from docx; None where it is not installed."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        return None
    times = []
    with tempfile.TemporaryDirectory() as folder:
        document = docx.Document()
        document.add_heading(elements.title or "通知", 0)
        for block in elements.body:
            document.add_paragraph(block.text)
        document.save(str(Path(folder, "text.docx")))
        command = [
            program,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            "pdf",
        ]
        command += ["--outdir", folder, str(Path(folder, "text.docx"))]
        # The first run makes the profile and is not counted.
        for number in range(OFFICE_ROUNDS + 1):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if number:
                times.append(1000 * (time.perf_counter() - start))
    return {"p50": round(statistics.median(times), 1), "worst": round(max(times), 1)}


def _discard(_: object) -> None:
    return


if __name__ == "__main__":
    main()
