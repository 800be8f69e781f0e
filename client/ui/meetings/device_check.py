"""Before going in: how one looks and sounds, through which devices, and whether one comes in seen and heard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.meetings.device_field import DeviceField
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.gear import Prepared
from client.ui.meetings.level_bar import LevelBar
from client.ui.meetings.preview import Preview
from client.ui.meetings.services import (
    DeviceFault,
    DeviceKind,
    Devices,
    Opened,
    OpenedCamera,
    OpenedLoudspeaker,
    OpenedMicrophone,
)
from client.ui.widgets.buttons import CheckBox, PrimaryButton, SecondaryButton
from client.ui.widgets.panes import ScrollPane
from client.ui.widgets.text import ElidedText, Text, TextKind

_LEVEL_MS = 66
_MEASURE = 960


class DeviceCheck(QWidget):
    """Holds the devices while it is in view, and hands them over when one goes in.

    Signals: `join_asked` (Prepared; whoever takes it owns the devices), `given_up`.
    """

    join_asked = Signal(object)
    given_up = Signal()

    def __init__(self, devices: Devices, choice: DeviceChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._devices = devices
        self._choice = choice
        self._microphone: OpenedMicrophone | None = None
        self._camera: OpenedCamera | None = None
        self._loudspeaker: OpenedLoudspeaker | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._begun = False
        self._title = ElidedText("", TextKind.TITLE, self)
        self._preview = Preview(self)
        self._level = LevelBar(self)
        self._ring = SecondaryButton(tr("Try the sound"), Icon.SOUND, self)
        self._ring.clicked.connect(self._on_ring)
        self._fields = {
            DeviceKind.CAMERA: DeviceField(DeviceKind.CAMERA, self),
            DeviceKind.MICROPHONE: DeviceField(DeviceKind.MICROPHONE, self),
            DeviceKind.LOUDSPEAKER: DeviceField(DeviceKind.LOUDSPEAKER, self, beside=self._ring),
        }
        self._seen = CheckBox(tr("Go in with the camera on"), self)
        self._heard = CheckBox(tr("Go in with the microphone on"), self)
        self._listening = Text(
            tr("Without a microphone you go in listening."), TextKind.HINT, self, wrap=True
        )
        self._join = PrimaryButton(tr("Go in"), Icon.MEETINGS, self)
        self._cancel = SecondaryButton(tr("Not now"), None, self)
        self._timer = QTimer(self)
        self._timer.setInterval(_LEVEL_MS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.addWidget(self._preview)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self._fields[DeviceKind.CAMERA])
        right.addWidget(self._seen)
        right.addSpacing(4)
        right.addWidget(self._fields[DeviceKind.MICROPHONE])
        right.addWidget(self._level)
        right.addWidget(self._heard)
        right.addWidget(self._listening)
        right.addSpacing(4)
        right.addWidget(self._fields[DeviceKind.LOUDSPEAKER])
        right.addSpacing(12)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._join)
        buttons.addWidget(self._cancel)
        buttons.addStretch(1)
        right.addLayout(buttons)
        right.addStretch(1)
        side = QWidget(self)
        side.setFixedWidth(344)
        right.setContentsMargins(0, 0, 0, 0)
        side.setLayout(right)
        middle = QHBoxLayout()
        middle.setSpacing(24)
        middle.addLayout(left, 1)
        middle.addWidget(side)
        inner = QWidget(self)
        inner.setMaximumWidth(_MEASURE)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self._title)
        column.addLayout(middle, 1)
        holder = QWidget(self)
        row = QHBoxLayout(holder)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(ScrollPane(holder, self))

    def _connect(self) -> None:
        opening = {
            DeviceKind.CAMERA: self._open_camera,
            DeviceKind.MICROPHONE: self._open_microphone,
            DeviceKind.LOUDSPEAKER: self._open_loudspeaker,
        }
        for kind, field in self._fields.items():
            field.chosen.connect(lambda device, kind=kind: self._choice.choose(kind, device))
            field.chosen.connect(lambda _device, kind=kind: opening[kind]())
        self._seen.toggled.connect(lambda _on: self._open_camera())
        self._join.clicked.connect(self._on_join)
        self._cancel.clicked.connect(self.given_up)
        self._timer.timeout.connect(self._show_level)

    def begin(self, title: str) -> None:
        """Try the devices for this meeting."""
        self._title.set_whole(title)
        self._join.setEnabled(True)
        self._seen.setChecked(self._choice.on(DeviceKind.CAMERA))
        self._heard.setChecked(self._choice.on(DeviceKind.MICROPHONE))
        self._begun = True
        if self.isVisible():
            self._start()
        self._join.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        """Let go of everything that was not handed over."""
        self._begun = False
        self._stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._begun:
            self._start()

    def hideEvent(self, event: QHideEvent) -> None:
        # Another area of the window is looked at: nobody is filmed or heard there.
        self._stop()
        super().hideEvent(event)

    def _start(self) -> None:
        if self._stop_listening is None:
            self._stop_listening = self._devices.listen(self._on_devices_changed)
        self._offer()
        self._open_camera()
        self._open_microphone()
        self._open_loudspeaker()
        self._timer.start()

    def _stop(self) -> None:
        self._timer.stop()
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        for opened in (self._microphone, self._camera, self._loudspeaker):
            if opened is not None:
                opened.close()
        self._microphone = self._camera = self._loudspeaker = None
        self._preview.set_slot(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)

    # Devices

    def _offer(self) -> None:
        for kind, field in self._fields.items():
            rows = self._devices.rows(kind)
            field.set_rows(rows, self._choice.present(kind, rows))
        speaks = self._has(DeviceKind.MICROPHONE)
        self._seen.setEnabled(self._has(DeviceKind.CAMERA))
        self._heard.setEnabled(speaks)
        self._level.setVisible(speaks)
        self._listening.setVisible(not speaks)
        self._ring.setEnabled(self._has(DeviceKind.LOUDSPEAKER))

    def _has(self, kind: DeviceKind) -> bool:
        return bool(self._devices.rows(kind))

    def _on_devices_changed(self) -> None:
        """Something was plugged in or out: what still works is left alone."""
        before = {kind: field.device for kind, field in self._fields.items()}
        self._offer()
        for kind, again in (
            (DeviceKind.CAMERA, self._open_camera),
            (DeviceKind.MICROPHONE, self._open_microphone),
            (DeviceKind.LOUDSPEAKER, self._open_loudspeaker),
        ):
            if self._fields[kind].device != before[kind]:
                again()

    def _open_camera(self) -> None:
        if self._camera is not None:
            self._camera.close()
            self._camera = None
        if self._begun and self._seen.isChecked() and self._has(DeviceKind.CAMERA):
            self._camera = self._devices.open_camera(self._fields[DeviceKind.CAMERA].device)
        self._preview.set_slot(None if self._camera is None else self._camera.picture)
        self._preview.show_on(self._camera is not None)
        if self._camera is not None:
            self._watch(DeviceKind.CAMERA, self._camera)

    def _open_microphone(self) -> None:
        if self._microphone is not None:
            self._microphone.close()
            self._microphone = None
        if self._has(DeviceKind.MICROPHONE):
            self._microphone = self._devices.open_microphone(self._fields[DeviceKind.MICROPHONE].device)
            self._watch(DeviceKind.MICROPHONE, self._microphone)

    def _open_loudspeaker(self) -> None:
        if self._loudspeaker is not None:
            self._loudspeaker.close()
            self._loudspeaker = None
        if self._has(DeviceKind.LOUDSPEAKER):
            self._loudspeaker = self._devices.open_loudspeaker(self._fields[DeviceKind.LOUDSPEAKER].device)
            self._watch(DeviceKind.LOUDSPEAKER, self._loudspeaker)

    def _watch(self, kind: DeviceKind, opened: Opened) -> None:
        opened.watch(lambda fault: self._on_fault(kind, opened, fault))

    def _on_fault(self, kind: DeviceKind, opened: Opened, fault: DeviceFault) -> None:
        if opened not in (self._microphone, self._camera, self._loudspeaker):
            return
        self._fields[kind].show_fault(fault)
        if opened is self._camera:
            self._preview.set_slot(None)
            self._preview.show_on(False)

    def _show_level(self) -> None:
        self._level.set_level(0.0 if self._microphone is None else self._microphone.level)

    # What one does

    def _on_ring(self) -> None:
        if self._loudspeaker is not None:
            self._loudspeaker.ring()

    def _on_join(self) -> None:
        self._choice.set_on(DeviceKind.CAMERA, self._seen.isChecked())
        self._choice.set_on(DeviceKind.MICROPHONE, self._heard.isChecked())
        self._join.setEnabled(False)
        prepared = Prepared(
            microphone=self._microphone,
            camera=self._camera,
            loudspeaker=self._loudspeaker,
            microphone_on=self._heard.isChecked() and self._microphone is not None,
            camera_on=self._seen.isChecked() and self._camera is not None,
        )
        self._microphone = self._camera = self._loudspeaker = None
        self.end()
        self.join_asked.emit(prepared)
