"""What 整理 proposes, in the writer's words: the place as it stands and as it would be, and why."""

from __future__ import annotations

from client.documents.rows import Suggestion
from client.ui.base.language import enumerated, tr
from client.ui.base.rows import RowContent
from protocol.documents.corrections import CorrectionRule
from protocol.documents.parts import Part

_AROUND = 3  # characters shown on either side of what changes
_LONGEST = 40


def reason_words(reason: CorrectionRule | Part) -> str:
    """A rule, or the field a part belongs to, in a few words."""
    return {
        CorrectionRule.HEADING: tr("Heading numbers"),
        CorrectionRule.NUMBER_BRACKETS: tr("Brackets in document numbers"),
        CorrectionRule.WIDTH: tr("Full-width punctuation"),
        CorrectionRule.STOP: tr("Full stops"),
        CorrectionRule.ELLIPSIS: tr("Ellipses"),
        CorrectionRule.BRACKETS: tr("Full-width brackets"),
        CorrectionRule.QUOTES: tr("Quotation marks"),
        CorrectionRule.TITLE_MARKS: tr("Title marks"),
        CorrectionRule.DIGITS: tr("Half-width figures"),
        CorrectionRule.SPACE: tr("Indents and empty lines"),
        Part.TITLE: tr("Title"),
        Part.MAIN_RECIPIENTS: tr("Main recipients"),
        Part.ATTACHMENTS: tr("Note of attachments"),
        Part.SIGNATURE: tr("Name of the issuing body"),
        Part.DATE: tr("Date of the document"),
        Part.NOTE: tr("Note"),
    }[reason]


def suggestion_content(suggestion: Suggestion, text: str) -> RowContent:
    """A row of the list: what changes, why, by which clause, in which line."""
    return RowContent(
        title=_moved(suggestion) if isinstance(suggestion.reason, Part) else _changed(suggestion, text),
        detail=tr("{reason} · {source}", reason=_why(suggestion), source=suggestion.source),
        when=tr("Line {number}", number=suggestion.line),
    )


def _changed(suggestion: Suggestion, text: str) -> str:
    if suggestion.reason is CorrectionRule.SPACE:
        spaces = suggestion.before.strip("\n")
        return tr("Remove {count} spaces", count=len(spaces)) if spaces else tr("Remove an empty line")
    before = text[max(suggestion.start - _AROUND, 0) : suggestion.start].rpartition("\n")[2]
    after = text[suggestion.end : suggestion.end + _AROUND].partition("\n")[0]
    return f"{before}{suggestion.before}{after} → {before}{suggestion.after}{after}"


def _moved(suggestion: Suggestion) -> str:
    words = " ".join(suggestion.before.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _why(suggestion: Suggestion) -> str:
    reason = suggestion.reason
    if not isinstance(reason, Part):
        return reason_words(reason)
    if suggestion.missing:
        return _missing(reason, enumerated(suggestion.missing))
    if reason in (Part.SIGNATURE, Part.DATE, Part.ATTACHMENTS):
        return {
            Part.SIGNATURE: tr("Printed by itself from the issuing body"),
            Part.DATE: tr("Printed by itself: the day of signing off"),
        }.get(reason, tr("Printed by itself from the list of attachments"))
    return tr("Goes to the field {field}", field=reason_words(reason))


def _missing(reason: Part, names: str) -> str:
    return {
        Part.ATTACHMENTS: tr("Printed by itself once these are attached: {names}", names=names),
        Part.SIGNATURE: tr("Not the name of your body"),
    }.get(reason, tr("Not among the bodies: {names}", names=names))
