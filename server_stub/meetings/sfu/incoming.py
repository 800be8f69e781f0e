"""One stream a participant sends: what arrives goes to the slots that watch it, what is missing is asked for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from protocol.crypto.frames import Stream
from server_stub.meetings.sfu.burst import Burst, Packet
from server_stub.meetings.sfu.extensions import send_time
from server_stub.meetings.sfu.gaps import Gaps
from server_stub.meetings.sfu.history import History
from server_stub.meetings.sfu.offers import Line
from server_stub.meetings.sfu.packets import Head
from server_stub.meetings.sfu.reception import Reception
from server_stub.meetings.sfu.vp8 import PLAIN, read_vp8

# One key frame serves all who wait; it is asked for again when none came.
_KEY_AGAIN_SECONDS: Final = 0.5
_GAPS_SECONDS: Final = 0.02


class Watcher(Protocol):
    """A slot, as its sources know it."""

    def forward(self, source: Incoming, burst: Burst, now: float) -> None: ...


class Incoming:
    """Sans I/O; `now` in monotonic seconds. `urgent` is called when something is to be asked of the publisher; `requests` then says
    what. `due` is called when there are packets to spread: what comes at once is spread together."""

    def __init__(
        self,
        stream: Stream,
        line: Line,
        urgent: Callable[[Incoming, float], None],
        due: Callable[[Incoming], None],
    ) -> None:
        self.stream = stream
        self.ssrc = line.ssrc
        self.payload_type = line.payload_type
        self.rtx_payload_type = line.rtx_payload_type
        self.level_id = line.ids.audio_level
        self.reception = Reception(90_000 if line.video else 48_000)
        self.keys_asked = 0
        self.history = History() if line.video else None
        self._urgent = urgent
        self._due = due
        self._waiting: list[Packet] = []
        self._came_at = 0.0
        self._gaps = Gaps() if line.video else None
        self._watchers: list[Watcher] = []
        self._key_wanted = False
        self._key_asked = float("-inf")

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def watch(self, slot: Watcher) -> None:
        if not self._watchers and self._gaps is not None:
            self._gaps.restart()
        if slot not in self._watchers:
            self._watchers.append(slot)

    def unwatch(self, slot: Watcher) -> None:
        if slot in self._watchers:
            self._watchers.remove(slot)
        if not self._watchers:
            self._key_wanted = False

    def want_key(self, now: float) -> None:
        """Of all who ask within half a second, the first is passed on at once and the others wait for its answer."""
        if not self._key_wanted:
            self._key_wanted = True
            self._urgent(self, now)

    def receive(self, packet: bytes, head: Head, level: int | None, now: float) -> bool:
        """A packet of this stream, or one sent again with its first number; False when it is not what it says."""
        vp8 = PLAIN
        if self._gaps is not None:
            read = read_vp8(packet, head)
            if read is None:
                return False
            vp8 = read
            if not self._watchers:
                return True
            if not self._gaps.seen(head.sequence, now):
                return True
            if self._gaps.open:
                self._urgent(self, now)
            if vp8.key:
                self._key_wanted = False
        payload = packet[head.start : head.end]
        self._take(Packet(head.sequence, head.timestamp, head.marker, payload, *vp8, level), now)
        return True

    def forget(self) -> None:
        """The publisher is gone."""
        self._waiting = []
        if self.history is not None:
            self.history.forget()

    def spread(self, now: float) -> None:
        """Give those who watch what came since the last time; that it leaves `now` is what its packets say."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            sent_at = send_time(now)
            for row in _rows(waiting):
                burst = Burst(row, sent_at)
                for slot in self._watchers:
                    slot.forward(self, burst, self._came_at)

    def requests(self, now: float) -> tuple[list[int], bool, float | None]:
        """Numbers to ask for now, whether to ask for a key frame now, and in how many seconds to come back for more, if at all."""
        if self._gaps is None or not self._watchers:
            return [], False, None
        missing = self._gaps.due(now)
        ask = self._key_wanted and now - self._key_asked >= _KEY_AGAIN_SECONDS
        if ask:
            self._key_asked = now
            self.keys_asked += 1
        if self._gaps.open:
            return missing, ask, _GAPS_SECONDS
        return missing, ask, self._key_asked + _KEY_AGAIN_SECONDS - now if self._key_wanted else None

    def _take(self, packet: Packet, now: float) -> None:
        if self.history is not None:
            self.history.keep(packet)
        if not self._waiting:
            self._came_at = now
            self._due(self)
        self._waiting.append(packet)


def _rows(packets: list[Packet]) -> list[list[Packet]]:
    """Parted where numbers do not follow each other, as a burst's must."""
    rows, begun = [], 0
    for index in range(1, len(packets)):
        if packets[index].sequence != packets[index - 1].sequence + 1 & 0xFFFF:
            rows.append(packets[begun:index])
            begun = index
    rows.append(packets[begun:] if begun else packets)
    return rows
