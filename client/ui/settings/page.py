"""设置: the list of sections at the left, the one chosen beside it."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QWidget

from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner
from client.ui.base.window_state import WindowState
from client.ui.settings.about import AboutSection
from client.ui.settings.appearance import AppearanceSection
from client.ui.settings.desktop import DesktopSection
from client.ui.settings.locking import LockingSection
from client.ui.settings.news import NewsSection
from client.ui.settings.own_devices import OwnDevicesSection
from client.ui.settings.passphrase import PassphraseSection
from client.ui.settings.section import Section
from client.ui.settings.services import SettingsServices
from client.ui.settings.sound_and_picture import SoundAndPictureSection
from client.ui.widgets.buttons import RowButton
from client.ui.widgets.panes import Column
from client.ui.widgets.text import Text, TextKind
from client.updates.rows import UpdateRow

_LIST = 208
S = TypeVar("S", bound=Section)


class SettingsPage(QWidget):
    """Choices take effect at once; the language does when the window is made anew.

    Signals: `language_chosen` (LanguageName, already kept; make the window anew), `install_asked` (install the version that is here).
    """

    language_chosen = Signal(object)
    install_asked = Signal()

    def __init__(
        self,
        services: SettingsServices,
        runner: CoreRunner,
        state: WindowState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._list = Column(self, margin=16, spacing=4, ground="surface")
        self._list.setFixedWidth(_LIST)
        self._list.add(Text(tr("Settings"), TextKind.TITLE))
        self._list.add_space(8)
        self._group = QButtonGroup(self)
        self._shown = QStackedWidget(self)
        appearance = self._add(AppearanceSection(state))
        appearance.language_chosen.connect(self.language_chosen)
        self._add(NewsSection(state))
        self._add(PassphraseSection(services.secrets, runner))
        self._add(LockingSection(state, services.desktop.tells_lock))
        self._desktop = self._add(DesktopSection(services.desktop, state))
        self._own = self._add(
            OwnDevicesSection(services.own_devices, services.seals, runner, services.about.server)
        )
        self._add(SoundAndPictureSection(services.devices, services.device_choice))
        self._about = self._add(
            AboutSection(
                services.about, services.own_devices, services.checks, services.updates, runner, state
            )
        )
        self._about.install_asked.connect(self.install_asked)
        self._list.add_stretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._list)
        row.addWidget(self._shown, 1)
        self._buttons()[0].setChecked(True)

    def refresh(self) -> None:
        """The directory grew: my devices, my keys and what it says of itself may be different."""
        self._own.refresh()
        self._about.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._desktop.refresh()

    def show_update(self, row: UpdateRow) -> None:
        self._about.updates.show_row(row)

    def begin_update(self) -> None:
        """Bring the card of updates into view, and begin."""
        self._show(self._about)
        self._about.updates.begin()

    def show_notice(self, notice: Notice) -> None:
        section = self._shown.currentWidget()
        assert isinstance(section, Section)
        section.show_notice(notice)

    def clear_notice(self) -> None:
        section = self._shown.currentWidget()
        assert isinstance(section, Section)
        section.clear_notice()

    def _add(self, section: S) -> S:
        button = RowButton(section.title, section.icon, self._list)
        button.clicked.connect(lambda: self._show(section))
        self._group.addButton(button)
        self._list.add(button)
        self._shown.addWidget(section)
        return section

    def _show(self, section: Section) -> None:
        self._buttons()[self._shown.indexOf(section)].setChecked(True)
        self._shown.setCurrentWidget(section)
        section.setFocus(Qt.FocusReason.OtherFocusReason)

    def _buttons(self) -> list[RowButton]:
        return [button for button in self._group.buttons() if isinstance(button, RowButton)]
