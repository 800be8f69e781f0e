"""A copy of a profile beside it, made while nothing is open, and put back the same way.

Store, keys of the store and settings are copied byte by byte. Attachments never change under their names, so the copy of one is a
second name for the same file. The log stays where it is, and so does the folder of the updates, in which the copy lies.

Everything here can be done again after a crash: a copy has its name only when it is whole, and putting it back reads it only.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from client.core.durable import sync_folder
from protocol.errors import ErrorCode, JinshuError

_COPY: Final = "copy"
_ASIDE: Final = "set-aside"
_NOT_COPIED: Final = frozenset({"updates", "lock", "log"})
_BLOBS: Final = "blobs"
_WHOLE_BLOB: Final = re.compile(r"[0-9a-f]{64}")
# For what the new version writes while it brings the store up to date.
_SPARE: Final = 64 << 20


class ProfileCopy:
    """The copy in a profile's folder of updates. The caller holds the profile's lock, and no store of it is open."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._updates = profile / "updates"
        self._copy = self._updates / _COPY

    @property
    def exists(self) -> bool:
        return self._copy.is_dir()

    def make(self) -> None:
        """Copy the profile in the place of any former copy.

        Raises:
            JinshuError: `updates.no_space`; nothing was changed.
            OSError: reading or writing failed; there is no copy.
        """
        self._updates.mkdir(mode=0o700, exist_ok=True)
        fresh = self._updates / f"{_COPY}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._check_space()
        fresh.mkdir(mode=0o700)
        for each in self._contents():
            _copied(each, fresh / each.name)
        sync_folder(fresh)
        self.remove()
        fresh.rename(self._copy)
        sync_folder(self._updates)

    def put_back(self) -> None:
        """Make the profile what it was when it was copied; what lay there since is kept aside.

        Raises:
            FileNotFoundError: there is no copy; nothing was changed.
            OSError: the profile is half what it was; to be done again.
        """
        wanted = {each.name: each for each in sorted(self._copy.iterdir())}
        aside = self._updates / _ASIDE
        aside.mkdir(mode=0o700, exist_ok=True)
        # Also what the copy does not have: a newer store's write-ahead log beside the older store would be its end.
        for each in self._contents():
            if each.name != _BLOBS:
                _moved(each, aside / each.name)
        for name, source in wanted.items():
            if name == _BLOBS:
                _put_back_blobs(source, self._profile / _BLOBS)
            else:
                _copied(source, self._profile / name)
        sync_folder(self._profile)

    def remove(self) -> None:
        """The copy is of no use any more."""
        shutil.rmtree(self._copy, ignore_errors=True)

    def remove_aside(self) -> None:
        """Nor is what a version left that did not start."""
        shutil.rmtree(self._updates / _ASIDE, ignore_errors=True)

    def _contents(self) -> Iterator[Path]:
        for each in sorted(self._profile.iterdir()):
            # A socket, by which a second start finds the first, is nothing that could be copied.
            kept = each.is_dir() or each.is_file()
            if kept and each.name not in _NOT_COPIED and not each.is_symlink():
                yield each

    def _check_space(self) -> None:
        files = [each for each in self._profile.iterdir() if each.is_file()]
        needed = sum(each.stat().st_size for each in files if each.name not in _NOT_COPIED) + _SPARE
        if shutil.disk_usage(self._profile).free < needed:
            raise JinshuError(ErrorCode.UPDATES_NO_SPACE, megabytes=(needed >> 20) + 1)


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(mode=0o700, exist_ok=True)
        for each in sorted(source.iterdir()):
            if not each.is_symlink():
                _copied(each, target / each.name)
        sync_folder(target)
    elif source.parent.name == _BLOBS and _WHOLE_BLOB.fullmatch(source.name):
        _linked(source, target)
    else:
        _copied_file(source, target)


def _copied_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _linked(source: Path, target: Path) -> None:
    """A second name; a copy where the disk knows none."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        _copied_file(source, target)


def _put_back_blobs(source: Path, target: Path) -> None:
    """Those that are gone; one that came since does no harm, for nothing names it."""
    target.mkdir(mode=0o700, exist_ok=True)
    for each in sorted(source.iterdir()):
        if not (target / each.name).exists():
            _copied(each, target / each.name)


def _moved(source: Path, target: Path) -> None:
    """Aside, unless that was done before a crash: then what lies here is our own half-done work."""
    if not target.exists():
        source.rename(target)
    elif source.is_dir():
        shutil.rmtree(source)
    else:
        source.unlink()
