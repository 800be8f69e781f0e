"""What the verifier says: every part of every check in both languages, and never more than was proved."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from client.verify.check import verify_document
from client.verify.sentences import PARTS, Language, proved, refused
from client.verify.verdict import Verdict
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import city, genuine, setter

SOURCES = sorted((Path(__file__).parents[3] / "client/verify").glob("*.py"))
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
        (Language.ZH, "逐字节一致", "未能逐字节比对"),
        (Language.EN, "every byte is the same", "were not compared"),
    ],
)
def test_bytes_are_claimed_only_where_they_were_compared(language: Language, same: str, other: str) -> None:
    whole, words = (
        "\n".join(proved(replace(verdict(), retypeset=retypeset), language)) for retypeset in (True, False)
    )
    assert same in whole
    assert other not in whole
    assert same not in words
    assert other in words


@pytest.mark.parametrize(
    ("language", "good", "lesser"),
    [(Language.ZH, "验证通过", "仅文字相符"), (Language.EN, "Verified", "Words only")],
)
def test_a_document_of_which_only_the_words_were_compared_does_not_pass_as_verified(
    language: Language, good: str, lesser: str
) -> None:
    words = replace(verdict(), retypeset=False)
    assert proved(verdict(), language)[0].startswith(good)
    assert proved(words, language)[0].startswith(lesser)
    assert good not in "\n".join(proved(words, language))
    unknown = replace(words, setting_released=False)
    assert len(proved(unknown, language)) == len(proved(words, language)) + 1


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
