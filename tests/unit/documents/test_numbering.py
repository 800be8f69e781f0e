"""The ledgers of numbers (C12): one chain for each body, 代字 and year, without a gap and without a second hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.documents.numbering import NUMBER, NumberEntry, chain_id, check_succession, number_text
from protocol.errors import ErrorCode, JinshuError
from tests.support.document_builder import CASE
from tests.support.document_town import NOW, body, digest, post

LINE = NumberEntry(
    body=body("bureau"),
    code="云发改",
    year=2026,
    n=12,
    previous=None,
    case=CASE,
    reserved_until=None,
    state="used",
    post=post("bureau.clerk"),
    at=NOW,
)
LAST = (digest("line 12"), LINE)


def conflict(wanted: NumberEntry, last: tuple[bytes, NumberEntry] | None) -> bool:
    try:
        check_succession(wanted, last)
    except JinshuError as error:
        return (error.code, error.params) == (ErrorCode.NUMBERS_CONFLICT, {"chain": wanted.chain})
    return False


def test_a_number_is_printed_as_the_standard_wants() -> None:
    assert LINE.text == number_text("云发改", 2026, 12) == "云发改〔2026〕12号"
    assert NUMBER.fullmatch(LINE.text)
    for wrong in (
        "云发改[2026]12号",
        "云发改〔2026〕第12号",
        "云发改〔2026〕012号",
        "云发改〔2026〕0号",
        "〔2026〕1号",
    ):
        assert not NUMBER.fullmatch(wrong)


def test_body_code_and_year_each_have_a_ledger_of_their_own() -> None:
    others = [replace(LINE, body=body("finance")), replace(LINE, code="云发改函"), replace(LINE, year=2027)]
    assert LINE.chain == chain_id(body("bureau"), "云发改", 2026)
    assert len({line.chain for line in (LINE, *others)}) == 4
    assert (
        replace(LINE, n=13, previous=digest("x"), post=post("bureau.head"), state="void").chain == LINE.chain
    )


@pytest.mark.parametrize("n", [1, 12, 4711])
def test_a_new_ledger_begins_where_the_paper_one_ended(n: int) -> None:
    assert not conflict(replace(LINE, n=n), None)


def test_a_new_ledger_begins_at_one_at_least_and_after_nothing() -> None:
    assert conflict(replace(LINE, n=0), None)
    assert conflict(replace(LINE, previous=digest("another")), None)


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 40), st.sampled_from([LAST[0], digest("line 11"), None]))
def test_only_the_next_figure_after_the_last_line_is_taken(n: int, previous: bytes | None) -> None:
    assert conflict(replace(LINE, n=n, previous=previous), LAST) == ((n, previous) != (13, LAST[0]))


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=30))
def test_however_clerks_race_the_ledger_has_no_gap(seen: list[int]) -> None:
    """Each clerk numbers after the line he saw, some lines ago."""
    ledger: list[tuple[bytes, NumberEntry]] = []
    for turn, behind in enumerate(seen):
        known = ledger[: len(ledger) - behind] if behind < len(ledger) else []
        last = known[-1] if known else None
        wanted = replace(
            LINE,
            n=last[1].n + 1 if last is not None else 7,
            previous=last[0] if last is not None else None,
        )
        refused = conflict(wanted, ledger[-1] if ledger else None)
        assert refused == (known != ledger)
        if not refused:
            ledger.append((digest(f"line of turn {turn}"), wanted))
    assert [line.n for _, line in ledger] == list(range(7, 7 + len(ledger)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": -1},
        {"n": "12"},
        {"n": True},
        {"year": None},
        {"state": "lost"},
        {"body": post("bureau.head")},
        {"case": body("bureau")},
        {"previous": b"short"},
        {"post": None},
        {"more": 1},
    ],
)
def test_a_line_of_another_shape_is_refused(wrong: dict[str, object]) -> None:
    assert NumberEntry.parse(LINE.value()) == LINE
    with pytest.raises(JinshuError) as caught:
        NumberEntry.parse(LINE.value() | wrong)
    assert caught.value.code is ErrorCode.WIRE_MALFORMED
