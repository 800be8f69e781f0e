"""Which devices somebody uses, and whether he comes in speaking and seen: remembered on this computer."""

from __future__ import annotations

from client.ui.base.window_state import WindowState
from client.ui.meetings.services import DeviceKind, DeviceRow


class DeviceChoice:
    """An id that is not there any more stays remembered: the headset comes back tomorrow."""

    def __init__(self, state: WindowState | None) -> None:
        self._state = state
        self._here: dict[str, str] = {}

    def device(self, kind: DeviceKind) -> str:
        """The id chosen; empty: the one the system prefers."""
        return self._value(kind.value)

    def choose(self, kind: DeviceKind, device: str) -> None:
        self._set(kind.value, device)

    def present(self, kind: DeviceKind, rows: tuple[DeviceRow, ...]) -> str:
        """The id chosen if it is there now, else the first there is, else nothing."""
        ids = [row.id for row in rows]
        chosen = self.device(kind)
        return chosen if chosen in ids else next(iter(ids), "")

    def on(self, kind: DeviceKind) -> bool:
        """Whether one comes in with it switched on; at first with the microphone off and unseen."""
        return self._value(f"{kind.value}_on") == str(True)

    def set_on(self, kind: DeviceKind, on: bool) -> None:
        self._set(f"{kind.value}_on", str(on))

    def _value(self, name: str) -> str:
        return self._here.get(name, "") if self._state is None else self._state.value(f"meetings.{name}")

    def _set(self, name: str, value: str) -> None:
        if self._state is None:
            self._here[name] = value
        else:
            self._state.set_value(f"meetings.{name}", value)
