"""整理 proposes what has a field of its own only where the field can take it, and makes nothing but what is chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.documents.drafts import EMPTY
from client.documents.rows import Suggestion
from client.documents.tidying import printed_twice, suggestions, tidied
from protocol.directory.organisation import Body, Organisation
from protocol.documents.corrections import CorrectionRule, corrections
from protocol.documents.parts import Part


def body(number: int, name: str, short: str) -> Body:
    return Body(f"bdy_{number}", str(number), name, short, None, number, "", "bureau", None)


ISSUER = body(1, "云江市发展和改革委员会", "市发展改革委")
FINANCE = body(2, "云江市财政局", "市财政局")
COUNTY = body(3, "清河县人民政府", "清河县政府")
TWINS = (body(4, "东城区办公室", "办公室"), body(5, "西城区办公室", "办公室"))
ORGANISATION = Organisation(1, [ISSUER, FINANCE, COUNTY, *TWINS])


def proposed(text: str, *files: str, title: str = "", note: str = "") -> tuple[Suggestion, ...]:
    form = replace(EMPTY, body_text=text, title=title, note=note)
    return suggestions(form, ISSUER, ORGANISATION, files)


def part(found: tuple[Suggestion, ...], wanted: Part) -> Suggestion:
    (only,) = (each for each in found if each.reason is wanted)
    return only


def test_recipients_are_known_by_name_and_by_short_name() -> None:
    found = part(proposed("清河县人民政府，市财政局：\n请照办。"), Part.MAIN_RECIPIENTS)
    assert (found.values, found.missing, found.advised) == ((COUNTY.id, FINANCE.id), (), True)


def test_a_recipient_nobody_knows_is_named_and_nothing_is_advised() -> None:
    found = part(proposed("市财政局、各县（市、区）人民政府、办公室：\n请照办。"), Part.MAIN_RECIPIENTS)
    assert (found.values, found.advised) == ((FINANCE.id,), False)
    assert found.missing == ("各县（市、区）人民政府", "办公室"), "two bodies are called 办公室"


def test_a_line_that_names_no_body_is_no_line_of_recipients() -> None:
    assert proposed("同志们：\n请照办。") == ()


@pytest.mark.parametrize(
    ("signature", "advised"),
    [("云江市发展和改革委员会", True), ("市发展改革委", True), ("云江市财政局", False)],
)
def test_only_the_own_name_is_taken_away_as_signature(signature: str, advised: bool) -> None:
    found = part(proposed(f"请照办。\n{signature}\n2026年11月18日"), Part.SIGNATURE)
    assert found.advised is advised


def test_a_note_of_attachments_goes_only_when_all_are_attached() -> None:
    text = "请照办。\n附件：1.任务分解表\n2.联系人名单"
    missing = part(proposed(text, "任务分解表.xlsx"), Part.ATTACHMENTS)
    assert (missing.advised, missing.missing) == (False, ("联系人名单",))
    assert part(proposed(text, "任务分解表.xlsx", "联系人名单.docx"), Part.ATTACHMENTS).advised


def test_a_title_or_note_that_is_written_already_is_not_replaced_unasked() -> None:
    text = "关于养护的通知\n请照办。\n（此件公开发布）"
    assert part(proposed(text), Part.TITLE).advised
    assert part(proposed(text, title="关于养护的通知"), Part.TITLE).advised
    assert not part(proposed(text, title="另一标题"), Part.TITLE).advised
    assert not part(proposed(text, note="另一附注"), Part.NOTE).advised


def test_what_would_be_printed_twice_is_said_by_its_lines() -> None:
    form = replace(EMPTY, body_text="请照办。\n\n云江市发展和改革委员会\n2026年11月18日")
    (finding,) = printed_twice(form, ISSUER, ORGANISATION, ())
    assert (finding.hard, finding.params) == (False, {"lines": "3、4"})
    assert printed_twice(replace(EMPTY, body_text="请照办。"), ISSUER, ORGANISATION, ()) == ()


def test_lines_are_counted_as_the_writer_counts_them() -> None:
    found = proposed("请照办。\n\n各县,各部门.")
    assert [(each.line, each.reason) for each in found if each.reason is not CorrectionRule.SPACE] == [
        (3, CorrectionRule.WIDTH),
        (3, CorrectionRule.STOP),
    ]


def test_parts_go_with_their_lines_and_the_rest_stays_together() -> None:
    text = "关于养护的通知\n\n市财政局：\n　　请照办,\n附件：1.任务分解表\n\n云江市发展和改革委员会\n2026年11月18日\n（此件公开发布）\n"
    found = proposed(text, "任务分解表.xlsx")
    assert tidied(text, [each for each in found if each.advised]) == "请照办，"
    date = part(found, Part.DATE)
    assert tidied(text, [date]) == text.replace("\n2026年11月18日", "").strip("\n")
    assert tidied(text, []) == text


typed = st.lists(
    st.sampled_from(
        [
            "关于养护的通知",
            "市财政局：",
            "请照办,谢谢.",
            "",
            "　　一.要求",
            "附件：1.表",
            "2.单",
            "市发展改革委",
            "2026年11月18日",
            "（此件公开发布）",
            '𠮷"a"字',
        ]
    ),
    max_size=12,
).map("\n".join)


@given(typed, st.data())
def test_what_is_chosen_is_made_and_nothing_else(text: str, data: st.DataObject) -> None:
    found = proposed(text, "表.xlsx")
    for each in found:
        assert text[each.start : each.end] == each.before
    chosen = [each for each in found if data.draw(st.booleans())]
    result = tidied(text, chosen)
    kept = [line for line in text.split("\n") if line.strip()]
    for each in chosen:
        if each.moves:
            for line in each.before.split("\n"):
                if line.strip():
                    kept.remove(line)
    assert len([line for line in result.split("\n") if line.strip()]) == len(kept)
    everything = tidied(text, [each for each in found if not each.moves])
    assert corrections(everything) == ()
