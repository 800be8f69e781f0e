"""What the pages before the window have in common: one column in the middle, the product's name above it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.core.events import LoginState
from client.core.tokens.rows import PinState
from client.ui.base.errors import Notice
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, ScrollPane
from client.ui.widgets.text import Text, TextKind, restyle

_MEASURE = 480


class Login(Protocol):
    """The core's login as these pages use it (client.core.login.Login)."""

    @property
    def state(self) -> LoginState: ...
    @property
    def needs_code(self) -> bool: ...
    @property
    def server(self) -> str: ...
    @property
    def has_keyring_slot(self) -> bool: ...
    @property
    def keyring_available(self) -> bool: ...
    @property
    def has_token_slot(self) -> bool: ...
    @property
    def token_label(self) -> str: ...
    async def token_state(self) -> PinState: ...
    async def unlock_with_token(self, pin: str, *, last_try: bool = False) -> None: ...
    @property
    def recoverable(self) -> bool: ...
    @property
    def passphrase_forgotten(self) -> bool: ...
    async def enrol(self, server: str, code: str, label: str) -> None: ...
    async def wait(self) -> None: ...
    async def abandon(self) -> None: ...
    def recovery_code(self) -> str: ...
    async def protect(
        self, passphrase: str, *, use_keyring: bool = False, known_code: str | None = None
    ) -> None: ...
    async def unlock(self, passphrase: str) -> None: ...
    async def unlock_with_recovery(self, code: str) -> None: ...
    async def unlock_with_keyring(self) -> bool: ...
    async def replace_passphrase(self, new: str) -> None: ...
    def keep_passphrase(self) -> None: ...
    async def set_aside(self) -> None: ...


class Sheet(QWidget):
    """A page of its own kind fills `column`; errors appear in the notice above it."""

    def __init__(
        self, title: str, text: str, parent: QWidget | None = None, *, measure: int = _MEASURE
    ) -> None:
        super().__init__(parent)
        self.setProperty("ground", "window")
        self.column = Column(margin=32, spacing=16, ground="sheet")
        self.column.setFixedWidth(measure)
        self._notice = NoticeBar(self)
        self.column.add(Text(title, TextKind.TITLE))
        self.column.add(Text(text, TextKind.SECONDARY, wrap=True))
        self.column.add(self._notice)
        middle = QWidget(self)
        across = QHBoxLayout(middle)
        across.addStretch(1)
        across.addWidget(self.column)
        across.addStretch(1)
        holder = QWidget(self)
        down = QVBoxLayout(holder)
        down.addStretch(1)
        down.addWidget(middle)
        down.addStretch(2)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(ScrollPane(holder, self))

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def mark_drop(self, *, dropping: bool) -> None:
        """Show that what is held over the page would be taken."""
        if bool(self.column.property("drop")) is not dropping:
            self.column.setProperty("drop", dropping)
            restyle(self.column)
