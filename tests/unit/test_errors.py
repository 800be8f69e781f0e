"""C18: every failure has one stable code, one way on, and a Chinese and an English sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import (
    ErrorCode,
    JinshuError,
    LocalProtocolError,
    Recovery,
    RemoteProtocolError,
    recovery_of,
)

SENTENCES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "resources/translations/errors.json").read_text(encoding="utf-8")
)
PARTS = ("what", "do")
# Words that officials write in Latin letters, too.
LATIN = {"PDF", "UKey", "PIN", "RSA"}
_PARAMETER = re.compile(r"\{(\w+)\}")


def test_no_sentence_is_without_its_code() -> None:
    assert SENTENCES.keys() == {code.value for code in ErrorCode}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_says_what_happened_and_what_to_do_in_both_languages(code: ErrorCode) -> None:
    sentences = SENTENCES[code.value]
    assert sentences.keys() == {"zh_CN", "en"}
    for language in sentences.values():
        assert language.keys() == set(PARTS)
        assert all(language[part].strip() == language[part] != "" for part in PARTS)


@pytest.mark.parametrize("code", ErrorCode)
def test_chinese_is_chinese_and_english_is_english(code: ErrorCode) -> None:
    chinese = " ".join(SENTENCES[code.value]["zh_CN"][part] for part in PARTS)
    english = " ".join(SENTENCES[code.value]["en"][part] for part in PARTS)
    assert set(re.findall(r"[A-Za-z]+", _PARAMETER.sub("", chinese))) <= LATIN
    assert not re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", english)


@pytest.mark.parametrize("code", ErrorCode)
def test_both_languages_name_the_same_facts(code: ErrorCode) -> None:
    named = [
        {name for part in PARTS for name in _PARAMETER.findall(language[part])}
        for language in SENTENCES[code.value].values()
    ]
    assert named[0] == named[1]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_no_two_failures_of_the_verifier_read_alike(language: str) -> None:
    what = [SENTENCES[code.value][language]["what"] for code in ErrorCode if code.value.startswith("verify.")]
    assert len(what) == len(set(what))


@pytest.mark.parametrize("code", ErrorCode)
def test_a_code_is_an_area_and_a_reason(code: ErrorCode) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", code.value)
    assert code.name == code.value.replace(".", "_").upper()


@pytest.mark.parametrize(
    ("code", "recovery"),
    [
        (ErrorCode.SERVER_BUSY, Recovery.RETRY),
        (ErrorCode.NETWORK_UNREACHABLE, Recovery.RETRY),
        (ErrorCode.SESSION_EXPIRED, Recovery.REAUTHENTICATE),
        (ErrorCode.DOCUMENTS_STALE_HEAD, Recovery.USER),
        (ErrorCode.SIGNATURE_INVALID, Recovery.USER),
        (ErrorCode.CERTIFICATE_REVOKED, Recovery.USER),
        (ErrorCode.DIRECTORY_SPLIT_VIEW, Recovery.USER),
        (ErrorCode.WIRE_MALFORMED, Recovery.BUG),
        (ErrorCode.CLIENT_INTERNAL, Recovery.BUG),
    ],
)
def test_what_can_be_done_about_it(code: ErrorCode, recovery: Recovery) -> None:
    assert recovery_of(code) is recovery
    assert JinshuError(code).recovery is recovery


@pytest.mark.parametrize(
    "area", ["signature", "certificate", "directory", "content", "envelope", "verify", "trust"]
)
def test_nothing_that_speaks_of_forgery_is_tried_again_by_itself(area: str) -> None:
    codes = [code for code in ErrorCode if code.value.startswith(f"{area}.")]
    assert codes
    assert not [code for code in codes if recovery_of(code) is Recovery.RETRY]


def test_an_error_shows_its_code_and_its_facts() -> None:
    error = JinshuError(ErrorCode.SYNC_GAP, expected=4, got=6)
    assert str(error) == "sync.gap(expected=4, got=6)"
    assert str(JinshuError(ErrorCode.SYNC_GAP)) == "sync.gap"


def test_both_sides_faults_are_caught_as_one_kind() -> None:
    for kind in (LocalProtocolError, RemoteProtocolError):
        with pytest.raises(JinshuError):
            raise kind(ErrorCode.WIRE_MALFORMED)
