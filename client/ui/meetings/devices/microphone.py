"""A microphone through Qt, read on the sound thread."""

from __future__ import annotations

from PySide6.QtCore import QIODevice, QObject
from PySide6.QtMultimedia import QAudio, QAudioDevice, QAudioSource

from client.media.feeds import Samples, SoundFeed
from client.ui.meetings.devices.opened import OpenedDevice
from client.ui.meetings.devices.sound_format import SoundFormat, format_for, level
from client.ui.meetings.devices.sound_thread import SoundThread, SoundWorker
from client.ui.meetings.services import DeviceFault


class MicrophoneWorker(SoundWorker):
    """Pours what the device gives into the feed."""

    def __init__(self, device: QAudioDevice, feed: SoundFeed) -> None:
        super().__init__()
        self._device = device
        self._feed = feed
        self._format: SoundFormat | None = None
        self._source: QAudioSource | None = None
        self._io: QIODevice | None = None

    def begin(self) -> None:
        self._format = format_for(self._device)
        if self._format is None:
            self.failed.emit(DeviceFault.FAILED)
            return
        self._source = QAudioSource(self._device, self._format.qt(), self)
        self._source.stateChanged.connect(self._on_state)
        self._io = self._source.start()
        if self._io is None:
            self.failed.emit(DeviceFault.FAILED)
            return
        self._io.readyRead.connect(self._on_ready)

    def end(self) -> None:
        if self._source is not None:
            self._source.stateChanged.disconnect(self._on_state)
            self._source.stop()
        super().end()

    def _on_ready(self) -> None:
        if self._io is not None and self._format is not None:
            self._feed.put(self._format.to_mono(bytes(self._io.readAll().data())))

    def _on_state(self, state: QAudio.State) -> None:
        if (
            self._source is not None
            and state == QAudio.State.StoppedState
            and self._source.error() != QAudio.Error.NoError
        ):
            self.failed.emit(DeviceFault.FAILED)


class Microphone(OpenedDevice):
    """Runs from the moment it is made until it is closed; what nobody reads goes nowhere."""

    def __init__(
        self, device: QAudioDevice, name: str, thread: SoundThread, parent: QObject | None = None
    ) -> None:
        super().__init__(name, parent)
        self._level = 0.0
        self._feed = SoundFeed(self._on_block)
        self._thread = thread
        self._worker: MicrophoneWorker | None = None
        if device.isNull():
            self.tell(DeviceFault.MISSING)
            return
        self._worker = MicrophoneWorker(device, self._feed)
        self._worker.failed.connect(self.tell)
        thread.run(self._worker)

    @property
    def source(self) -> SoundFeed:
        return self._feed

    @property
    def level(self) -> float:
        return self._level

    def close(self) -> None:
        self._feed.close()
        if self._worker is not None:
            self._worker.failed.disconnect(self.tell)
            self._thread.call(self._worker.end)
        super().close()

    def _on_block(self, block: Samples) -> None:
        """The sound thread; one float, read by the level bar when it likes."""
        self._level = level(block)
