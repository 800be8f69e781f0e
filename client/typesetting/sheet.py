"""Turns elements and details into what the template prints: every string ready, nothing decided about pages."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from client.typesetting.title import break_title
from protocol.documents.model import Block, Elements, IssueDetails, Label, Level, RecipientRef

# Beyond this many lines the recipients leave no room for body text on page 1 and move to the imprint (7.3.2).
_MOST_RECIPIENT_LINES: Final = 6
_CHARACTERS_A_LINE: Final = 28
# A note longer than this would run under the seal and gets lines of its own.
_NOTE_BESIDE_SEAL: Final = 13
_TRAILING: Final = "，。、；：,.;: "
_HEADING_LEVELS: Final = (Level.FIRST, Level.SECOND)
_NUMBER: Final = re.compile(r"^([^\s〔]+)〔(20\d\d)〕([1-9]\d*)号$")

Sheet = dict[str, object]


@dataclass(frozen=True, slots=True)
class AssociatedFile:
    """A file embedded in the PDF (PDF/A-3 associated file)."""

    name: str
    media_type: str
    description: str
    data: bytes
    relationship: str = "data"


def build_sheet(
    elements: Elements,
    details: IssueDetails | None,
    *,
    sealed: bool,
    seal_name: str | None,
    files: tuple[AssociatedFile, ...] = (),
) -> Sheet:
    """Everything the template needs but the layout's own choices."""
    recipients, lists = _recipients(elements)
    notes = _notes(elements)
    return {
        "title": elements.title,
        "author": elements.issuer_name,
        "corner": _corner(elements),
        "mark": elements.issuer_name + "文件",
        "number": details.number if details else f"{elements.issuer_code}〔    〕  号",
        "title_lines": list(break_title(elements.title, "\n".join(block.text for block in elements.body))),
        "recipients": recipients,
        "body": [_body_block(block) for block in elements.body],
        "attachments": [_attachment_title(each.name) for each in elements.attachments],
        "signature": elements.signature_name,
        "date": _date(details.signed_on) if details else "    年  月  日",
        "sealed": sealed,
        "seal": seal_name if sealed else None,
        "notes": notes,
        "wide_notes": any(len(note) > _NOTE_BESIDE_SEAL for note in notes),
        "lists": lists,
        "printer": elements.printer_name,
        "printed": (_date(details.printed_on) if details else "    年  月  日") + "印发",
        "files": [_file(each) for each in files],
    }


def is_number(number: str) -> bool:
    """Whether a 发文字号 has the standard's form: 六角括号, full year, no leading zero, no 第."""
    return _NUMBER.match(number) is not None


def printed_text(sheet: Sheet) -> str:
    """Every character the template will print."""
    body = sheet["body"]
    parts = [
        str(sheet[name]) for name in ("mark", "number", "title", "recipients", "signature", "seal", "printer")
    ]
    if isinstance(body, list):
        parts.extend(str(block["heading"]) + str(block["rest"]) for block in body)
    parts.extend(str(sheet[name]) for name in ("attachments", "notes", "lists"))
    return "\n".join(parts)


def _date(day: datetime.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _names(recipients: tuple[RecipientRef, ...]) -> str:
    return "，".join(recipient.name.strip(_TRAILING) for recipient in recipients)


def _recipients(elements: Elements) -> tuple[str, list[list[str]]]:
    main = _names(elements.main_recipients)
    lists: list[list[str]] = []
    if len(main) > _MOST_RECIPIENT_LINES * _CHARACTERS_A_LINE:
        lists.append(["主送：", main + "。"])
        main = ""
    if elements.copy_recipients:
        lists.append(["抄送：", _names(elements.copy_recipients) + "。"])
    return (main + "：" if main else ""), lists


def _corner(elements: Elements) -> list[str]:
    label = "" if elements.label is Label.PUBLIC else elements.label.chinese
    return [text for text in (label, elements.urgency.chinese) if text]


def _notes(elements: Elements) -> list[str]:
    contact = f"联系人：{elements.contact}" if elements.contact else ""
    notes = (text.strip() for text in (elements.note, contact))
    return [
        text if text.startswith("（") and text.endswith("）") else f"（{text}）" for text in notes if text
    ]


def _body_block(block: Block) -> dict[str, object]:
    heading, rest = "", block.text
    if block.level in _HEADING_LEVELS:
        end = block.text.find("。") + 1
        heading, rest = (block.text[:end], block.text[end:]) if end else (block.text, "")
    return {"level": int(block.level), "heading": heading, "rest": rest}


def _attachment_title(name: str) -> str:
    """The name without its file suffix and end punctuation (7.3.4)."""
    suffix = PurePosixPath(name).suffix
    stem = name[: -len(suffix)] if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", suffix) else name
    return stem.rstrip(_TRAILING) or name


def _file(each: AssociatedFile) -> dict[str, object]:
    return {
        "name": each.name,
        "media_type": each.media_type,
        "description": each.description,
        "relationship": each.relationship,
        "data": list(each.data),
    }
