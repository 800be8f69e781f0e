"""One profile folder, held by one process: its identity, its server, and how far its enrolment is."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Final, Self

from client.core.durable import DurablePoints, write_whole
from client.core.paths import ProfilePaths
from protocol.errors import ErrorCode, JinshuError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FORMAT: Final = 1


class Stage(StrEnum):
    """What is on disk of this profile."""

    NEW = "new"
    WAITING = "waiting"
    APPROVED = "approved"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """The content of profile.json: nothing in it is secret."""

    id: str
    stage: Stage
    server: str
    label: str


class ProfileLock:
    """The lock file, held as long as the process lives: the system lets go of it even after a crash."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.release()
            raise JinshuError(ErrorCode.PROFILE_IN_USE, folder=path.parent.name) from None

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Profile:
    """An open profile folder. Use `Profile.open`; `close` lets another process have it."""

    def __init__(
        self, paths: ProfilePaths, lock: ProfileLock, facts: ProfileFacts, points: DurablePoints
    ) -> None:
        self.paths = paths
        self._lock = lock
        self._facts = facts
        self._points = points

    @classmethod
    def open(cls, root: Path, entropy: Callable[[int], bytes], points: DurablePoints | None = None) -> Self:
        """Take the folder, making it if it is not there.

        Raises:
            JinshuError: profile.in_use, profile.too_new or profile.damaged.
        """
        points = points or DurablePoints()
        paths = ProfilePaths(root)
        paths.create()
        lock = ProfileLock(paths.lock)
        try:
            if paths.profile.exists():
                return cls(paths, lock, read_facts(paths.profile), points)
            if paths.store.exists() or paths.slots.exists():
                # A store whose profile.json is gone is somebody's documents: never start over beside it.
                raise JinshuError(ErrorCode.PROFILE_DAMAGED, folder=root.name)
            name = base64.b32encode(entropy(10)).decode("ascii").lower()
            profile = cls(paths, lock, ProfileFacts(name, Stage.NEW, "", ""), points)
            profile.change()
        except BaseException:
            lock.release()
            raise
        return profile

    @property
    def facts(self) -> ProfileFacts:
        return self._facts

    def change(
        self, *, stage: Stage | None = None, server: str | None = None, label: str | None = None
    ) -> None:
        """Write profile.json with what differs."""
        old = self._facts
        facts = replace(
            old,
            stage=old.stage if stage is None else stage,
            server=old.server if server is None else server,
            label=old.label if label is None else label,
        )
        text = json.dumps({"format": FORMAT, **asdict(facts)}, ensure_ascii=False, indent=1)
        write_whole(self.paths.profile, text.encode("utf-8"), self._points)
        self._facts = facts

    def set_aside(self) -> Path:
        """Move the closed store, its slots and its files into a folder of their own beside them, and be as new.

        Nothing is deleted: whoever remembers the passphrase after all can have it put back. The stage is written last, so that a
        crash in between leaves a profile that is still locked, and setting it aside again goes on.

        Returns:
            The folder, `set-aside-1` or the next that is free.
        """
        taken = {path.name for path in self.paths.root.glob("set-aside-*")}
        number = next(number for number in count(1) if f"set-aside-{number}" not in taken)
        aside = self.paths.root / f"set-aside-{number}"
        aside.mkdir(mode=0o700)
        store = self.paths.store
        kept = (self.paths.slots, store, *(store.with_name(store.name + end) for end in ("-wal", "-shm")))
        for path in (*kept, self.paths.blobs):
            if path.exists():
                path.rename(aside / path.name)
        self.paths.create()
        self.change(stage=Stage.NEW, label="")
        return aside

    def close(self) -> None:
        self._lock.release()


def is_held(lock: Path) -> bool:
    """Whether a process has the profile of this lock file open; the file is neither made nor changed.

    Raises:
        OSError: the file cannot be opened.
    """
    if not lock.exists():
        return False
    descriptor = os.open(lock, os.O_RDWR)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        else:
            # Shared: two who only ask do not see each other.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_facts(path: Path) -> ProfileFacts:
    """Read a profile.json.

    Raises:
        JinshuError: profile.too_new or profile.damaged.
        OSError: the file cannot be read.
    """
    try:
        value = json.loads(path.read_bytes())
        if value["format"] > FORMAT:
            raise JinshuError(ErrorCode.PROFILE_TOO_NEW, folder=path.parent.name)
        return ProfileFacts(
            str(value["id"]), Stage(value["stage"]), str(value["server"]), str(value["label"])
        )
    except (ValueError, KeyError, TypeError):
        raise JinshuError(ErrorCode.PROFILE_DAMAGED, folder=path.parent.name) from None
