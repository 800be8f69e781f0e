"""What is typed arrives as typed, or its writer is told why not (C43): one module for every field and both ends."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol import characters, text
from protocol.characters import Kind, kind_of
from protocol.errors import ErrorCode, JinshuError
from protocol.text import Fault, FaultKind, Field

_FIELDS = st.sampled_from(list(Field))
# Any code point, surrogates too, and often the troublesome ones.
_TROUBLE = st.sampled_from(
    "\t\n\r\x00\x07\x0b\x1b\x85\u00a0\u00ad\u0301\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u202a"
    "\u202e\u2060\u2066\u2068\u2069\u2800\u3000\u3164\ue000\ue863\ufe0f\ufeff\uffff\U000e0041\U000e0100\U0001f468א ."
)
_ANYTHING = st.text(
    st.characters() | st.characters(categories=["Cs", "Co", "Cf", "Mn"]) | _TROUBLE, max_size=80
)
_EMPTY = "\ufffc\U0001d159"  # signs, but of nothing


@cache
def _of_each_kind() -> Mapping[Kind, str]:
    """Every character there is, as strings: a list of so many is 180 MB, and judging them takes six seconds."""
    found: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for code in range(0x110000):
        found[kind_of(chr(code))].append(code)
    return {kind: "".join(map(chr, codes)) for kind, codes in found.items()}


def _every() -> Iterator[tuple[str, Kind]]:
    return ((char, kind) for kind, chars in _of_each_kind().items() for char in chars)


@cache
def _unseen() -> tuple[str, ...]:
    return tuple(char for char in map(chr, range(0x110000)) if characters.is_ignorable(char))


@pytest.fixture(scope="module")
def _judged() -> None:
    """Beforehand, for what draws from them: drawing must not take so long."""
    _of_each_kind()


def _one_of(kind: Kind) -> st.SearchStrategy[str]:
    chars = _of_each_kind()[kind]
    return st.integers(0, len(chars) - 1).map(chars.__getitem__)


# Characters of every kind alike, and often those that decide about their neighbours.
_NEIGHBOURS = st.sampled_from(
    "\u200d\u180e\ufe0f\u180b\ufe00\U000e0100👨👩☎🏽1#*اᠠ甲海\u0650\u0301\u2800\ufb1d\u0f72 .*…\u2068\u2069א\r\n"
)
_OF_ALL_KINDS = st.lists(
    st.sampled_from(list(Kind)).flatmap(_one_of) | _NEIGHBOURS,
    max_size=40,
).map("".join)
_BIDI = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _read_by_the_first_version(told: str, field: Field) -> bool:
    """What `unpack` and the elements of 0b7cb7c took: written down here as it was, since those clients are still about."""
    lines = told.split("\n") if text.RULES[field].lines else [told]
    clean = not any(
        unicodedata.category(c) in ("Cc", "Cs", "Co") or c in _BIDI for line in lines for c in line
    )
    return clean and len(told) <= 20_000 and unicodedata.is_normalized("NFC", told)


@given(_ANYTHING, _FIELDS)
def test_what_a_field_accepts_every_reader_shows_as_it_is(typed: str, field: Field) -> None:
    try:
        accepted = text.check(typed, field)
    except JinshuError:
        return
    assert _read_by_the_first_version(accepted, field)
    seen = text.shown(accepted, field)
    assert seen.removeprefix("\u2068").removesuffix("\u2069") == accepted


@given(_ANYTHING, _FIELDS)
def test_cleaning_what_is_clean_changes_nothing(typed: str, field: Field) -> None:
    once = text.clean(typed, field)
    assert text.clean(once, field) == once
    assert unicodedata.is_normalized("NFC", once)


@given(_ANYTHING, _FIELDS)
def test_no_letter_is_lost_by_cleaning(typed: str, field: Field) -> None:
    """Every letter, figure and sign of the text is still there, in its order; so are those that cannot go."""

    def seen(told: str) -> str:
        twins = "".join(characters.TWINS.get(c, c) for c in told)
        return "".join(
            c
            for c in unicodedata.normalize("NFD", twins)
            if unicodedata.category(c)[0] in "LNPS" and kind_of(c) is not Kind.WHITE and c not in _EMPTY
        )

    assert seen(text.clean(typed, field)) == seen(typed)


@given(_ANYTHING, _FIELDS)
@example("\x07", Field.TITLE)
def test_a_reader_shows_whatever_a_writer_could_send(sent: str, field: Field) -> None:
    seen = text.shown(sent, field)
    inner = seen.removeprefix("\u2068").removesuffix("\u2069")
    assert not any(c in _BIDI or kind_of(c) in (Kind.UNKNOWN, Kind.HIDDEN) for c in inner)
    assert text.RULES[field].lines or "\n" not in seen
    assert text.shown(seen, field) == seen
    if sent.strip() and not text.RULES[field].lines:
        assert seen or not any(
            unicodedata.category(c)[0] in "LNPSC" and kind_of(c) is not Kind.WHITE for c in sent
        )


@pytest.mark.usefixtures("_judged")
@given(_OF_ALL_KINDS, _FIELDS)
@example("\u05b0\u0f72\u180e\u202e\u200d\u1820\ufb1d\u1161", Field.NAME)
@example("👨\u200d\ufe0f", Field.MESSAGE)
@example("👨\u200d\u2800", Field.NAME)
@example("a\u0301\u200b\u0650\u200d", Field.MESSAGE)
@example("字" * 58 + "👨\u200d👩", Field.GROUP_NAME)
def test_what_was_made_fit_once_stays_as_it_is(sent: str, field: Field) -> None:
    seen, cleaned, name = text.shown(sent, field), text.clean(sent, field), text.file_name(sent)
    assert text.shown(seen, field) == seen
    assert text.clean(cleaned, field) == cleaned
    assert text.file_name(name) == name


@pytest.mark.usefixtures("_judged")
@given(_OF_ALL_KINDS, _FIELDS)
def test_of_whatever_kind_what_is_accepted_is_shown_as_it_is(typed: str, field: Field) -> None:
    try:
        accepted = text.check(typed, field)
    except JinshuError:
        return
    assert text.shown(accepted, field).removeprefix("\u2068").removesuffix("\u2069") == accepted
    assert not accepted or not all(characters.is_ignorable(c) or c.isspace() for c in accepted)


@pytest.mark.parametrize(
    "name", [".\u180b报告", "*\ufe0f", ".\u0301\ufe0f", "con*.", "👨\u200d👩" * 60, "a" * 219 + " b"]
)
def test_a_safe_file_name_is_its_own(name: str) -> None:
    assert text.file_name(text.file_name(name)) == text.file_name(name)


def test_no_text_is_made_of_what_nobody_sees() -> None:
    """Each of Unicode's code points that are drawn as nothing, by itself and twice; as many as Unicode counts."""
    assert len(_unseen()) == 4174
    for char in _unseen():
        assert kind_of(char) not in (Kind.SEEN, Kind.MARK), ascii(char)
        for field in (Field.NAME, Field.MESSAGE, Field.FILE_NAME):
            assert not text.fits(char, field), ascii(char)
            assert not text.fits(char * 2, field), ascii(char)


@pytest.mark.parametrize(
    ("base", "most"),
    [("局长", 240), ("海", 242), ("a", 0), ("☎", 2), ("1", 2), ("ᠠ", 7), ("، ", 0), ("。", 0)],
)
def test_behind_a_letter_only_what_is_registered_for_it_stays(base: str, most: int) -> None:
    """Of all that is drawn as nothing: else two names that look the same would be two."""
    kept = [char for char in _unseen() if text.fits(base + char, Field.NAME)]
    assert len(kept) == most
    selectors = [c for c in kept if kind_of(c) is Kind.SELECTOR]
    assert all(characters.selects(base[-1], c) for c in selectors)
    for char in _unseen():
        if char not in kept and kind_of(char) is not Kind.WHITE:
            assert text.clean(base + char, Field.NAME) == base.strip(), ascii(char)
            assert f"[U+{ord(char):04X}]" in text.shown(base + char, Field.NAME)


def test_what_unicode_has_not_assigned_is_named_to_its_writer_and_drawn_for_its_reader() -> None:
    """But for blocks of emoji and planes of ideographs, which newer phones and input methods write already."""
    for char, kind in _every():
        code = ord(char)
        if unicodedata.category(char) != "Cn" or characters.is_ignorable(char):
            continue
        coming = (
            0x1F000 <= code < 0x1FB00
            or code >> 16 in (2, 3)
            or code in (*range(0x2FF0, 0x3000), *range(0x31C0, 0x31F0))
        )
        if coming and code & 0xFFFE != 0xFFFE:
            assert kind is Kind.SEEN, ascii(char)
        else:
            assert kind is Kind.UNKNOWN, ascii(char)
    (fault,) = text.faults(text.clean("王\u0378", Field.NAME), Field.NAME)
    assert fault == Fault(FaultKind.UNKNOWN_CHARACTER, 1, "\u0378")
    assert text.shown("王\u0378", Field.NAME) == "王[U+0378]"
    newer = "\U0002ebf0\U00031350\U000323b0\U00030ede"  # extensions I, H, J and G
    assert text.fits(newer, Field.NAME)
    assert text.shown(newer, Field.NAME) == newer


@given(_ANYTHING)
def test_a_file_name_is_one_that_every_disk_takes(name: str) -> None:
    safe = text.file_name(name)
    assert safe
    assert len(safe.encode()) <= 220
    assert not set(safe) & set('/\\:*?"<>|\n\t\x00')
    assert safe.strip(". ") == safe
    assert text.file_name(safe) == safe


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("通知\t附件.docx", "通知 附件.docx"),
        ("\u200e合同.pdf", "合同.pdf"),
        ("名单\ue863.xls", "名单䶮.xls"),
        ("..\\..\\a.lnk", "_.._a.lnk"),
        ("CON.txt", "_CON.txt"),
        ("con .txt", "_con .txt"),
        ("NUL", "_NUL"),
        ("COM¹.log", "_COM¹.log"),
        ("报告.", "报告"),
        ("报告. . ", "报告"),
        ("a/b.pdf", "a_b.pdf"),
        ("通知.pdf\n.exe", "通知.pdf_.exe"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a.txt:hidden", "a.txt_hidden"),
        ("re\u0301sume\u0301.pdf", "résumé.pdf"),
        (".bashrc", "bashrc"),
        ("", "_"),
        (". .", "_"),
    ],
)
def test_a_strangers_file_name_becomes_a_safe_one(given_name: str, safe: str) -> None:
    assert text.file_name(given_name) == safe


def test_a_long_file_name_keeps_its_ending_and_whole_characters() -> None:
    safe = text.file_name("𠮷" * 100 + ".docx")
    assert safe.endswith("𠮷.docx")
    assert set(safe) == set("𠮷.docx")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("\u202aD:\\共享\\值班表.xlsx", "D:\\共享\\值班表.xlsx"),
        ("\u200e0416\u200e-5550123", "0416-5550123"),
        ("张三\t123", "张三 123"),
        ("东湖泵站\t2025\t100", "东湖泵站 2025 100"),
        ("\ue863", "䶮"),
        ("re\u0301sume\u0301.pdf", "résumé.pdf"),
        ("一\r\n二\r三\u2028四\u2029五\x0b六", "一\n二\n三\n四\n五\n六"),
        ("王\u200d芳", "王芳"),
        ("👨\u200d👩\u200d👧 ☎\ufe0f", "👨\u200d👩\u200d👧 ☎\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("ㅤ王", "王"),
        ("局长\U000e0002\u2065\ufff0", "局长"),
        ("甲\ufe00乙\u180b丙\ufe0f", "甲乙丙"),
        ("1\ufe0f\u20e3 👁\ufe0f\u200d🗨\ufe0f", "1\ufe0f\u20e3 👁\ufe0f\u200d🗨\ufe0f"),
        ("ᠠ\u180b\u180e\u180e", "ᠠ\u180b\u180e"),
        ("  code\n    indented  ", "code\n    indented"),
    ],
)
def test_a_message_is_cleaned_before_its_writers_eyes(typed: str, sent: str) -> None:
    assert text.clean(typed, Field.MESSAGE) == sent
    assert text.faults(sent, Field.MESSAGE) == ()


def test_a_name_stays_on_one_line_with_single_spaces() -> None:
    assert text.clean("工作组\u2068一\u2069\n\t 组 ", Field.GROUP_NAME) == "工作组一 组"


def test_every_private_character_of_gbk_is_written_as_its_twin() -> None:
    """The codec of the language knows 66 of the 80 of 0xFE50–0xFEA0; the rest are those that GB 18030-2022 moved."""
    codes = [bytes((0xFE, low)) for low in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
    decoded = [code.decode("gb18030") for code in codes]
    twins = [characters.TWINS[chr(0xE815 + place)] for place in range(80)]
    moved = "𠂇𠂉𠃌龴龵龶龷𡗗龸𢦏龹龺𤇾龻"
    assert [t for d, t in zip(decoded, twins, strict=True) if d != t] == list(moved)
    assert len(set(twins)) == 80
    assert all(characters.TWINS[chr(0xE78D + place)] for place in range(10))
    assert Kind.UNKNOWN not in map(kind_of, characters.TWINS.values())


def test_other_private_characters_are_named_with_their_place() -> None:
    assert text.faults("王\ue000芳\ue000\ufffe", Field.NAME) == (
        Fault(FaultKind.UNKNOWN_CHARACTER, 1, "\ue000"),
        Fault(FaultKind.UNKNOWN_CHARACTER, 4, "\ufffe"),
    )


def test_too_long_a_message_is_said_with_its_limit() -> None:
    assert text.faults("字" * 20_000, Field.MESSAGE) == ()
    assert text.faults("字" * 20_001, Field.MESSAGE) == (Fault(FaultKind.TOO_LONG, 20_000, "字", 20_000),)


def test_a_pile_of_marks_is_refused_to_its_writer_and_cut_for_its_reader() -> None:
    piled = "e" + "\u0301" * 19_999
    (fault,) = text.faults(text.clean(piled, Field.MESSAGE), Field.MESSAGE)
    assert (fault.kind, fault.at, fault.most) == (FaultKind.MARKS, 9, 8)
    assert len(text.shown(piled, Field.MESSAGE)) < 12


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("\u200b\u200e ", ErrorCode.TEXT_EMPTY),
        ("字" * 20_001, ErrorCode.TEXT_TOO_LONG),
        ("\ue000", ErrorCode.TEXT_UNKNOWN_CHARACTER),
        ("\ud800", ErrorCode.TEXT_UNKNOWN_CHARACTER),
        ("e" + "\u0301" * 20, ErrorCode.TEXT_MARKS),
    ],
)
def test_what_cannot_go_is_refused_by_its_name(typed: str, code: ErrorCode) -> None:
    with pytest.raises(JinshuError) as refused:
        text.check(typed, Field.MESSAGE)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("sent", "field", "seen"),
    [
        ("\u202aD:\\表.xlsx", Field.MESSAGE, "[U+202A]D:\\表.xlsx"),
        ("a\u202efdp.exe", Field.FILE_NAME, "a[U+202E]fdp.exe"),
        ("通知.pdf\n.exe", Field.FILE_NAME, "通知.pdf[U+000A].exe"),
        ("通知.pdf" + " " * 60 + ".exe", Field.FILE_NAME, "通知.pdf .exe"),
        ("工作组\u2068一\u2069", Field.GROUP_NAME, "工作组[U+2068]一[U+2069]"),
        ("一\u2028二", Field.GROUP_NAME, "一 二"),
        ("一\u2028二", Field.MESSAGE, "一\n二"),
        ("张\u200b三", Field.NAME, "张[U+200B]三"),
        ("张\u200b三", Field.MESSAGE, "张三"),
        ("嗨" + "".join(chr(0xE0000 + c) for c in b"hidden"), Field.MESSAGE, "嗨[U+E0068 +5]"),
        ("\ue000\ue863", Field.MESSAGE, "[U+E000]䶮"),
        ("\U000e0002", Field.MESSAGE, "[U+E0002]"),
        ("局长\U000e0002", Field.NAME, "局长[U+E0002]"),
        ("甲\ufe00", Field.NAME, "甲[U+FE00]"),
        ("甲\u180b", Field.MESSAGE, "甲[U+180B]"),
        ("海\ufe00", Field.NAME, "海\ufe00"),
        ("见图\ufffc", Field.MESSAGE, "见图[U+FFFC]"),
        ("שלום", Field.NAME, "\u2068שלום\u2069"),
    ],
)
def test_what_an_older_client_sent_is_shown_with_its_marks(sent: str, field: Field, seen: str) -> None:
    assert text.shown(sent, field) == seen


def test_one_line_is_shown_at_bounded_length_and_a_file_keeps_its_ending() -> None:
    assert text.shown("名" * 20_000, Field.GROUP_NAME) == "名" * 59 + "…"
    seen = text.shown("名" * 20_000 + ".exe", Field.FILE_NAME)
    assert len(seen) == 200
    assert seen.endswith("….exe")


def test_what_is_taken_as_plain_needs_nothing_done_to_it() -> None:
    """The short way gives the same as the long one, for every character there is."""
    plain = [c for c, _kind in _every() if characters.are_plain(c, lines=True)]
    assert len(plain) > 80_000
    for char in plain:
        assert kind_of(char) is Kind.SEEN or char == "\n"
        assert not characters.is_right_to_left(char)
        assert char not in characters.TWINS


def test_selectors_and_joiners_between_marks_do_not_hide_a_pile() -> None:
    piled = "e" + "\u0301\ufe0f" * 50
    (fault,) = text.faults(text.clean(piled, Field.NAME), Field.NAME)
    assert fault.kind is FaultKind.MARKS
    assert len(text.shown(piled, Field.NAME)) < 12
