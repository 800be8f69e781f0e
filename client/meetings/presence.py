"""Who is in a meeting at the moment, in the order they came, and who was: JOINs that were verified, and the server's word on the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.meetings.payloads import MAX_PARTICIPANTS

_MOST_UNSEEN: Final = MAX_PARTICIPANTS


@dataclass(frozen=True, slots=True)
class Stay:
    """A device in the meeting, by its verified JOIN (whose entry id is `id`)."""

    id: bytes
    person: str
    device: str
    nonce: bytes


class Presence:
    """Seen from one stay, which is always there. `changed` is told the time when somebody came or went."""

    def __init__(self, meeting: str, me: Stay, changed: Callable[[int], None]) -> None:
        self._meeting = meeting
        self._me = me
        self._changed = changed
        self._known: dict[bytes, Stay] = {me.id: me}  # every stay seen, present or not
        self._over: dict[bytes, int] = {}  # stays that do not come back, and when they went
        self._over_unseen: dict[bytes, int] = {}  # JOINs that were said to be over before they came
        self._present: dict[bytes, None] = {me.id: None}  # in the order they came

    def __contains__(self, join: object) -> bool:
        return join in self._present

    @property
    def joins(self) -> list[bytes]:
        return list(self._present)

    @property
    def stays(self) -> tuple[Stay, ...]:
        return tuple(self._known[each] for each in self._present)

    def known(self, join: bytes) -> Stay | None:
        """A stay that was seen, present or not."""
        return self._known.get(join)

    def went_at(self, join: bytes) -> int | None:
        """When a stay was over; None: it is not, as far as is known here."""
        return self._over.get(join, self._over_unseen.get(join))

    def came(self, stay: Stay, now_ms: int) -> None:
        """Somebody's JOIN was verified; an earlier stay of the same device is over.

        Raises:
            JinshuError: `meetings.not_admitted`, that stay is over, or I am said to be somebody else's second self.
        """
        mine = stay.device == self._me.device and stay.id != self._me.id
        if mine or self.went_at(stay.id) is not None:
            raise RemoteProtocolError(ErrorCode.MEETINGS_NOT_ADMITTED, meeting=self._meeting)
        self.left(stay.device, now_ms, but=stay.id)
        self._known[stay.id] = stay
        if stay.id not in self._present:
            self._present[stay.id] = None
            self._changed(now_ms)

    def arrange(self, joins: list[bytes]) -> None:
        """The order in which those present came, as the server tells it to whoever comes."""
        here = self._present
        self._present = dict.fromkeys([*(join for join in joins if join in here), *here])

    def left(self, device: str, now_ms: int, *, but: bytes | None = None) -> None:
        """A device is gone, by the server's word: whoever is kept out by a lie notices, and nobody else is harmed."""
        for join in [join for join in self._present if join != but and self._known[join].device == device]:
            self.over(join, now_ms)

    def over(self, join: bytes, now_ms: int) -> None:
        """The same by the JOIN, which may not have been seen yet."""
        if join == self._me.id:
            return
        if join in self._known:
            self._over.setdefault(join, now_ms)
        else:
            # Nobody signed it, and a server may invent ids without end: a JOIN follows its end closely, or never.
            self._over_unseen.setdefault(join, now_ms)
            if len(self._over_unseen) > _MOST_UNSEEN:
                del self._over_unseen[next(iter(self._over_unseen))]
        if join in self._present:
            del self._present[join]
            self._changed(now_ms)
