"""行文规则 (条例 arts 8–18, 26): what a document may say to whom; each finding names its article.

Hard findings block, soft ones warn ("原则上", "一般"). The text is read on the author's own machine only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.directory.organisation import Organisation
from protocol.documents.kinds import Direction, Kind
from protocol.documents.model import Elements, Publicity

_SECRET_MARK: Final = re.compile(r"(绝密|机密|秘密)\s*[★☆]")
_ASKS: Final = re.compile(
    r"(妥否|当否|可否|是否妥当)[，,]?\s*请(批示|批复|审批|指示)|请予?(审批|批准|批复)。?$"
)
_WANTED_ENDING: Final = re.compile(r"(请示|申请|报告)$")
_UPWARD: Final = frozenset({Kind.REQUEST, Kind.REPORT, Kind.PROPOSAL})
_MOST_TITLE: Final = 80


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule met or broken. `rule` names the sentence in the translations; `article` of the 条例, or of GB/T 9704."""

    rule: str
    article: str
    hard: bool
    params: tuple[tuple[str, str], ...] = ()


def findings(elements: Elements, organisation: Organisation) -> tuple[RuleFinding, ...]:
    """Everything the rules have to say about a draft, hard ones first."""
    found = [
        *_missing(elements),
        *_secrets(elements),
        *_kind_rules(elements),
        *_recipients(elements, organisation),
    ]
    return tuple(sorted(found, key=lambda finding: not finding.hard))


def _missing(elements: Elements) -> Iterator[RuleFinding]:
    if not elements.title:
        yield RuleFinding("title_missing", "9", hard=True)
    elif not elements.title.endswith(_title_endings(elements.kind)):
        yield RuleFinding("title_kind", "9", hard=False, params=(("kind", elements.kind.chinese),))
    if len(elements.title) > _MOST_TITLE:
        yield RuleFinding("title_too_long", "9", hard=False)
    if not elements.body:
        yield RuleFinding("body_missing", "9", hard=True)
    needs_main = Direction.PUBLIC not in elements.kind.directions and elements.kind is not Kind.MINUTES
    if not elements.main_recipients and needs_main:
        yield RuleFinding("main_recipient_missing", "9", hard=True)
    if elements.publicity is Publicity.WITHHELD and not elements.publicity_reason:
        yield RuleFinding("publicity_reason", "31", hard=True)


def _title_endings(kind: Kind) -> tuple[str, ...]:
    """命令（令） is titled 命令 or 令."""
    return tuple(kind.chinese.removesuffix("）").split("（"))


def _secrets(elements: Elements) -> Iterator[RuleFinding]:
    texts = (elements.title, elements.note, *(block.text for block in elements.body))
    if any(_SECRET_MARK.search(text) for text in texts):
        yield RuleFinding("classified", "26", hard=True)


def _kind_rules(elements: Elements) -> Iterator[RuleFinding]:
    tail = [block.text for block in elements.body][-3:]
    if elements.kind is Kind.REPORT and any(_ASKS.search(text) for text in tail):
        yield RuleFinding("request_in_report", "15-4", hard=True)
    if elements.kind is Kind.REQUEST and len(elements.main_recipients) > 1:
        yield RuleFinding("one_main_recipient", "15-1", hard=False)
    subject = elements.title.removesuffix(elements.kind.chinese)
    if elements.kind is not Kind.REQUEST and _WANTED_ENDING.search(subject):
        yield RuleFinding("title_kind", "8", hard=False)


def _recipients(elements: Elements, organisation: Organisation) -> Iterator[RuleFinding]:
    issuer = organisation.bodies.get(elements.issuer_body_id)
    if issuer is None:
        return
    above = organisation.ancestors(issuer.id)
    main = [recipient.body_id for recipient in elements.main_recipients]
    copies = [recipient.body_id for recipient in elements.copy_recipients]
    both = set(main) & set(copies)
    if both:
        yield RuleFinding("recipient_twice", "9", hard=True)
    if issuer.id in {*main, *copies}:
        yield RuleFinding("recipient_self", "9", hard=True)
    if elements.kind in _UPWARD:
        below = [
            body
            for body in copies
            if body in organisation.bodies and issuer.id in organisation.ancestors(body)
        ]
        if below:
            yield RuleFinding("copy_to_lower", "15-1", hard=True)
        # 议案 goes to the people's congress of the same level (art. 8).
        if Direction.LEVEL not in elements.kind.directions and any(body not in above for body in main):
            yield RuleFinding("kind_direction", "15", hard=False)
        over = [body for body in main if body in above and above.index(body) > 0]
        if over and above[0] not in {*main, *copies}:
            name = organisation.bodies[above[0]].short_name
            yield RuleFinding("level_skipped", "14", hard=False, params=(("body", name),))
    elif Direction.UP not in elements.kind.directions and any(body in above for body in main):
        yield RuleFinding("kind_direction", "15", hard=False, params=(("kind", elements.kind.chinese),))
