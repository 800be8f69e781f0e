"""The words of the interface: `tr("English source")` speaks the language chosen, Chinese until told otherwise.

The language is the process's, as with Qt's own translators. A widget reads its words once, when it is made; a new
language is shown by making the window anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from client.ui.base.catalogue import ErrorText, LanguageName, error_sentences, sentences

_UNKNOWN_CODE: Final = "client.internal"


class _Chosen:
    """The one piece of state; behind functions so that nobody writes to it by accident."""

    def __init__(self) -> None:
        self.name = LanguageName.CHINESE
        self.translators: list[QTranslator] = []


_chosen: Final = _Chosen()


def language() -> LanguageName:
    """The language in force."""
    return _chosen.name


def set_language(name: LanguageName) -> None:
    """Speak `name` from now on, Qt's own buttons and menus included; widgets already made keep their words."""
    _chosen.name = name
    application = QCoreApplication.instance()
    if application is None:
        return
    for translator in _chosen.translators:
        application.removeTranslator(translator)
    _chosen.translators.clear()
    QLocale.setDefault(QLocale(name.value if name is LanguageName.CHINESE else "en_GB"))
    if name is LanguageName.ENGLISH:
        return
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for file in ("qtbase_zh_CN",):
        translator = QTranslator(application)
        if translator.load(file, folder):
            application.installTranslator(translator)
            _chosen.translators.append(translator)


def tr(source: str, /, **params: object) -> str:
    """`source` in the language in force, `{name}` replaced by `params`.

    A sentence without translation is shown as its source; a test keeps that from happening.
    """
    sentence = sentences(_chosen.name).get(source, source)
    return sentence.format(**params) if params else sentence


def with_keys(words: str, keys: str) -> str:
    """A tooltip that also says the keys, in the brackets of the language."""
    return f"{words}（{keys}）" if _chosen.name is LanguageName.CHINESE else f"{words} ({keys})"


def enumerated(words: Iterable[str]) -> str:
    """Names one after the other, with the comma of the language in force."""
    return tr(", ").join(words)


def error_text(code: str, params: Mapping[str, object] | None = None) -> ErrorText:
    """What happened and what to do, for a code of the errors catalogue; an unknown code gets the general sentence."""
    catalogue = error_sentences()
    texts = catalogue.get(str(code), catalogue[_UNKNOWN_CODE])[_chosen.name.value]
    filled = _Blanks(params or {})
    return ErrorText(texts["what"].format_map(filled), texts["do"].format_map(filled))


class _Blanks(dict[str, object]):
    """A parameter the other side did not send leaves a gap, not a crash while an error is being shown."""

    def __init__(self, params: Mapping[str, object]) -> None:
        super().__init__(params)

    def __missing__(self, _key: str) -> str:
        return "…"
