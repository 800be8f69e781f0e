"""The verified directory, as services read it: what they need of `trust.directory`, so that a test gives them one without a log."""

from __future__ import annotations

from typing import Protocol

from protocol.directory.age import LogAge
from protocol.directory.organisation import Organisation
from protocol.directory.state import DirectoryState


class DirectoryPort(Protocol):
    """People, posts, devices and features as the log has them, verified; while the store is closed each raises `profile.locked`."""

    @property
    def state(self) -> DirectoryState:
        """Devices, generations and seals after every leaf that this device has folded."""
        ...

    @property
    def organisation(self) -> Organisation:
        """The newest snapshot.

        Raises:
            JinshuError: `directory.snapshot_missing`, there is none yet.
        """
        ...

    @property
    def size(self) -> int:
        """How many leaves of the log are folded."""
        ...

    @property
    def root(self) -> bytes:
        """The Merkle root of those leaves, 32 bytes: what an author signs that this device has seen."""
        ...

    @property
    def features(self) -> frozenset[str]:
        """What the site has switched on now: it decides which form is written."""
        ...

    def features_at(self, size: int) -> frozenset[str]:
        """What it had switched on when the log had that size."""
        ...

    @property
    def lacking(self) -> frozenset[str]:
        """Features the site has switched on that this program cannot read (C41)."""
        ...

    def lacking_at(self, size: int) -> frozenset[str]:
        """The same when the log had that size."""
        ...

    async def check_seen(self, size: int, root: bytes) -> None:
        """Compare the log head another device signed with this device's log.

        Raises:
            JinshuError: `directory.split_view`; `network.*`, the log had to be fetched first.
        """
        ...

    def organisation_at(self, org_seq: int) -> Organisation:
        """A snapshot of the past or the present.

        Raises:
            JinshuError: `directory.snapshot_missing`.
        """
        ...

    def stated_head(self) -> tuple[str, int, bytes] | None:
        """The log's name, size and root just after the CA's newest statement; None while there is none."""
        ...

    def age(self) -> LogAge:
        """How old the directory is (C45)."""
        ...

    def check_age(self) -> None:
        """Return if what reaches new people may be done.

        Raises:
            JinshuError: `directory.clock_differs`, `directory.stopped`.
        """
        ...
