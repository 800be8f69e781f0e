"""音视频: which devices meetings use, how one comes in, and whether one is heard: tried here, not in front of others."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.meetings.device_field import DeviceField
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.level_bar import LevelBar
from client.ui.meetings.services import DeviceKind, Devices, Opened, OpenedLoudspeaker, OpenedMicrophone
from client.ui.settings.section import ButtonRow, Section
from client.ui.widgets.buttons import CheckBox, SecondaryButton

_LEVEL_MS = 66


class SoundAndPictureSection(Section):
    """A device is open only while it is being tried and this page is in view."""

    def __init__(self, devices: Devices, choice: DeviceChoice, parent: QWidget | None = None) -> None:
        super().__init__(tr("Sound and picture"), Icon.CAMERA, parent)
        self._devices = devices
        self._choice = choice
        self._microphone: OpenedMicrophone | None = None
        self._loudspeaker: OpenedLoudspeaker | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._ring = SecondaryButton(tr("Try the sound"), Icon.SOUND)
        self._hear = SecondaryButton(tr("Try the microphone"), Icon.MIC)
        self._level = LevelBar()
        self._level.hide()
        self._ring.clicked.connect(self._on_ring)
        self._hear.clicked.connect(self._on_hear)
        self._fields = {kind: DeviceField(kind) for kind in _KINDS}
        for kind, field in self._fields.items():
            field.chosen.connect(lambda device, kind=kind: self._on_chosen(kind, device))
        self.add_card(
            tr("Sound"),
            self._fields[DeviceKind.MICROPHONE],
            self._comes_in(DeviceKind.MICROPHONE, tr("Go in with the microphone on")),
            ButtonRow(self._hear),
            self._level,
            self._fields[DeviceKind.LOUDSPEAKER],
            ButtonRow(self._ring),
        )
        self.add_card(
            tr("Picture"),
            self._fields[DeviceKind.CAMERA],
            self._comes_in(DeviceKind.CAMERA, tr("Go in with the camera on")),
            hint=tr("How you look is shown before you go into a meeting."),
        )
        self._timer = QTimer(self)
        self._timer.setInterval(_LEVEL_MS)
        self._timer.timeout.connect(self._show_level)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stop_listening is None:
            self._stop_listening = self._devices.listen(self._offer)
        self._offer()

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody is heard from a page that is out of view.
        self._close_microphone()
        self._close_loudspeaker()
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        super().hideEvent(event)

    def _comes_in(self, kind: DeviceKind, words: str) -> CheckBox:
        box = CheckBox(words)
        box.setAccessibleName(words)
        box.setChecked(self._choice.on(kind))
        box.toggled.connect(lambda on: self._choice.set_on(kind, on))
        return box

    def _offer(self) -> None:
        for kind, field in self._fields.items():
            rows = self._devices.rows(kind)
            field.set_rows(rows, self._choice.present(kind, rows))
        self._hear.setEnabled(bool(self._devices.rows(DeviceKind.MICROPHONE)))
        self._ring.setEnabled(bool(self._devices.rows(DeviceKind.LOUDSPEAKER)))

    def _on_chosen(self, kind: DeviceKind, device: str) -> None:
        self._choice.choose(kind, device)
        if kind is DeviceKind.LOUDSPEAKER:
            self._close_loudspeaker()
        elif kind is DeviceKind.MICROPHONE and self._microphone is not None:
            self._close_microphone()
            self._on_hear()

    def _on_hear(self) -> None:
        if self._microphone is not None:
            self._close_microphone()
            return
        self._microphone = self._devices.open_microphone(self._fields[DeviceKind.MICROPHONE].device)
        self._say_trying(tr("Stop trying"))
        self._level.show()
        self._timer.start()
        self._watch(DeviceKind.MICROPHONE, self._microphone)

    def _on_ring(self) -> None:
        if self._loudspeaker is None:
            self._loudspeaker = self._devices.open_loudspeaker(self._fields[DeviceKind.LOUDSPEAKER].device)
            self._watch(DeviceKind.LOUDSPEAKER, self._loudspeaker)
        if self._loudspeaker is not None:
            self._loudspeaker.ring()

    def _watch(self, kind: DeviceKind, opened: Opened) -> None:
        opened.watch(lambda fault: self._fields[kind].show_fault(fault))

    def _close_microphone(self) -> None:
        self._timer.stop()
        self._level.hide()
        self._level.set_level(0.0)
        self._say_trying(tr("Try the microphone"))
        if self._microphone is not None:
            self._microphone.close()
            self._microphone = None

    def _close_loudspeaker(self) -> None:
        if self._loudspeaker is not None:
            self._loudspeaker.close()
            self._loudspeaker = None

    def _say_trying(self, words: str) -> None:
        self._hear.setText(words)
        self._hear.setAccessibleName(words)

    def _show_level(self) -> None:
        if self._microphone is not None:
            self._level.set_level(self._microphone.level)


_KINDS = (DeviceKind.MICROPHONE, DeviceKind.LOUDSPEAKER, DeviceKind.CAMERA)
