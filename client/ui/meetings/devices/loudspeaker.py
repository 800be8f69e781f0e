"""A loudspeaker through Qt, fed on the sound thread."""

from __future__ import annotations

from collections import deque
from typing import Final

from PySide6.QtCore import QIODevice, QObject, Qt, QTimer
from PySide6.QtMultimedia import QAudio, QAudioDevice, QAudioSink

from client.media.feeds import BLOCK, PlayQueue
from client.ui.meetings.devices.opened import OpenedDevice
from client.ui.meetings.devices.sound_format import SoundFormat, chime, format_for
from client.ui.meetings.devices.sound_thread import SoundThread, SoundWorker
from client.ui.meetings.services import DeviceFault

_LOOK_MS: Final = 5
_BUFFERED: Final = 4  # blocks in the device: 80 ms outlast a late turn of the thread


class LoudspeakerWorker(SoundWorker):
    """Looks often whether the device has room, and gives it what waits."""

    def __init__(self, device: QAudioDevice, queue: PlayQueue) -> None:
        super().__init__()
        self._device = device
        self._queue = queue
        self._chime: deque[bytes] = deque()
        self._format: SoundFormat | None = None
        self._sink: QAudioSink | None = None
        self._io: QIODevice | None = None
        self._timer: QTimer | None = None

    def begin(self) -> None:
        self._format = format_for(self._device)
        if self._format is None:
            self.failed.emit(DeviceFault.FAILED)
            return
        self._sink = QAudioSink(self._device, self._format.qt(), self)
        self._sink.setBufferSize(_BUFFERED * BLOCK * 2 * self._format.channels)
        self._io = self._sink.start()
        if self._io is None:
            self.failed.emit(DeviceFault.FAILED)
            return
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._feed)
        self._timer.start(_LOOK_MS)

    def ring(self) -> None:
        self._chime = deque(chime())

    def end(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        if self._sink is not None:
            self._sink.stop()
        super().end()

    def _feed(self) -> None:
        if self._sink is None or self._io is None or self._format is None:
            return
        if self._sink.error() in (QAudio.Error.OpenError, QAudio.Error.IOError, QAudio.Error.FatalError):
            self.failed.emit(DeviceFault.FAILED)
            return
        room = BLOCK * 2 * self._format.channels
        while self._sink.bytesFree() >= room:
            block = self._chime.popleft() if self._chime else self._queue.take()
            if block is None:
                return
            self._io.write(self._format.from_mono(block))


class Loudspeaker(OpenedDevice):
    """Runs from the moment it is made until it is closed."""

    def __init__(
        self, device: QAudioDevice, name: str, thread: SoundThread, parent: QObject | None = None
    ) -> None:
        super().__init__(name, parent)
        self._queue = PlayQueue()
        self._thread = thread
        self._worker: LoudspeakerWorker | None = None
        if device.isNull():
            self.tell(DeviceFault.MISSING)
            return
        self._worker = LoudspeakerWorker(device, self._queue)
        self._worker.failed.connect(self.tell)
        thread.run(self._worker)

    @property
    def sink(self) -> PlayQueue:
        return self._queue

    def ring(self) -> None:
        if self._worker is not None:
            self._thread.call(self._worker.ring)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.failed.disconnect(self.tell)
            self._thread.call(self._worker.end)
        super().close()
