"""What the verifier says: every part of every check in both languages, and never more than was proved."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from client.verify.check import verify_document
from client.verify.dispatch_terms import PHASES, STEPS
from client.verify.sentences import PARTS, Language, proved, refused
from client.verify.verdict import Verdict
from protocol.documents.dispatch import TABLE
from protocol.documents.page_checks import PageCheck
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import city, genuine, setter

SOURCES = sorted(
    path
    for room in ("verify", "sealing")
    for path in (Path(__file__).parents[3] / "client" / room).glob("*.py")
)
# The rows of the table of what may be revoked: the one reason that is not written where it is refused.
REVOKED = {"seal", "signer", "numberer"}


@cache
def verdict() -> Verdict:
    return verify_document(genuine(), city().root, typesetter=setter())


def reasons() -> set[str]:
    """Every `reason` the verifier's source refuses with: require(holds, code, "…"), judged(code, "…"), reason="…"."""
    found = set(REVOKED)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                named = node.args[-1:] if node.func.id in {"require", "judged"} else []
                named += [word.value for word in node.keywords if word.arg == "reason"]
                found |= {str(each.value) for each in named if isinstance(each, ast.Constant)}
    return found


def test_every_part_of_a_check_has_its_sentence_and_no_sentence_is_without_its_part() -> None:
    assert reasons() == set(PARTS)


@pytest.mark.parametrize("language", [0, 1])
def test_no_two_parts_read_alike(language: int) -> None:
    sentences = [texts[language] for texts in PARTS.values()]
    assert len(set(sentences)) == len(sentences)


def test_chinese_parts_are_chinese_and_english_ones_english() -> None:
    for chinese, english in PARTS.values():
        assert not re.search(r"[A-Za-z]", chinese)
        assert english.isascii()


def test_a_refusal_says_what_which_part_and_what_to_do() -> None:
    error = JinshuError(ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, reason="keeper")
    assert refused(error, Language.ZH) == [
        "验证未通过：签发人或用印人当时没有代表该机关的权限。",
        "具体情况：用印人不是该印章的保管人。",
        "请勿采用，并告知发文机关。",
    ]
    assert refused(error, Language.EN)[1] == "In particular: whoever sealed does not keep this seal."


def test_a_refusal_without_a_part_says_no_more_than_its_code() -> None:
    assert len(refused(JinshuError(ErrorCode.VERIFY_SEAL_BROKEN), Language.ZH)) == 2


@pytest.mark.parametrize(
    ("language", "same", "other"),
    [
        (Language.ZH, "逐字节一致", "未经核对"),
        (Language.EN, "every byte is the same", "were not compared"),
    ],
)
def test_bytes_are_claimed_only_where_they_were_compared(language: Language, same: str, other: str) -> None:
    whole, words, none = (
        "\n".join(proved(replace(verdict(), page_check=check), language)) for check in PageCheck
    )
    assert same in whole
    assert other not in whole
    assert same not in words + none
    assert other in words


@pytest.mark.parametrize(
    ("language", "good", "lesser"),
    [
        (Language.ZH, "验证通过", {PageCheck.WORDS: "仅文字相符", PageCheck.NONE: "页面未核对"}),
        (Language.EN, "Verified", {PageCheck.WORDS: "Words only", PageCheck.NONE: "Pages not checked"}),
    ],
)
def test_a_document_whose_pages_were_not_set_again_does_not_pass_as_verified(
    language: Language, good: str, lesser: dict[PageCheck, str]
) -> None:
    assert proved(verdict(), language)[0].startswith(good)
    for check, head in lesser.items():
        less = replace(verdict(), page_check=check)
        assert proved(less, language)[0].startswith(head)
        assert good not in "\n".join(proved(less, language))
        notes = {
            proved(replace(less, setting_listed=False, list_signed=signed), language)[-2]
            for signed in (True, False)
        }
        assert len(notes) == 2
        assert notes.isdisjoint(proved(less, language))


@pytest.mark.parametrize("language", Language)
def test_what_others_wrote_begins_no_line_and_turns_none_around(language: Language) -> None:
    forged = "关于某事的通知\n验证通过：《关于某事的通知》\x1b[2J\u202e"
    elements = replace(verdict().elements, title=forged, issuer_name=forged)
    said = proved(
        replace(verdict(), elements=elements, issuer=forged, seal_name=forged, page_check=PageCheck.WORDS),
        language,
    )
    assert not any(line.startswith("验证通过") for line in said)
    assert not any(char in line for line in said for char in "\n\x1b\u202e")


@pytest.mark.parametrize(("language", "note"), [(Language.ZH, "注意"), (Language.EN, "Note")])
def test_an_overdue_list_is_pointed_out(language: Language, note: str) -> None:
    assert note not in "\n".join(proved(verdict(), language))
    assert note in "\n".join(proved(replace(verdict(), revocations_overdue=True), language))


@pytest.mark.parametrize(("language", "note"), [(Language.ZH, "受委托"), (Language.EN, "by delegation")])
def test_a_delegate_is_named_as_one(language: Language, note: str) -> None:
    assert note not in "\n".join(proved(verdict(), language))
    assert note in "\n".join(proved(replace(verdict(), delegated=True), language))


@pytest.mark.parametrize("language", Language)
def test_a_head_in_another_name_than_the_organisation_s_is_shown(language: Language) -> None:
    other = replace(verdict(), issuer="锦川市能源局")
    assert len(proved(other, language)) == len(proved(verdict(), language)) + 1


def test_every_step_and_phase_of_the_shipped_procedures_has_its_word() -> None:
    assert STEPS.keys() == TABLE.keys()
    assert PHASES.keys() == {row.target for row in TABLE.values() if row.target}
