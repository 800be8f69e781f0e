"""A computer that looks for updates: the real service over a store in memory, at a directory that pins a root."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from client.core.bus import EventBus
from client.core.events import Event
from client.core.settings import Settings
from client.core.trust.directory_port import DirectoryPort
from client.updates.ports import UpdateServer
from client.updates.updates import ThisProgram, Updates
from protocol.directory.organisation import SITE_ID, UPDATE_ROOT_ID, Entry, Organisation, Site, UpdateRoot
from protocol.features import UPDATES
from protocol.updates import Platform
from tests.support.memory_store import MemoryStore
from tests.support.update_site import START
from tests.unit.core.clocks import ManualClock


@dataclass
class PinningDirectory:
    """The one thing updates ask of a directory; `state` is itself."""

    root: bytes | None

    @property
    def organisation(self) -> Organisation:
        entries: list[Entry] = [Site(SITE_ID, (UPDATES.name,), 0)]
        if self.root is not None:
            entries.append(UpdateRoot(UPDATE_ROOT_ID, self.root))
        return Organisation(1, sorted(entries, key=lambda each: each.id))

    @property
    def state(self) -> PinningDirectory:
        return self


TREE = ThisProgram("0.4.0", Platform.TREE, keeps_former=True)


@dataclass
class UpdateOffice:
    """`updates` at `server`; `restarted` is the same computer after the program was started anew."""

    folder: Path
    server: UpdateServer
    pinned: bytes | None
    program: ThisProgram = TREE
    now: int = START
    failed: frozenset[str] = frozenset()
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = MemoryStore()
        self.restarted()

    def restarted(self) -> Updates:
        self.clock, self.bus = ManualClock(self.now), EventBus()
        self.bus.subscribe(self.events.append)
        self.directory = PinningDirectory(self.pinned)
        self.updates = Updates(
            cast(DirectoryPort, self.directory),
            self.server,
            Settings(self.store),
            self.clock,
            self.bus,
            lambda: 0.0,
            self.folder / "updates",
            self.program,
            lambda: self.failed,
        )
        return self.updates
