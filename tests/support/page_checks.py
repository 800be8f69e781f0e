"""What a page must keep to: nothing cut, contrast enough, every control reached by Tab and named. Each check lists faults."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTabBar,
    QTextEdit,
    QWidget,
)

from tests.support.contrast import TEXT_MINIMUM, contrast_ratio

_ICON_ROOM = 24  # an action's drawing inside a line edit
_MOST_TABS = 400


def visible_widgets(page: QWidget) -> list[QWidget]:
    """Everything on the page a user can see, Qt's own inner parts left out."""
    found = [page, *page.findChildren(QWidget)]
    return [
        w
        for w in found
        if w.isVisible() and not w.objectName().startswith("qt_") and w.window() is page.window()
    ]


def describe(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""
    return f"{type(widget).__name__} “{widget.accessibleName() or text or widget.objectName()}”"


# Nothing cut


def cut_faults(page: QWidget) -> list[str]:
    """Controls, headers, chips and labels that do not show all their words."""
    faults = []
    for widget in visible_widgets(page):
        faults += [f"{describe(widget)}: {fault}" for fault in _cuts(widget)]
        faults += [f"{describe(widget)}: {fault}" for fault in _out_of_parent(widget, page)]
    return faults + _overlaps(page)


def _cuts(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel):
        yield from _label_cuts(widget)
    elif isinstance(widget, QAbstractButton) and widget.text():
        yield from _needs(widget, widget.sizeHint().width(), widget.sizeHint().height())
    elif isinstance(widget, QComboBox):
        yield from _combo_cuts(widget)
    elif isinstance(widget, QLineEdit):
        yield from _placeholder_cuts(widget)
    elif isinstance(widget, QHeaderView):
        yield from _header_cuts(widget)
    elif isinstance(widget, QTabBar):
        yield from _tab_cuts(widget)


def _header_cuts(header: QHeaderView) -> Iterator[str]:
    for section in range(header.count()):
        if not header.isSectionHidden(section) and header.sectionSize(section) < header.sectionSizeHint(
            section
        ):
            yield f"header {section} is cut"


def _tab_cuts(tabs: QTabBar) -> Iterator[str]:
    for tab in range(tabs.count()):
        needed = tabs.fontMetrics().horizontalAdvance(tabs.tabText(tab)) + 8
        if tabs.tabRect(tab).width() < needed or tabs.tabRect(tab).right() > tabs.width():
            yield f"tab {tabs.tabText(tab)} is cut"


def _needs(widget: QWidget, width: int, height: int) -> Iterator[str]:
    if widget.width() < width:
        yield f"needs {width} px in width, has {widget.width()}"
    if widget.height() < height - 1:
        yield f"needs {height} px in height, has {widget.height()}"


def _label_cuts(label: QLabel) -> Iterator[str]:
    if not label.text():
        return
    if label.property("may_elide"):
        if label.text().endswith("…") and not label.toolTip():
            yield "is cut and has no tooltip"
        return
    if not label.wordWrap():
        yield from _needs(label, label.sizeHint().width(), label.sizeHint().height())
        return
    height = label.heightForWidth(label.width())
    if label.height() < height - 1:
        yield f"wraps to {height} px, has {label.height()}"
    words = max(label.fontMetrics().horizontalAdvance(word) for word in label.text().split() or [""])
    if label.text().isascii() and words > label.contentsRect().width():
        yield f"a word needs {words} px, has {label.contentsRect().width()}"


def _combo_cuts(combo: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    combo.initStyleOption(option)
    room = combo.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, combo
    )
    texts = [combo.itemText(i) for i in range(combo.count())] + [combo.placeholderText()]
    widest = max(combo.fontMetrics().horizontalAdvance(text) for text in texts)
    if widest > room.width() and not combo.property("may_elide"):
        yield f"its widest entry needs {widest} px, has {room.width()}"


def _placeholder_cuts(field: QLineEdit) -> Iterator[str]:
    text = field.placeholderText()
    if not text:
        return
    option = QStyleOptionFrame()
    field.initStyleOption(option)
    room = field.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, field).width()
    icons = len([action for action in field.actions() if not action.icon().isNull() and action.isVisible()])
    needed = field.fontMetrics().horizontalAdvance(text) + 4 + _ICON_ROOM * icons
    if needed > room:
        yield f"its placeholder needs {needed} px, has {room}"


def _out_of_parent(widget: QWidget, page: QWidget) -> Iterator[str]:
    """A control that sticks out of what holds it; being scrolled away downwards is no fault."""
    if not _says_something(widget):
        return
    child: QWidget | None = widget
    holder: QWidget | None = widget.parentWidget()
    while holder is not None and child is not page:
        place = QRect(widget.mapTo(holder, QPoint(0, 0)), widget.size())
        scrolled = isinstance(holder.parentWidget(), QAbstractScrollArea)
        outside = place.left() < 0 or place.right() > holder.width()
        if outside or (not scrolled and (place.top() < 0 or place.bottom() > holder.height())):
            yield f"sticks out of {type(holder).__name__}"
            return
        if scrolled:
            return
        holder, child = holder.parentWidget(), holder


def _overlaps(page: QWidget) -> list[str]:
    """Neighbours that lie on one another."""
    by_parent: dict[QWidget | None, list[QWidget]] = {}
    for widget in visible_widgets(page):
        if _says_something(widget):
            by_parent.setdefault(widget.parentWidget(), []).append(widget)
    faults = []
    for siblings in by_parent.values():
        for number, one in enumerate(siblings):
            for other in siblings[number + 1 :]:
                common = one.geometry().intersected(other.geometry())
                if common.width() > 1 and common.height() > 1:
                    faults.append(f"{describe(one)} lies over {describe(other)}")
    return faults


def _says_something(widget: QWidget) -> bool:
    if isinstance(widget, QLabel):
        return bool(widget.text())
    return isinstance(widget, QAbstractButton | QLineEdit | QComboBox | QPlainTextEdit | QTextEdit)


# Contrast


def contrast_faults(page: QWidget) -> list[str]:
    """Each widget's own text colour against the ground that was really painted behind it."""
    picture = page.grab().toImage()
    pixels, scale = _pixels(picture), picture.devicePixelRatio()
    faults = []
    for widget in visible_widgets(page):
        text = _text_colour(widget)
        if text is None:
            continue
        ground = _ground(pixels, scale, page, widget)
        if ground is None:
            continue
        ratio = contrast_ratio(text, ground)
        if ratio < TEXT_MINIMUM:
            faults.append(f"{describe(widget)}: {text.name()} on {ground.name()} is {ratio:.2f}:1")
    return faults


def _pixels(picture: QImage) -> npt.NDArray[np.uint32]:
    """Colours by row and column: asked for one by one they were nine tenths of what a page's walk cost."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    every = np.frombuffer(plain.constBits(), np.uint32).reshape(plain.height(), plain.bytesPerLine() // 4)
    return every[:, : plain.width()].copy()


def _text_colour(widget: QWidget) -> QColor | None:
    palette = widget.palette()
    if isinstance(widget, QLabel):
        return palette.color(QPalette.ColorRole.WindowText) if widget.text() else None
    if isinstance(widget, QAbstractButton):
        role = QPalette.ColorRole.ButtonText if isinstance(widget, QPushButton) else widget.foregroundRole()
        return palette.color(role) if widget.text() else None
    if isinstance(widget, QLineEdit) and not widget.text() and widget.placeholderText():
        return palette.color(QPalette.ColorRole.PlaceholderText)
    if isinstance(widget, QComboBox):
        return palette.color(QPalette.ColorRole.Text)
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        return palette.color(QPalette.ColorRole.Text)
    return None


def _ground(pixels: npt.NDArray[np.uint32], scale: float, page: QWidget, widget: QWidget) -> QColor | None:
    """The commonest colour of the widget's inner part, as painted; None when most of it is scrolled out of sight."""
    seen = widget.visibleRegion().boundingRect().adjusted(3, 3, -3, -3)
    if seen.height() < widget.height() // 3:  # a sliver shows edges and letters, and no ground
        return None
    place = seen.translated(widget.mapTo(page, QPoint(0, 0))).intersected(page.rect())
    if place.isEmpty():
        return None
    columns = (np.arange(place.left(), place.right() + 1, 2) * scale).astype(int)
    rows = (np.arange(place.top(), place.bottom() + 1, 2) * scale).astype(int)
    colours, times = np.unique(pixels[np.ix_(rows, columns)], return_counts=True)
    return QColor.fromRgb(int(colours[times.argmax()]))


# Keyboard


def focusable(page: QWidget) -> list[QWidget]:
    """Controls a keyboard user must be able to reach."""
    return [
        w
        for w in visible_widgets(page)
        if w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.focusProxy() is None
    ]


def name_faults(page: QWidget) -> list[str]:
    """Focusable controls without an accessible name."""
    return [
        f"{type(w).__name__} at {w.geometry().getRect()} has no accessible name"
        for w in focusable(page)
        if not _name(w)
    ]


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def tab_faults(page: QWidget) -> list[str]:
    """Press Tab until it comes round; whoever was not visited is lost to the keyboard."""
    window = page.window()
    window.activateWindow()
    wanted = focusable(page)
    if not wanted:
        return []
    wanted[0].setFocus(Qt.FocusReason.TabFocusReason)
    visited: list[QWidget] = []
    for _ in range(_MOST_TABS):
        at = QApplication.focusWidget()
        if at is None or at in visited:
            break
        visited.append(at)
        QTest.keyClick(at, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is at and len(wanted) > 1:
            return [f"{describe(at)} keeps the Tab key to itself"]
    return [
        f"{describe(w)} is not reached by Tab"
        for w in wanted
        if w not in visited and not _in_visited_group(w, visited)
    ]


def _in_visited_group(widget: QWidget, visited: list[QWidget]) -> bool:
    """Of exclusive buttons Tab visits the chosen one; arrow keys go to the others."""
    if not isinstance(widget, QAbstractButton) or not widget.isCheckable():
        return False
    group = widget.group()
    if group is not None:
        return group.exclusive() and any(b in visited for b in group.buttons())
    if not widget.autoExclusive():
        return False
    siblings = widget.parentWidget().findChildren(QAbstractButton)
    return any(
        b in visited and b.autoExclusive() and b.parentWidget() is widget.parentWidget() for b in siblings
    )
