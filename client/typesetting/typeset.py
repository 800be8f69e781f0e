"""Sets the page of an official document to GB/T 9704-2012 with Typst: a pure function of its inputs, in PDF/A-3b.

Nothing here reads a network, a clock or a key; the same inputs give the same bytes on every machine.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Final

import typst

from client.typesetting.fonts import FontSet
from client.typesetting.sheet import AssociatedFile, Sheet, build_sheet, is_number, printed_text
from protocol.directory.page_settings import Setting
from protocol.documents.model import Elements, IssueDetails

RESOURCES: Final = Path(__file__).resolve().parents[2] / "resources"
# Raised whenever this package sets the same elements otherwise than before with the same templates.
_LAYOUT: Final = 1
_BOTTOM_MM: Final = 262.0
_TOP_MM: Final = 37.0
_HEIGHT_MM: Final = 225.0
_EM_MM: Final = 156 / 28
_STANDARD_LINES: Final = 22
# Lines a page and blank lines above the signature: the plain case, and what is left when nothing else lets text and
# signature share a page (7.3.5.5). In between, lines are kept free at the foot of the page where the text ended.
_PLAIN: Final = ((22, 2), (22, 1))
_ADJUSTED: Final = ((23, 2), (21, 2), (23, 1), (21, 1), (24, 2), (20, 2), (25, 1), (19, 2))
_MOST_FREE_LINES: Final = 9
# The engine keeps the parts of whatever it set until ten further compilations did without them, and after a query drops nothing:
# ten documents of 30,000 characters were 420 MB. Compiling nothing so often after each answer (3 ms) leaves what the next
# setting of the same text looks up, and little else.
_AGEINGS: Final = 2
# A query refuses with the plainer of the two.
_REFUSALS: Final = (typst.TypstError, RuntimeError)


class TypesettingError(ValueError):
    """The page cannot be set."""


class UnprintableTextError(TypesettingError):
    """No font of ours has these characters."""

    def __init__(self, characters: Sequence[str]) -> None:
        super().__init__("no font for " + " ".join(f"U+{ord(char):04X}" for char in characters))
        self.characters = tuple(characters)


class Ending(StrEnum):
    """Where the imprint stands: on the page where the text ends, on the next, or after a blank one."""

    PROBE = "probe"
    SAME = "same"
    NEXT = "next"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class LayoutReport:
    """The choices made beyond the standard's plain case."""

    lines_a_page: int
    blank_lines_above_signature: int
    lines_kept_free: int
    ending: Ending
    installed_fonts: bool
    missing_characters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typeset:
    """A set document."""

    pdf: bytes
    pages: int
    report: LayoutReport


@dataclass(frozen=True, slots=True)
class _Plan:
    lines: int
    blanks: int
    push: int = 0
    push_at: int = 0
    ending: Ending = Ending.PROBE
    pages: int = 0
    unnumbered: int | None = None

    def apply(self, sheet: Sheet) -> Sheet:
        return {
            **sheet,
            "lines": self.lines,
            "blanks": self.blanks,
            "push": self.push,
            "push_at": self.push_at,
            "ending": self.ending.value,
            "unnumbered": self.unnumbered,
        }


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a first setting says about the end of the document; heights in mm from the page's top."""

    text_page: int
    text_y: float
    signature_page: int
    end_page: int
    end_y: float
    imprint_height: float
    block_pages: tuple[int, ...]  # where each block of the body starts


class Typesetter:
    """Keeps a warm compiler; calls from several threads take turns."""

    def __init__(self, fonts: FontSet | None = None, templates: Path | None = None) -> None:
        self._fonts = fonts or FontSet(RESOURCES / "fonts")
        self._templates = templates or RESOURCES / "templates"
        self._lock = threading.Lock()
        self._compiler: typst.Compiler | None = None
        self._nothing: typst.Compiler | None = None

    def typeset(
        self,
        elements: Elements,
        details: IssueDetails,
        *,
        sealed: bool,
        seal_name: str | None = None,
        files: Sequence[AssociatedFile] = (),
    ) -> Typeset:
        """Set the whole document as PDF/A-3b, with `files` embedded.

        Raises:
            TypesettingError: the number is not in the standard's form, a sealed page has no seal name (7.3.5: no blank
                seal), or a character has no glyph.
        """
        if not is_number(details.number):
            raise TypesettingError("the number is not in the form 代字〔年〕n号")
        if sealed and not seal_name:
            raise TypesettingError("a seal without a name")
        sheet = build_sheet(elements, details, sealed=sealed, seal_name=seal_name, files=tuple(files))
        missing = self._fonts.missing(printed_text(sheet))
        if missing and not self._fonts.installed:
            raise UnprintableTextError(missing)
        with self._lock:
            plan = self._plan(sheet)
            pdf = self._compile_pdf(plan.apply(sheet), details.printed_on)
        return Typeset(pdf, plan.pages, self._report(plan, missing))

    def render_pages(
        self, elements: Elements, details: IssueDetails | None, *, ppi: float = 96.0
    ) -> tuple[bytes, ...]:
        """Every page as PNG.

        Raises:
            TypesettingError: the page cannot be set.
        """
        sheet = build_sheet(elements, details, sealed=False, seal_name=None)
        missing = self._fonts.missing(printed_text(sheet))
        if missing and not self._fonts.installed:
            raise UnprintableTextError(missing)
        with self._lock:
            plan = self._plan(sheet)
            try:
                result = self._ready().compile(
                    format="png", ppi=ppi, sys_inputs=self._inputs(plan.apply(sheet))
                )
            except _REFUSALS as error:
                raise TypesettingError("the engine refused the document") from error
            finally:
                self._age()
        images = result if isinstance(result, list) else [result]
        pictures = tuple(image for image in images if isinstance(image, bytes))
        if not pictures:
            raise TypesettingError("no picture")
        return pictures

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters of a text that no page can show here; none where the machine's own fonts are used too."""
        return () if self._fonts.installed else tuple(self._fonts.missing(text))

    def template_hash(self) -> bytes:
        """SHA-256 over the layout's number and the names and bytes of all template files."""
        total = hashlib.sha256(b"jinshu/template/v1" + _LAYOUT.to_bytes(4, "big"))
        for path in sorted(self._templates.glob("*.typ")):
            total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return total.digest()

    def fonts_hash(self) -> bytes:
        """SHA-256 over the font files."""
        return self._fonts.digest

    @staticmethod
    def engine_version() -> str:
        """The engine and its version, as recorded in the extract."""
        return f"typst {version('typst')}"

    def setting(self) -> Setting:
        """What this typesetter sets pages with."""
        return Setting(self.template_hash(), self.fonts_hash(), self.engine_version())

    def _ready(self) -> typst.Compiler:
        if self._compiler is None:
            self._compiler = typst.Compiler(
                input=str(self._templates / "gongwen.typ"),
                root=str(self._templates),
                font_paths=self._fonts.fonts,
                ignore_system_fonts=not self._fonts.installed,
            )
        return self._compiler

    def _age(self) -> None:
        """Let the engine forget what was not used of late."""
        if self._nothing is None:
            self._nothing = typst.Compiler(
                font_paths=self._fonts.fonts, ignore_system_fonts=not self._fonts.installed
            )
        for _ in range(_AGEINGS):
            self._nothing.compile(b" ", format="svg")

    def _compile_pdf(self, sheet: Sheet, day: datetime.date) -> bytes:
        midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
        try:
            result = self._ready().compile(
                format="pdf",
                pdf_standards="a-3b",
                timestamp=int(midnight.timestamp()),
                sys_inputs=self._inputs(sheet),
            )
        except _REFUSALS as error:
            raise TypesettingError("the engine refused the document") from error
        finally:
            self._age()
        if not isinstance(result, bytes):
            raise TypesettingError("no document")
        # The engine ends the file at %%EOF; the line's end keeps a sealing update out of that comment.
        return result + b"\n"

    def _plan(self, sheet: Sheet) -> _Plan:
        plain = {**sheet, "files": []}
        settled = [plan for plan in (self._try(plain, _Plan(*choice)) for choice in _PLAIN) if plan]
        if settled:
            return next((plan for plan in settled if plan.ending is not Ending.BLANK), settled[0])
        facts = self._probe(_Plan(*_PLAIN[0]).apply(plain))
        # The last block that starts on the page where the text ended carries the free lines.
        at = max((i for i, page in enumerate(facts.block_pages) if page <= facts.text_page), default=0)
        kept = (
            _Plan(lines, blanks, push, at)
            for push in range(1, _MOST_FREE_LINES + 1)
            for lines, blanks in _PLAIN
        )
        for choice in (*kept, *(_Plan(*pair) for pair in _ADJUSTED)):
            if plan := self._try(plain, choice):
                return plan
        return _end(facts, _Plan(*_PLAIN[0]))

    def _try(self, sheet: Sheet, probe: _Plan) -> _Plan | None:
        facts = self._probe(probe.apply(sheet))
        return _end(facts, probe) if _text_beside_signature(facts, probe.lines) else None

    def _probe(self, sheet: Sheet) -> _Facts:
        try:
            answer = typst.query(
                str(self._templates / "gongwen.typ"),
                "<facts>",
                field="value",
                root=str(self._templates),
                font_paths=self._fonts.fonts,
                ignore_system_fonts=not self._fonts.installed,
                sys_inputs=self._inputs(sheet),
            )
        except _REFUSALS as error:
            raise TypesettingError("the engine refused the document") from error
        finally:
            self._age()
        found = json.loads(answer)
        facts = {fact["name"]: fact for fact in found}
        return _Facts(
            text_page=facts["text-end"]["page"],
            text_y=facts["text-end"]["y"],
            signature_page=facts["signature"]["page"],
            end_page=facts["content-end"]["page"],
            end_y=facts["content-end"]["y"],
            imprint_height=facts["imprint"]["height"],
            block_pages=tuple(fact["page"] for fact in found if fact["name"] == "block"),
        )

    def _inputs(self, sheet: Mapping[str, object]) -> dict[str, str]:
        installed = "yes" if self._fonts.installed else "no"
        return {"document": json.dumps(sheet, ensure_ascii=False), "installed": installed}

    def _report(self, plan: _Plan, missing: tuple[str, ...]) -> LayoutReport:
        return LayoutReport(plan.lines, plan.blanks, plan.push, plan.ending, self._fonts.installed, missing)


def _end(facts: _Facts, probe: _Plan) -> _Plan:
    """The imprint stands on an even page (GB/T 33476.2, 7.3.1); a blank page before it leaves both unnumbered."""
    page = facts.end_page
    if page % 2:
        return replace(probe, ending=Ending.NEXT, pages=page + 1)
    if facts.end_y + _gap(probe.lines) + facts.imprint_height <= _BOTTOM_MM:
        return replace(probe, ending=Ending.SAME, pages=page)
    return replace(probe, ending=Ending.BLANK, pages=page + 2, unnumbered=page + 1)


def _gap(lines: int) -> float:
    return _EM_MM * 7 / 8 if lines == _STANDARD_LINES else (_HEIGHT_MM - lines * _EM_MM) / (lines - 1)


def _text_beside_signature(facts: _Facts, lines: int) -> bool:
    """Whether two lines of text at least stand on the signature's page."""
    if facts.text_page != facts.signature_page:
        return False
    step = _EM_MM + _gap(lines)
    return facts.text_page == 1 or facts.text_y - _TOP_MM >= 2 * step - _gap(lines) - 0.5
