"""What other people wrote is never markup, path or file name (C43): whatever of Qt could take it for one is used in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What takes text for HTML or Markdown, or offers a name for a file, and the files that make it safe.
MARKUP: Final = {
    "setToolTip": {"client/ui/base/tips.py", "client/ui/window/tray.py"},
    "QToolTip": {"client/ui/base/tips.py"},
    "ToolTipRole": set[str](),
    "WhatsThisRole": set[str](),
    "StatusTipRole": set[str](),
    "setWhatsThis": set[str](),
    "QWhatsThis": set[str](),
    "setStatusTip": set[str](),
    "showMessage": {"client/ui/window/tray.py"},
    "QMessageBox": {"client/app.py"},
    "QErrorMessage": set[str](),
    "QInputDialog": set[str](),
    "QProgressDialog": set[str](),
    "QTextEdit": {"client/ui/meetings/key_watch.py"},
    "QTextBrowser": set[str](),
    "QTextDocument": set[str](),
    "QStaticText": set[str](),
    "QWebEngineView": set[str](),
    "setHtml": set[str](),
    "insertHtml": set[str](),
    "appendHtml": set[str](),
    "setMarkdown": set[str](),
    "fromHtml": set[str](),
    "fromMarkdown": set[str](),
    "RichText": set[str](),
    "AutoText": set[str](),
    "MarkdownText": set[str](),
    "setOpenExternalLinks": set[str](),
    "openUrl": {"client/ui/settings/about.py"},  # the profile's own folder, chosen by nobody else
    "getSaveFileName": {"client/ui/widgets/save_dialog.py"},
    "getSaveFileUrl": set[str](),
    "setDefaultSuffix": set[str](),
    "selectFile": set[str](),
}
# What takes a letter of its words for a shortcut, and the files that double the mark for it (`plain_label`) or give it no words.
SHORTCUTS: Final = {
    "QAbstractButton": {"client/ui/widgets/buttons.py"},
    "QPushButton": {"client/ui/widgets/buttons.py"},
    "QToolButton": {"client/ui/widgets/buttons.py"},
    "QCheckBox": {"client/ui/widgets/buttons.py"},
    "QRadioButton": {"client/ui/widgets/buttons.py"},
    "QCommandLinkButton": set[str](),
    "QDialogButtonBox": set[str](),
    "QAction": {
        "client/ui/widgets/menu.py",
        "client/ui/widgets/search_field.py",
    },  # the latter's is a drawing
    "QWidgetAction": set[str](),
    "addAction": {"client/ui/widgets/menu.py", "client/ui/widgets/search_field.py"},
    "addActions": set[str](),
    "insertAction": set[str](),
    "addMenu": set[str](),
    "addSection": set[str](),
    "QMenuBar": set[str](),
    "QTabBar": set[str](),
    "QTabWidget": set[str](),
    "addTab": set[str](),
    "setTabText": set[str](),
    "QToolBox": set[str](),
    "QGroupBox": set[str](),
    "QDockWidget": set[str](),
    "QFormLayout": set[str](),  # makes labels with buddies itself
    # Of a `Text`, which doubles it.
    "setBuddy": {
        "client/ui/documents/opinion_box.py",
        "client/ui/documents/send_bar.py",
        "client/ui/meetings/device_field.py",
        "client/ui/widgets/form.py",
        "client/ui/widgets/text.py",
    },
}
# A label decides by its text whether that is HTML. These hold a picture only, or say that theirs is plain.
LABELS: Final = {
    "client/ui/messaging/comparison.py",
    "client/ui/verdict/window.py",
    "client/ui/widgets/card.py",
    "client/ui/widgets/chip.py",
    "client/ui/widgets/empty_state.py",
    "client/ui/widgets/file_strip.py",
    "client/ui/widgets/notice.py",
    "client/ui/widgets/page_view.py",
    "client/ui/widgets/text.py",
    "client/ui/window/status_line.py",
}


def names_in(source: str) -> Iterator[str]:
    """Every name a file calls, imports or looks up."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def names_of_files() -> dict[str, frozenset[str]]:
    return {
        str(path.relative_to(ROOT)): frozenset(names_in(path.read_text(encoding="utf-8")))
        for path in (ROOT / "client").rglob("*.py")
    }


def files_with(name: str) -> set[str]:
    return {path for path, names in names_of_files().items() if name in names}


@pytest.mark.parametrize("name", sorted(MARKUP))
def test_nothing_takes_words_for_markup_or_a_path_but_in_its_one_place(name: str) -> None:
    assert files_with(name) == MARKUP[name]


@pytest.mark.parametrize("name", sorted(SHORTCUTS))
def test_nothing_takes_a_letter_of_words_for_a_shortcut_but_where_the_mark_is_doubled(name: str) -> None:
    assert files_with(name) == SHORTCUTS[name]


def test_labels_are_made_where_they_are_said_to_be_plain() -> None:
    assert {path for path in files_with("QLabel") if _makes_labels(path)} <= LABELS


@pytest.mark.parametrize("path", sorted(LABELS))
def test_each_of_these_labels_is_plain_or_is_given_no_text(path: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    assert "PlainText" in source or not _label_texts(source)


def _makes_labels(path: str) -> bool:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    made = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    bases = (base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases)
    return any(isinstance(each, ast.Name) and each.id == "QLabel" for each in (*made, *bases))


def _label_texts(source: str) -> list[ast.expr]:
    """What the labels a file makes are given to show when they are made."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    made = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "QLabel")
    first = (call.args[0] for call in made if call.args)
    return [
        each for each in first if not (isinstance(each, ast.Name) and each.id in ("self", "parent", "cell"))
    ]
