"""The state of `rollback.py` on disk, and its deeds done: what the program asks before it opens a profile."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from client.core.durable import DurablePoints, write_whole
from client.core.profile import ProfileLock
from client.updates import rollback
from client.updates.profile_copy import ProfileCopy
from client.updates.rollback import Deed, UpdatePhase, UpdateState
from protocol.errors import JinshuError

_log = logging.getLogger(__name__)
_FILE: Final = "state.json"


class UpdateJournal:
    """One profile's updates as the version `running` sees them. Its methods block."""

    def __init__(self, profile: Path, running: str, points: DurablePoints | None = None) -> None:
        self._profile = profile
        self._running = running
        self._points = points or DurablePoints()
        self._copy = ProfileCopy(profile)

    @property
    def state(self) -> UpdateState:
        """As it is on disk; a file that cannot be read says that nothing is under way."""
        try:
            value = json.loads((self._profile / "updates" / _FILE).read_bytes())
            return UpdateState(
                UpdatePhase(value["phase"]),
                str(value["good"]),
                str(value["fresh"]),
                int(value["tries"]),
                str(value["former"]),
                tuple(map(str, value["failed"])),
                str(value["untold"]),
            )
        except FileNotFoundError:
            return UpdateState()
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("the state of the updates cannot be read: none is under way")
            return UpdateState()

    def failed(self) -> frozenset[str]:
        """Versions that did not start here."""
        return frozenset(self.state.failed)

    def begin(self) -> Deed:
        """Before the profile is opened: make the copy, or put it back, as need be.

        Returns `GO`, or `GO_BACK`: then the caller brings the former version back and runs it. A profile that another process holds
        is left alone.

        Raises:
            JinshuError: `updates.no_space`, `profile.in_use`.
            OSError: the disk failed; nothing was opened.
        """
        if not self._profile.is_dir():
            return Deed.GO
        lock = ProfileLock(self._profile / "lock")
        try:
            state, deed = rollback.begun(self.state, self._running)
            if deed is Deed.COPY:
                # The copy first: a state that says there is one when there is none would put back an older one.
                self._copy.make()
            if deed is Deed.RESTORE:
                # Written down only when it is done: it is begun anew after a crash.
                if self._copy.exists:
                    self._copy.put_back()
                state = rollback.restored(state, self._running)
            self._save(state)
            return Deed.GO_BACK if deed is Deed.GO_BACK else Deed.GO
        finally:
            lock.release()

    def install(self, fresh: str, former: Path | None, install: Callable[[], None]) -> None:
        """Copy the profile, then let `install` replace this version by `fresh`. The caller holds the profile, its store is closed.

        Raises:
            JinshuError: `updates.no_space`, or what `install` raises; this version is still the one to run.
        """
        self._copy.make()
        self._save(rollback.installing(self.state, self._running, fresh, str(former or "")))
        try:
            install()
        except BaseException:
            self._save(rollback.not_installed(self.state))
            self._copy.remove()
            raise

    def died_unseen(self) -> None:
        """The new version was started by this one and died before it wrote anything."""
        self._save(rollback.died_unseen(self.state))

    def end(self) -> None:
        """The program closes in order and has not started."""
        self._save(rollback.ended(self.state, self._running))

    def complete(self) -> None:
        """This version has started. Call it before anything connects."""
        before = self.state
        self._save(rollback.completed(before, self._running))
        self._copy.remove()
        if before.phase is UpdatePhase.STARTING:
            self._copy.remove_aside()

    def untold(self) -> str:
        """The version that did not start and that the user has not heard of; asking is telling."""
        state = self.state
        if state.untold:
            self._save(rollback.told(state))
        return state.untold

    def _save(self, state: UpdateState) -> None:
        if state == self.state:
            return
        folder = self._profile / "updates"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps(asdict(state), ensure_ascii=False, indent=1)
        write_whole(folder / _FILE, text.encode("utf-8"), self._points)


def begin_or_leave(journal: UpdateJournal) -> Deed:
    """`UpdateJournal.begin` for a program that must start whatever happens to its updates: what fails is logged, and it goes on."""
    try:
        return journal.begin()
    except (JinshuError, OSError) as error:
        # In use: who holds it decides. No space: a version that opens the profile without a copy is what there was before.
        _log.warning("updates are left alone: %s", type(error).__name__)
        return Deed.GO
