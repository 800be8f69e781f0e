"""How old this device's log is, by its CA's statements and its witnesses' co-signatures (C45); never by heads, which the server
signs itself.

What witnesses said is kept, the newest of each: a server that shows it no more does not make the log younger. A clock that is
further from the CA's last word than the grace is asked about once, since a wrong clock makes an old log look new and a new one old.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final

from client.core.clock import Clock
from client.core.events import Event, LogAged, NoticeRaised
from client.core.store import settings
from client.core.store.store_port import StorePort
from protocol.directory.age import DAY_MS, LogAge, cosigned_at, log_age
from protocol.directory.cosignatures import Cosignature, listed
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError

_COSIGNATURES: Final = "directory.cosignatures"
_CLOCK: Final = "directory.clock"


class AgeWatch:
    """The age of a verified log, what is said of it, and what its user said of the clock."""

    def __init__(self, store: StorePort, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._cosignatures: dict[bytes, Cosignature] = {}
        self._clock_is_right: tuple[int, int] | None = None  # the CA's last word then, and the clock then
        self._published: LogAge | None = None

    async def load(self) -> None:
        """Read what was kept; the store is open."""
        kept, clock = await self._store.read(
            lambda connection: (
                settings.get(connection, _COSIGNATURES, []),
                settings.get(connection, _CLOCK),
            )
        )
        found = [Cosignature(**each) for each in kept]
        self._cosignatures = {each.witness: each for each in found}
        self._clock_is_right = None if clock is None else (clock["stated_at"], clock["now"])

    def forget(self) -> None:
        self._cosignatures = {}
        self._clock_is_right = self._published = None

    def age(self, state: DirectoryState) -> LogAge:
        """The age by this device's clock."""
        return log_age(
            state, self._clock.now_ms(), cosigned_at(self._cosignatures.values(), state), self._asked(state)
        )

    def check(self, state: DirectoryState) -> None:
        """Return if what reaches new people may be done.

        Raises:
            JinshuError: `directory.clock_differs`, the user is to be asked about the date first; `directory.stopped`.
        """
        age = self.age(state)
        if age.clock_differs:
            raise JinshuError(ErrorCode.DIRECTORY_CLOCK_DIFFERS, stated=age.stated_at)
        age.check()

    async def confirm_clock(self, state: DirectoryState) -> None:
        """The user looked at the date and says that it is right: from now on the log's age alone counts."""
        stated_at, now = self.age(state).stated_at, self._clock.now_ms()
        value = {"stated_at": stated_at, "now": now}
        await self._store.write(lambda connection: settings.put(connection, _CLOCK, value))
        self._clock_is_right = (stated_at, now)

    async def take(
        self,
        shown: Sequence[Cosignature],
        state: DirectoryState,
        origin: str,
        size: int,
        root_at: Callable[[int], bytes],
    ) -> None:
        """Keep what the site's witnesses said of this log since.

        Raises:
            JinshuError: `directory.cosignature_invalid`, no witness said so; `directory.split_view`, a witness saw another log.
        """
        witnesses = listed(state.organisation.log_policy.witnesses)
        fresh = dict(self._cosignatures)
        for each in shown:
            if each.witness not in witnesses:
                continue  # of a policy this device has not read yet, or no longer
            witnesses[each.witness].verify(each, origin)
            if each.size > size:
                continue  # of leaves that came since the head: it is shown again with them
            if root_at(each.size) != each.root:
                raise RemoteProtocolError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=each.size)
            known = fresh.get(each.witness)
            if known is None or (known.at_s, known.size) < (each.at_s, each.size):
                fresh[each.witness] = each
        fresh = {witness: each for witness, each in fresh.items() if witness in witnesses}
        if fresh != self._cosignatures:
            rows = [asdict(each) for each in fresh.values()]
            await self._store.write(lambda connection: settings.put(connection, _COSIGNATURES, rows))
            self._cosignatures = fresh

    def news(self, state: DirectoryState) -> list[Event]:
        """What has changed about the age since it was last told, each statement that became late by its name: withholding the next
        is the one lie that needs no forgery."""
        before, age = self._published, self.age(state)
        self._published = age
        late = set(age.late) - set(before.late if before is not None else ())
        notices: list[Event] = [
            NoticeRaised(ErrorCode.DIRECTORY_OVERDUE, (("statement", name.value),)) for name in sorted(late)
        ]
        return notices if age == before else [*notices, LogAged(age)]

    def _asked(self, state: DirectoryState) -> bool:
        """Whether the user vouched for the clock, as it went on since."""
        if self._clock_is_right is None:
            return False
        stated_at, then = self._clock_is_right
        latest = max((each.issued_at for each in state.statements.values()), default=0)
        return latest == stated_at and abs(self._clock.now_ms() - then) <= _grace(state)


def _grace(state: DirectoryState) -> int:
    return state.organisation.log_policy.grace_days * DAY_MS
