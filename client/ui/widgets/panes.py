"""How pages are laid out: list beside thing, a scrolled column, a header with its actions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from client.ui.base.window_state import WindowState
from client.ui.widgets.text import Text, TextKind

_LIST = 320
_LIST_LEAST = 260
_THING_LEAST = 480


class TwoPane(QSplitter):
    """The list of an area (320 px, resizable, remembered under `name`) beside the thing itself."""

    def __init__(
        self,
        listing: QWidget,
        thing: QWidget,
        name: str,
        state: WindowState | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        listing.setMinimumWidth(_LIST_LEAST)
        thing.installEventFilter(self)
        self._thing = thing
        self.addWidget(listing)
        self.addWidget(thing)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)
        self.setSizes([_LIST, 4 * _LIST])
        if state is not None:
            state.keep_splitter(self, name)
        self._give_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._give_room()
        super().resizeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._thing and event.type() == QEvent.Type.LayoutRequest:
            self._give_room()
        return super().eventFilter(watched, event)

    def _give_room(self) -> None:
        """In a narrow window the thing gets what it needs before the list has more than its least."""
        most = self.width() - _LIST_LEAST - self.handleWidth()
        needed = min(self._thing.minimumSizeHint().width(), most)
        self._thing.setMinimumWidth(max(_THING_LEAST, needed))


class ScrollPane(QScrollArea):
    """Scrolls a page up and down, never sideways."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


class Column(QWidget):
    """Things one under the other; `measure` keeps lines readable on wide screens."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        margin: int = 24,
        spacing: int = 16,
        ground: str = "surface",
        measure: int | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("ground", ground)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._box = QVBoxLayout()
        self._box.setSpacing(spacing)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(margin, margin, margin, margin)
        outer.setSpacing(0)
        if measure is None:
            outer.addLayout(self._box, 1)
        else:
            inner = QWidget(self)
            inner.setMaximumWidth(measure)
            inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            self._box.setContentsMargins(0, 0, 0, 0)
            inner.setLayout(self._box)
            outer.addWidget(inner, 1000)
            outer.addStretch(1)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        self._box.addWidget(widget, stretch)

    def add_row(self, *widgets: QWidget) -> None:
        """Things beside one another, at the left."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch(1)
        self._box.addLayout(row)

    def add_space(self, pixels: int) -> None:
        self._box.addSpacing(pixels)

    def add_stretch(self) -> None:
        self._box.addStretch(1)


class PageHeader(QWidget):
    """The page's title."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Text(title, TextKind.TITLE, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.title)
        row.addStretch(1)
