"""What a search finds: parts of words, whatever they are written together with."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy import text as sql

from client.core.letters import is_searchable, letters, matches, place_in
from client.core.store import search
from tests.unit.core.indexes import Index

# A text, and what must find it.
FOUND = (
    ("限速40km/h", ("40", "限速40", "km", "40 km/h", "40KM/H", "ｋｍ")),
    ("GB/T 9704-2012", ("GB/T9704", "gb/t 9704", "9704", "T9704-2012")),
    ("电话13905715678", ("5678", "1390571", "139 5678")),
    ("see you at the meeting", ("meet", "Meeting", "eting")),
    ("线路10kV改造", ("10 kV", "10kV", "kv")),
    ("建筑面积1200m²", ("1200", "m2", "1200㎡", "m²")),
    ("体积3㎥，共①项", ("m3", "1项", "3 m3")),
    ("张䶮、李𬱖、𠮷田", ("䶮", "𬱖", "𠮷", "李𬱖")),
    ("Straße, Ｃａｆé", ("STRASSE", "cafe\u0301", "cafe", "café")),
    ("cafe", ("café", "CAFÉ")),
    ("Phế, İzmir, ёлка", ("phe", "phế", "izmir", "елка")),
    ("任命王䶮同志", ("王\ue863", "\ue863同志")),
    ("任命王\ue863同志", ("王䶮", "王\ue863")),
    ("가나, ガギ", ("가", "ガ", "ｶﾞ")),
)
MISSED = (
    ("限速40km/h", ("50", "40 mph", "kmh40")),
    ("会议材料", ("材会", "议会", "会 字")),
    ("abc", ("，", "—", "😀", "%")),
    ("王同志", ("王\ue863", "王\ue000同志x")),
    ("か가", ("が", "각")),
    ("100%😀", ("%", "😀")),
)


@pytest.mark.parametrize(("text", "queries"), FOUND)
def test_parts_are_found_by_index_and_filter_alike(
    tmp_path: Path, text: str, queries: tuple[str, ...]
) -> None:
    with Index(tmp_path) as index:
        index.write(lambda c: search.add(c, area="messages", key="a", content=text))
        for query in queries:
            assert index.find(query) == ["a"], query
            assert matches(text, query), query
            assert place_in(text, query) >= 0, query


@pytest.mark.parametrize(("text", "queries"), MISSED)
def test_what_is_not_there_is_not_found(tmp_path: Path, text: str, queries: tuple[str, ...]) -> None:
    with Index(tmp_path) as index:
        index.write(lambda c: search.add(c, area="messages", key="a", content=text))
        for query in queries:
            assert index.find(query) == [], query
            assert not matches(text, query), query


def test_index_and_filter_agree_on_every_letter_there_is(tmp_path: Path) -> None:
    """Each is found by itself and by no other: the tokenizer folds nothing of its own."""
    known = dict.fromkeys(letter for code in range(0x110000) for letter in letters(chr(code)))
    with Index(tmp_path) as index:

        def fill(connection: Connection) -> None:
            rows = [{"place": ord(letter), "content": letter} for letter in known]
            connection.execute(
                sql(
                    "INSERT INTO search (rowid, area, key, content) VALUES (:place, 'messages', '', :content)"
                ),
                rows,
            )

        index.write(fill)
        match = sql("SELECT rowid FROM search WHERE content MATCH :query")
        wrong = index.write(
            lambda c: [
                letter
                for letter in known
                if c.execute(match, {"query": f'"{letter}"'}).scalars().all() != [ord(letter)]
            ]
        )
    assert wrong == []
    assert len(known) > 120_000
    assert all(letters(letter) == [letter] for letter in known)


@given(st.text(max_size=12), st.text(max_size=4))
def test_a_query_is_searchable_when_it_has_a_letter(told: str, query: str) -> None:
    assert is_searchable(query) == bool(letters(query))
    assert is_searchable(query) or not query.strip() or not matches(told, query)


@given(st.text("会议40km/h²ＡｂÉ。 -٣ß㎡𠮷", max_size=30), st.integers(0, 29), st.integers(1, 8))
def test_every_part_of_a_text_matches_it(text: str, start: int, length: int) -> None:
    part = "".join(letters(text))[start : start + length]
    assert matches(text, part)
    # What was indexed once can be indexed anew from its letters.
    assert letters(" ".join(letters(text))) == letters(text)


def test_an_excerpt_begins_where_the_first_part_is() -> None:
    assert place_in("今日限速40km/h", "40 km/h") == 4
    assert place_in("面积1200m²整", "m2") == 6
    assert place_in("面积", "米") == -1


def test_the_index_takes_any_query(tmp_path: Path) -> None:
    with Index(tmp_path) as index:
        index.write(lambda c: search.add(c, area="messages", key="a", content="会议"))
        for query in ('"', "AND", "a*", "会 OR", "NEAR(", "-", "^会", "content:会", ""):
            index.find(query)
        assert index.find("会议") == ["a"]
