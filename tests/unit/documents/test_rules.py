"""行文规则: each finding of 条例 arts 8–31 that a draft can meet, hard or soft, with its article, and none for a good one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from protocol.directory.organisation import Body, Organisation
from protocol.documents.kinds import Direction, Kind
from protocol.documents.model import Block, Elements, Publicity, RecipientRef
from protocol.documents.rules import RuleFinding, findings
from tests.support.document_town import body
from tests.support.sample_documents import notice

# 省 ← 市 ← 局 ← 站, and 平局 beside 局.
_PARENTS: Final = {"省": None, "市": "省", "局": "市", "平局": "市", "站": "局"}


def _organisation() -> Organisation:
    made = [
        Body(body(n), n, n, n, body(above) if above is not None else None, i, n, "bureau", None)
        for i, (n, above) in enumerate(_PARENTS.items())
    ]
    return Organisation(1, sorted(made, key=lambda entry: entry.id))


ORGANISATION: Final = _organisation()


def to(*names: str) -> tuple[RecipientRef, ...]:
    return tuple(RecipientRef(body(name), name) for name in names)


def draft(kind: Kind = Kind.NOTICE, main: tuple[str, ...] = ("站",), **changes: Any) -> Elements:
    """A draft of 局 no rule has anything against."""
    good = replace(
        notice(3),
        kind=kind,
        issuer_body_id=body("局"),
        title=f"局关于防汛工作的{kind.chinese.split('（')[0]}",
        main_recipients=to(*main),
        copy_recipients=(),
    )
    return replace(good, **changes)


def found(elements: Elements) -> set[tuple[str, str, bool]]:
    return {(f.rule, f.article, f.hard) for f in findings(elements, ORGANISATION)}


HARD, SOFT = True, False
GOOD: Final = [
    draft(),
    draft(Kind.LETTER, ("平局",)),
    draft(Kind.REPORT, ("市",)),
    draft(Kind.REQUEST, ("市",)),
    draft(Kind.REQUEST, ("省",), copy_recipients=to("市")),
    draft(Kind.OPINION, ("市",)),
    draft(Kind.ANNOUNCEMENT, ()),
    draft(Kind.MINUTES, ()),
    draft(Kind.ORDER, title="锦川市人民政府令"),
    draft(Kind.PROPOSAL, ("平局",)),
    draft(publicity=Publicity.WITHHELD, publicity_reason="内部管理"),
    draft(title="局" + "防" * 77 + "通知"),
]


@pytest.mark.parametrize("elements", GOOD, ids=lambda e: e.kind.value)
def test_a_good_draft_meets_no_rule(elements: Elements) -> None:
    assert found(elements) == set()


def body_of(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(0, text) for text in texts)


BROKEN: Final = [
    (draft(title=""), ("title_missing", "9", HARD)),
    (draft(title="局关于防汛工作的函"), ("title_kind", "9", SOFT)),
    (draft(title="局" + "防" * 78 + "通知"), ("title_too_long", "9", SOFT)),
    (draft(body=()), ("body_missing", "9", HARD)),
    (draft(main=()), ("main_recipient_missing", "9", HARD)),
    (draft(publicity=Publicity.WITHHELD, publicity_reason=""), ("publicity_reason", "31", HARD)),
    (draft(title="机密★一年关于防汛工作的通知"), ("classified", "26", HARD)),
    (draft(note="绝密 ★"), ("classified", "26", HARD)),
    (draft(body=body_of("秘密☆")), ("classified", "26", HARD)),
    (
        draft(Kind.REPORT, ("市",), body=body_of("情况如下。", "妥否，请批示。")),
        ("request_in_report", "15-4", HARD),
    ),
    (draft(Kind.REPORT, ("市",), body=body_of("以上请予批准。")), ("request_in_report", "15-4", HARD)),
    (draft(Kind.REQUEST, ("市", "省")), ("one_main_recipient", "15-1", SOFT)),
    (draft(Kind.REPORT, ("市",), title="局关于防汛的请示报告"), ("title_kind", "8", SOFT)),
    (draft(copy_recipients=to("站")), ("recipient_twice", "9", HARD)),
    (draft(copy_recipients=to("局")), ("recipient_self", "9", HARD)),
    (draft(main=("局",)), ("recipient_self", "9", HARD)),
    (draft(Kind.REQUEST, ("市",), copy_recipients=to("站")), ("copy_to_lower", "15-1", HARD)),
    (draft(Kind.REPORT, ("市",), copy_recipients=to("站")), ("copy_to_lower", "15-1", HARD)),
    (draft(Kind.REQUEST, ("平局",)), ("kind_direction", "15", SOFT)),
    (draft(Kind.REPORT, ("站",)), ("kind_direction", "15", SOFT)),
    (draft(Kind.REQUEST, ("省",)), ("level_skipped", "14", SOFT)),
    (draft(Kind.NOTICE, ("市",)), ("kind_direction", "15", SOFT)),
    (draft(Kind.REPLY, ("市",)), ("kind_direction", "15", SOFT)),
]


@pytest.mark.parametrize(("elements", "expected"), BROKEN, ids=lambda v: v[0] if isinstance(v, tuple) else "")
def test_a_broken_rule_is_found_with_its_article(elements: Elements, expected: tuple[str, str, bool]) -> None:
    assert found(elements) == {expected}


def test_every_rule_there_is_was_broken_once() -> None:
    rules = {
        "title_missing title_kind title_too_long body_missing main_recipient_missing publicity_reason classified",
        "request_in_report one_main_recipient recipient_twice recipient_self copy_to_lower kind_direction level_skipped",
    }
    assert {rule for line in rules for rule in line.split()} == {expected[0] for _, expected in BROKEN}


def test_what_blocks_comes_before_what_warns() -> None:
    several = findings(draft(title="", main=("市",), body=(), copy_recipients=to("局")), ORGANISATION)
    assert [f.hard for f in several] == sorted((f.hard for f in several), reverse=True)
    assert {f.hard for f in several} == {True, False}


def test_a_finding_names_the_body_that_was_passed_over() -> None:
    skipped = findings(draft(Kind.REQUEST, ("省",)), ORGANISATION)
    assert skipped == (RuleFinding("level_skipped", "14", hard=False, params=(("body", "市"),)),)


@pytest.mark.parametrize("kind", Kind)
def test_only_what_is_made_public_or_recorded_goes_to_nobody(kind: Kind) -> None:
    free = Direction.PUBLIC in kind.directions or kind is Kind.MINUTES
    assert (("main_recipient_missing", "9", HARD) in found(draft(kind, ()))) == (not free)


def test_a_body_the_organisation_does_not_know_is_no_reason_to_fail() -> None:
    strange = draft(main=("外地",), copy_recipients=to("别处"))
    assert found(strange) == set()
    assert found(replace(strange, issuer_body_id=body("别处"))) == set()
