"""Being in a meeting: going in and out, and everything one does in it. Nothing here waits; what fails is said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, Signal

from client.meetings.rows import LiveRow, LiveState
from client.ui.base.errors import Notice, present
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.gear import DeviceMove, Gear, Prepared
from client.ui.meetings.services import DeviceFault, DeviceKind, Devices, Meetings, Newest
from client.ui.meetings.switch import Switch
from client.ui.meetings.words import fault_words, moved_words

_OVER = (LiveState.REMOVED, LiveState.ENDED, LiveState.FAILED)
_COMING = (LiveState.JOINING, LiveState.WAITING)
_SCREENS = (DeviceKind.SCREEN, DeviceKind.WINDOW)


class Attending(QObject):
    """One meeting at a time; it outlives its page, which is made anew in another language while one is in a meeting.

    Signals: `changed` (what is wanted of a device), `said` (Notice), `joined`, `refused` (exception), `left`.
    """

    changed = Signal()
    said = Signal(object)
    joined = Signal()
    refused = Signal(object)
    left = Signal()

    def __init__(
        self,
        meetings: Meetings,
        devices: Devices,
        choice: DeviceChoice,
        runner: CoreRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.devices = devices
        self.choice = choice
        self._meetings = meetings
        self._runner = runner
        self._joining: Operation[None] | None = None
        self._surface = (DeviceKind.SCREEN, "")
        self._gear = Gear(devices, choice, self)
        self._gear.lost.connect(self._on_lost)
        self._gear.moved.connect(self._on_moved)
        self._moves: dict[DeviceKind, DeviceMove] = {}  # of one unplugging, or of one plugging in
        self.microphone = Switch(
            runner, self._microphone_on, self._microphone_off, self, again=self._microphone_again
        )
        self.camera = Switch(runner, self._camera_on, self._camera_off, self)
        self.screen = Switch(runner, self._screen_on, self._screen_off, self)
        for switch in (self.microphone, self.camera, self.screen):
            switch.changed.connect(self.changed)
            switch.failed.connect(self._on_failed)

    def prepare(self) -> None:
        """Somebody is about to go in."""
        Operation(self, self._runner, self._meetings.prepare)

    @property
    def joining(self) -> bool:
        return self._joining is not None and self._joining.busy

    @property
    def own_picture(self) -> Newest | None:
        return self._gear.own_picture

    # In and out

    def join(self, meeting: str, prepared: Prepared) -> None:
        """Go in with what was tried before."""
        self._gear.take(prepared)
        microphone = self._gear.microphone() if prepared.microphone_on else None
        camera = self._gear.camera() if prepared.camera_on else None
        if camera is None:
            self._gear.close_camera()
        self.microphone.reset(microphone is not None)
        self.camera.reset(camera is not None)
        self.screen.reset()
        output = self._gear.output
        self._joining = Operation(
            self,
            self._runner,
            lambda: self._meetings.join(meeting, microphone=microphone, camera=camera, loudspeaker=output),
            on_success=lambda _none: self.joined.emit(),
            on_failure=self._on_refused,
        )

    def leave(self) -> None:
        """Out, at once: devices are let go before the server hears of it, and a joining half done is given up."""
        if self._joining is not None:
            self._joining.cancel()
        self._release()
        Operation(
            self,
            self._runner,
            self._meetings.leave,
            on_success=lambda _none: self.left.emit(),
            on_failure=self._on_leave_failed,
        )

    def end_for_all(self) -> None:
        """If it cannot be ended, I am still in it."""
        Operation(
            self,
            self._runner,
            self._meetings.end,
            on_success=lambda _none: self._on_ended(),
            on_failure=self._on_failed,
        )

    def hand_over_and_leave(self, person: str) -> None:
        """The chair goes on to somebody before I go; if that fails, I stay."""
        Operation(
            self,
            self._runner,
            lambda: self._meetings.hand_over(person),
            on_success=lambda _none: self.leave(),
            on_failure=self._on_failed,
        )

    def show_live(self, live: LiveRow | None) -> None:
        """How things really are."""
        if live is None or live.state in _OVER:
            if not self.joining:
                self._release()
            return
        if live.state is LiveState.WAITING:
            # One comes in neither seen nor heard: by then one may be busy with something else.
            self.microphone.reset()
            self.camera.reset()
            self._gear.close_camera()
        if live.state in _COMING:
            return
        for switch, on in (
            (self.microphone, live.microphone),
            (self.camera, live.camera),
            (self.screen, live.screen),
        ):
            switch.note(on)
        if not self.camera.wanted:
            self._gear.close_camera()
        if not self.screen.wanted:
            self._gear.close_screen()

    # What one does in it

    def act(self, work: Callable[[], Awaitable[None]]) -> None:
        """Something of the chair's, a hand, or what is looked at."""
        Operation(self, self._runner, work, on_failure=self._on_failed)

    def share(self, kind: DeviceKind, device: str) -> None:
        self._surface = (kind, device)
        self.screen.want(True)

    def use_device(self, kind: DeviceKind, device: str) -> None:
        """Another microphone, camera or loudspeaker, from now on."""
        self.choice.choose(kind, device)
        if kind is DeviceKind.CAMERA:
            was_on = self.camera.wanted
            self.camera.want(False)
            self.camera.want(was_on)
            return
        self._gear.use_sound(kind, device)
        if kind is DeviceKind.MICROPHONE:
            self.microphone.renew()

    def device_in_use(self, kind: DeviceKind) -> str:
        """Its id; another than the chosen one while that is not there."""
        return self._gear.in_use(kind)

    # Switches: what to run on the core's loop

    def _microphone_on(self) -> Callable[[], Awaitable[None]] | None:
        source = self._gear.microphone()
        return None if source is None else lambda: self._meetings.start_microphone(source)

    def _microphone_again(self) -> Callable[[], Awaitable[None]] | None:
        source = self._gear.microphone()
        return None if source is None else lambda: self._meetings.change_microphone(source)

    def _microphone_off(self) -> Callable[[], Awaitable[None]]:
        # The device stays open until the end, so that a word can be said at once; its sound goes nowhere meanwhile.
        return self._meetings.stop_microphone

    def _camera_on(self) -> Callable[[], Awaitable[None]] | None:
        source = self._gear.camera()
        return None if source is None else lambda: self._meetings.start_camera(source)

    def _camera_off(self) -> Callable[[], Awaitable[None]]:
        self._gear.close_camera()
        return self._meetings.stop_camera

    def _screen_on(self) -> Callable[[], Awaitable[None]] | None:
        source = self._gear.screen(*self._surface)
        return None if source is None else lambda: self._meetings.start_screen(source)

    def _screen_off(self) -> Callable[[], Awaitable[None]]:
        self._gear.close_screen()
        return self._meetings.stop_screen

    # Outcomes

    def _release(self) -> None:
        self._gear.release()
        self._moves.clear()
        for switch in (self.microphone, self.camera, self.screen):
            switch.reset()

    def _on_lost(self, kind: DeviceKind, fault: DeviceFault) -> None:
        """The meeting goes on without it."""
        if kind is DeviceKind.MICROPHONE:
            self.microphone.want(False)
        elif kind is DeviceKind.CAMERA:
            self.camera.want(False)
        elif kind in _SCREENS:
            self.screen.want(False)
        self.said.emit(Notice(*fault_words(kind, fault), tone=Tone.WAITING))

    def _on_moved(self, move: DeviceMove) -> None:
        """A headset is a microphone and a loudspeaker, which come and go one after the other: both stand in one notice."""
        if any(other.lost is not move.lost for other in self._moves.values()):
            self._moves.clear()
        self._moves[move.kind] = move
        if move.kind is DeviceKind.MICROPHONE:
            self.microphone.renew()
        words = moved_words({kind: each.device.name for kind, each in self._moves.items()}, move.lost)
        self.said.emit(Notice(*words, tone=Tone.WAITING if move.lost else Tone.DONE))

    def _on_leave_failed(self, error: BaseException) -> None:
        """Whoever wants out is out; the others learn it from the connection."""
        self._on_failed(error)
        self.left.emit()

    def _on_ended(self) -> None:
        self._release()
        self.left.emit()

    def _on_refused(self, error: BaseException) -> None:
        self._release()
        self.refused.emit(error)

    def _on_failed(self, error: BaseException) -> None:
        self.said.emit(present(error))
