"""The hands of the story: finds widgets by accessible name in one client's process and sends mouse and key events.

It must not import any service of the client: what the story cannot do with mouse and keyboard, a user cannot do.
Commands come as JSON lines on standard input, answers go to standard output.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QTextEdit,
    QTreeView,
    QWidget,
)

# About a word in 30 seconds.
_TRIES_A_WORD: Final = 1000
Command = dict[str, Any]


class NotFoundError(Exception):
    """No visible, enabled widget answers to the name (yet)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a view."""

    view: QAbstractItemView
    index: QModelIndex


def visible_widgets() -> list[QWidget]:
    """Every widget a user could see now, those of a question that stands open and of pop-ups first."""
    tops = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    tops.sort(key=lambda w: w.windowType() != Qt.WindowType.Popup)
    found: list[QWidget] = []
    for top in tops:
        found.append(top)
        found.extend(w for w in top.findChildren(QWidget) if w.isVisible())
    return sorted(found, key=lambda w: not _asking(w))


def _asking(widget: QWidget) -> bool:
    """Whether a widget belongs to a question over its window."""
    parents = type(widget.parentWidget()).__mro__
    return any(kind.__name__ == "Question" for kind in parents)


def find(name: str, kind: type[QWidget] = QWidget, *, enabled: bool = True) -> QWidget:
    """The visible widget of that accessible name (or a button's text)."""
    for widget in visible_widgets():
        if not isinstance(widget, kind) or (enabled and not widget.isEnabled()):
            continue
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if name in (widget.accessibleName(), text):
            return widget
    raise NotFoundError(name)


def find_row(view_name: str, text: str) -> Found:
    """The first row of a view in which some cell's text contains `text`."""
    view = find(view_name, QAbstractItemView)
    assert isinstance(view, QAbstractItemView)
    model = view.model()
    if model is not None:
        for index in _indexes(model, QModelIndex()):
            shown = " ".join(
                str(index.data(role) or "")
                for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            )
            if text in shown:
                return Found(view, index)
    raise NotFoundError(f"{view_name}: {text}")


def _indexes(model: QAbstractItemModel, parent: QModelIndex) -> list[QModelIndex]:
    found = []
    for row in range(model.rowCount(parent)):
        # A list model has one column, and keeps the question private.
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
        for column in range(columns):
            index = model.index(row, column, parent)
            found.append(index)
            if column == 0:
                found.extend(_indexes(model, index))
    return found


def reveal(widget: QWidget) -> None:
    """Scroll until the widget is in view, as a user would."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()


def click(command: Command) -> None:
    widget = find(str(command["name"]))
    reveal(widget)
    if isinstance(widget, QCheckBox | QRadioButton):
        # Only the box and its words can be hit, not the room beside them.
        place = QPoint(8, widget.height() // 2)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        return
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def tick(command: Command) -> None:
    """Tick a box that is not ticked."""
    box = find(str(command["name"]), QCheckBox)
    assert isinstance(box, QCheckBox)
    if not box.isChecked():
        click(command)


def click_row(command: Command) -> None:
    found = find_row(str(command["name"]), str(command["text"]))
    if isinstance(found.view, QTreeView):
        parent = found.index.parent()
        while parent.isValid():
            found.view.expand(parent)
            parent = parent.parent()
    found.view.scrollTo(found.index)
    viewport = found.view.viewport()
    place = found.view.visualRect(found.index).center()
    if command.get("check"):
        place = found.view.visualRect(found.index).topLeft() + QPoint(
            10, found.view.visualRect(found.index).height() // 2
        )
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    if command.get("double"):
        QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def type_text(command: Command) -> None:
    """Type into a field; what a keyboard has no keys for arrives as an input method sends it."""
    widget = find(str(command["name"]))
    reveal(widget)
    widget.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.mouseClick(_typing_area(widget), Qt.MouseButton.LeftButton)
    if command.get("clear", True):
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Delete)
    for number, line in enumerate(str(command["text"]).split("\n")):
        if number:
            QTest.keyClick(widget, Qt.Key.Key_Return)
        _commit(widget, line)


def paste(command: Command) -> None:
    """Paste a text from the clipboard with the keyboard."""
    widget = find(str(command["name"]))
    reveal(widget)
    QTest.mouseClick(_typing_area(widget), Qt.MouseButton.LeftButton)
    QApplication.clipboard().setText(str(command["text"]))
    QTest.keyClick(widget, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def _typing_area(widget: QWidget) -> QWidget:
    return widget.viewport() if isinstance(widget, QTextEdit | QPlainTextEdit) else widget


def _commit(widget: QWidget, text: str) -> None:
    from PySide6.QtGui import QInputMethodEvent  # only typing needs it

    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(widget, event)


def choose(command: Command) -> None:
    """Choose an entry of a combo box with the keyboard."""
    combo = find(str(command["name"]), QComboBox)
    assert isinstance(combo, QComboBox)
    reveal(combo)
    wanted = str(command["text"])
    target = next((i for i in range(combo.count()) if wanted in combo.itemText(i)), None)
    if target is None:
        raise NotFoundError(f"{command['name']}: {wanted}")
    combo.setFocus()
    for _ in range(combo.count()):
        if combo.currentIndex() == target:
            return
        QTest.keyClick(combo, Qt.Key.Key_Down if combo.currentIndex() < target else Qt.Key.Key_Up)
    raise NotFoundError(f"{command['name']}: {wanted}")


def key(command: Command) -> None:
    widget = (
        find(str(command["name"]))
        if "name" in command
        else QApplication.activeWindow() or visible_widgets()[0]
    )
    modifiers = Qt.KeyboardModifier.NoModifier
    for modifier in command.get("modifiers", []):
        modifiers |= getattr(Qt.KeyboardModifier, f"{modifier}Modifier")
    QTest.keyClick(widget, getattr(Qt.Key, f"Key_{command['key']}"), modifiers)


def drop_files(command: Command) -> None:
    """Drop files onto a widget, as from a file manager."""
    from PySide6.QtCore import QMimeData, QUrl  # only dropping needs them
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    widget = find(str(command["name"]))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(Path(p).resolve())) for p in command["paths"]])
    place = widget.rect().center()
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QDragEnterEvent(place, Qt.DropAction.CopyAction, data, buttons, modifiers))
    QApplication.sendEvent(widget, QDropEvent(place, Qt.DropAction.CopyAction, data, buttons, modifiers))


def read(command: Command) -> str:
    """What a widget shows."""
    widget = find(str(command["name"]), enabled=False)
    if isinstance(widget, QLabel | QLineEdit | QAbstractButton):
        return widget.text()
    if isinstance(widget, QTextEdit | QPlainTextEdit):
        return widget.toPlainText()
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QAbstractItemView):
        model = widget.model()
        return "\n".join(
            str(i.data() or i.data(Qt.ItemDataRole.AccessibleTextRole) or "")
            for i in _indexes(model, QModelIndex())
        )
    return widget.accessibleDescription() or widget.accessibleName()


def seen(command: Command) -> str:
    """All text on screen, for waiting until some words appear."""
    parts: list[str] = []
    for widget in visible_widgets():
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
            parts.append(widget.text())
        elif widget.accessibleName():
            parts.append(f"{widget.accessibleName()} {widget.accessibleDescription()}")
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            parts.extend(str(i.data() or "") for i in _indexes(widget.model(), QModelIndex()))
    text = "\n".join(parts)
    if (wanted := command.get("text")) and str(wanted) not in text:
        raise NotFoundError(str(wanted))
    return text if command.get("all") else ""


def gone(command: Command) -> None:
    """Raise until no visible, enabled widget has the name."""
    try:
        find(str(command["name"]))
    except NotFoundError:
        return
    raise NotFoundError(f"still there: {command['name']}")


def screenshot(command: Command) -> str:
    """Save the main window as it is on screen."""
    window = max(
        (w for w in QApplication.topLevelWidgets() if w.isVisible()), key=lambda w: w.width() * w.height()
    )
    path = Path(command["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(path))
    return str(path)


def enabled(command: Command) -> None:
    """Raise until the widget may be used."""
    find(str(command["name"]))


def row(command: Command) -> str:
    """The text of a row that contains some words."""
    found = find_row(str(command["name"]), str(command["text"]))
    return str(found.index.data(Qt.ItemDataRole.AccessibleTextRole) or found.index.data() or "")


def pictured(command: Command) -> None:
    """Raise until a picture of a page is shown."""
    label = find(str(command["name"]), QLabel, enabled=False)
    assert isinstance(label, QLabel)
    if label.pixmap().isNull():
        raise NotFoundError(f"{command['name']}: no page yet")


def save_file(command: Command) -> None:
    """Press a button that asks where to save, and answer the file dialog."""
    button = find(str(command["name"]))
    reveal(button)
    QTimer.singleShot(0, button, lambda: _answer_dialog(str(command["path"])))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def _answer_dialog(path: str) -> None:
    dialog = next((w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog)), None)
    if dialog is None or not dialog.isVisible():
        QTimer.singleShot(25, lambda: _answer_dialog(path))
        return
    edit = dialog.findChildren(QLineEdit)[0]
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    _commit(edit, path)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def resize(command: Command) -> None:
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible() and widget.isWindow():
            widget.resize(int(command["width"]), int(command["height"]))
            return


def move(command: Command) -> None:
    """Move the mouse over the middle of the window: what hides while nobody moves comes back."""
    window = max(
        (w for w in QApplication.topLevelWidgets() if w.isVisible()), key=lambda w: w.width() * w.height()
    )
    middle = window.rect().center()
    widget = window.childAt(middle) or window
    place = widget.mapFrom(window, middle)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        widget.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def close(command: Command) -> None:
    QTimer.singleShot(0, QApplication.closeAllWindows)


def context_menu(command: Command) -> None:
    """Right-click a row, then click the named entry."""
    found = find_row(str(command["name"]), str(command["text"]))
    place = found.view.visualRect(found.index).center()
    event = QMouseEvent(
        QEvent.Type.MouseButtonPress,
        place,
        found.view.viewport().mapToGlobal(place),
        Qt.MouseButton.RightButton,
        Qt.MouseButton.RightButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(found.view.viewport(), event)


COMMANDS: dict[str, Callable[[Command], object]] = {
    "click": click,
    "click_row": click_row,
    "tick": tick,
    "type": type_text,
    "paste": paste,
    "choose": choose,
    "key": key,
    "drop": drop_files,
    "read": read,
    "seen": seen,
    "gone": gone,
    "screenshot": screenshot,
    "resize": resize,
    "enabled": enabled,
    "row": row,
    "pictured": pictured,
    "save_file": save_file,
    "move": move,
    "close": close,
    "context_menu": context_menu,
}


class Hands(QObject):
    """Carries out commands on the Qt thread; one that finds nothing is tried again until it does, and says so now and then.

    Signals: `asked` (a command arrived on the reading thread).
    """

    asked = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.asked.connect(self._on_asked, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._read, name="hands", daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self.asked.emit(json.loads(line))
        self.asked.emit({"op": "close"})

    def _on_asked(self, command: Command) -> None:
        self._attempt(command, 1)

    def _attempt(self, command: Command, tries: int) -> None:
        try:
            value = COMMANDS[str(command["op"])](command)
        except NotFoundError as missing:
            if tries % _TRIES_A_WORD == 0:
                shown = seen({"all": True})
                self._answer({"waits": f"{command['op']}: not found: {missing}", "seen": shown[:3000]})
            QTimer.singleShot(25, self, lambda: self._attempt(command, tries + 1))
            return
        except Exception as fault:  # the story must hear of it, not wait for it
            self._answer({"ok": False, "error": f"{command['op']}: {fault!r}", "seen": ""})
            raise
        self._answer({"ok": True, "value": value})

    def _answer(self, answer: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()
