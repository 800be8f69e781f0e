"""Every sentence is there in both languages, and nothing is left over in either."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PySide6.QtWidgets import QDialogButtonBox

from client.ui.base.catalogue import LanguageName, catalogue_files, error_sentences, read_entries, sentences
from client.ui.base.language import enumerated, error_text, set_language, tr
from client.ui.base.resources import RESOURCES
from protocol.errors import ErrorCode

_UI = RESOURCES.parent / "client" / "ui"
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_ALLOWED_LATIN = {"PDF", "DOCX", "docx", "UTF", "SHA", "OFD", "ID", "UKey", "PIN", "PKCS", "RSA"}


def _tr_arguments() -> Iterator[tuple[str, ast.expr]]:
    for path in (*sorted(_UI.rglob("*.py")), _UI.parent / "app.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                yield f"{path.relative_to(_UI.parent)}:{node.lineno}", node.args[0]


def _sources() -> set[str]:
    return {
        arg.value
        for _where, arg in _tr_arguments()
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }


def _fields(sentence: str) -> set[str]:
    return {name for _text, name, _spec, _conv in Formatter().parse(sentence) if name is not None}


def _error_texts(language: str) -> dict[str, str]:
    return {
        f"{code}.{part}": text
        for code, both in error_sentences().items()
        for part, text in both[language].items()
    }


def test_tr_gets_literals_only() -> None:
    odd = [
        where
        for where, arg in _tr_arguments()
        if not (isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    ]
    assert odd == []


def test_every_sentence_has_its_chinese() -> None:
    assert sorted(_sources() - set(sentences(LanguageName.CHINESE))) == []


def test_no_chinese_sentence_is_unused() -> None:
    assert sorted(set(sentences(LanguageName.CHINESE)) - _sources()) == []


def test_no_sentence_stands_in_two_files() -> None:
    seen: dict[str, Path] = {}
    for stem in (LanguageName.CHINESE.value, "errors"):
        for path in catalogue_files(stem):
            for key in read_entries(path):
                assert key not in seen, f"{key!r} stands in {path.name} and {seen[key].name}"
                seen[key] = path


def test_parameters_are_the_same_in_both_languages() -> None:
    odd = {s for s, chinese in sentences(LanguageName.CHINESE).items() if _fields(s) != _fields(chinese)}
    assert odd == set()


def test_no_latin_words_in_chinese() -> None:
    texts = {**sentences(LanguageName.CHINESE), **_error_texts("zh_CN")}
    left = {key: text for key, text in texts.items() if set(_LATIN.findall(_bare(text))) - _ALLOWED_LATIN}
    assert left == {}


def test_no_chinese_in_english() -> None:
    assert {s for s in _sources() if _HAN.search(s)} == set()
    assert {key for key, text in _error_texts("en").items() if _HAN.search(text)} == set()


def test_chinese_uses_chinese_punctuation() -> None:
    texts = {**sentences(LanguageName.CHINESE), **_error_texts("zh_CN")}
    assert {k for k, text in texts.items() if re.search(r"[\u3400-\u9fff][,;:!?()]|亲", _bare(text))} == set()


def test_names_are_set_apart_by_the_comma_of_the_language() -> None:
    assert enumerated(["王芳", "李强"]) == "王芳、李强"
    set_language(LanguageName.ENGLISH)
    assert enumerated(["王芳", "李强"]) == "王芳, 李强"
    written = [path.name for path in sorted(_UI.rglob("*.py")) if '"、"' in path.read_text(encoding="utf-8")]
    assert written == []


def test_every_error_code_has_both_sentences_in_both_languages() -> None:
    catalogue = error_sentences()
    assert {code.value for code in ErrorCode} - set(catalogue) == set()
    assert set(catalogue) - {code.value for code in ErrorCode} == set()
    for code, both in catalogue.items():
        assert set(both) == set(LanguageName), code
        for text in both.values():
            assert set(text) == {"what", "do"}
            assert all(text.values()), code


def test_error_sentences_name_the_same_parameters() -> None:
    odd = [
        code
        for code, both in error_sentences().items()
        if _fields("".join(both["zh_CN"].values())) != _fields("".join(both["en"].values()))
    ]
    assert odd == []


def test_an_unknown_code_and_a_missing_parameter_still_give_a_sentence() -> None:
    assert error_text("future.code").what == error_text("client.internal").what


@pytest.mark.parametrize(("name", "said"), [(LanguageName.CHINESE, "取消"), (LanguageName.ENGLISH, "Cancel")])
def test_our_words_and_qts_own_follow_the_language(name: LanguageName, said: str, qapp: object) -> None:
    set_language(name)
    assert tr("Cancel") == said
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text().replace("&", "") == said
    box.deleteLater()


def _bare(text: str) -> str:
    """Without the names of parameters."""
    return re.sub(r"{\w+}", "", text)
