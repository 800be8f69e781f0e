"""The city's list of versions, read through TUF: which packages it signs now, by hash.

Rules (PROTOCOL.md §9):
- The first root is the one whose hash stands in the CA's snapshot; each later root is signed by the one before. No server can put
  another in its place.
- What was seen once is kept, so that a list can only grow newer: an older one, or parts of two, are refused.
- A list has a day on which it runs out. Who is kept on an old one learns it within thirty days.

How it works: `tuf.ngclient` does all of that and blocks; it runs in a worker thread and asks for each file on the core's loop, by way
of the `read` it is given. Times are those of the core's clock.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.api.metadata import TargetFile
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from client.updates.signed_package import SignedPackage, UpdateList
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.updates import MAX_METADATA, MAX_PACKAGE, UpdateFacts, is_file_name

_ALGORITHM: Final = "sha256"
# A root a year would take a century to reach it; each costs a request.
_MOST_ROOTS: Final = 128
_STAMP: Final = 16 << 10


def read_list(folder: Path, pinned: bytes, read: Callable[[str], bytes], now: int) -> UpdateList:
    """Bring the list up to date; blocks.

    Args:
        folder: what was seen so far, of this root alone.
        pinned: SHA-256 of the first root, 32 bytes.
        read: gives a file of the repository's `metadata` by its name, never more than `protocol.updates.MAX_METADATA` bytes.
        now: ms UTC.

    Raises:
        JinshuError: `updates.missing`, the server has none; `updates.expired`; `updates.untrusted`, it shows what the city did not
            sign, or signed before what was seen; `network.*`.
        OSError: what was seen could not be written down.
    """
    try:
        updater = _At(folder, _first_root(folder, pinned, read), _Fetcher(read), now)
        updater.refresh()
        return updater.found()
    except ExpiredMetadataError:
        raise JinshuError(ErrorCode.UPDATES_EXPIRED) from None
    except (RepositoryError, DownloadLengthMismatchError) as error:
        raise RemoteProtocolError(ErrorCode.UPDATES_UNTRUSTED, why=type(error).__name__) from error
    except DownloadHTTPError:
        raise JinshuError(ErrorCode.UPDATES_MISSING) from None
    except DownloadError as error:
        cause = error.__cause__
        if isinstance(cause, JinshuError):
            raise cause from None
        raise JinshuError(ErrorCode.NETWORK_UNREACHABLE) from error


class _At(Updater):
    """The updater at a given time. WORKAROUND(tuf reads the machine's clock in its constructor, until it takes a time)."""

    def __init__(self, folder: Path, root: bytes, fetcher: FetcherInterface, now: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = UpdaterConfig(
            max_root_rotations=_MOST_ROOTS,
            max_delegations=0,
            root_max_length=MAX_METADATA,
            timestamp_max_length=_STAMP,
            snapshot_max_length=MAX_METADATA,
            targets_max_length=MAX_METADATA,
        )
        super().__init__(str(folder), "metadata", fetcher=fetcher, config=config, bootstrap=root)
        self._trusted_set.reference_time = datetime.fromtimestamp(now / 1000, UTC)

    def found(self) -> UpdateList:
        """What the newest list says, after `refresh`."""
        listed = self._trusted_set.targets.targets.values()
        stamp, snapshot = self._trusted_set.timestamp, self._trusted_set.snapshot
        until = min(stamp.expires, snapshot.expires, self._trusted_set.targets.expires)
        packages = [package for each in listed if (package := _package(each)) is not None]
        return UpdateList(tuple(packages), int(until.timestamp() * 1000))


class _Fetcher(FetcherInterface):
    """TUF's way to the server."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix("metadata/")
        try:
            data = self._read(name)
        except JinshuError as error:
            if error.code is ErrorCode.UPDATES_MISSING:
                raise DownloadHTTPError("no such file", 404) from None
            if error.code is ErrorCode.WIRE_TOO_LARGE:
                raise DownloadLengthMismatchError("no end") from None
            raise
        return iter((data,))


def _first_root(folder: Path, pinned: bytes, read: Callable[[str], bytes]) -> bytes:
    """The root the snapshot names: as it was seen before, or from the server, which cannot give another."""
    kept = folder / "root_history" / "1.root.json"
    data = kept.read_bytes() if kept.is_file() else b""
    if not _is(data, pinned):
        try:
            data = read("1.root.json")
        except JinshuError as error:
            # More than any list may have is none that was signed.
            if error.code is ErrorCode.WIRE_TOO_LARGE:
                raise RemoteProtocolError(ErrorCode.UPDATES_UNTRUSTED, why="size") from None
            raise
    if not _is(data, pinned):
        raise RemoteProtocolError(ErrorCode.UPDATES_UNTRUSTED, why="root")
    return data


def _is(data: bytes, digest: bytes) -> bool:
    return hmac.compare_digest(hashlib.sha256(data).digest(), digest)


def _package(target: TargetFile) -> SignedPackage | None:
    """A package out of the signed list; one for a platform of a later version, or said in its words, is passed over."""
    digest = target.hashes.get(_ALGORITHM, "")
    try:
        facts = UpdateFacts.parse(target.custom)
        sha256 = bytes.fromhex(digest)
    except (JinshuError, ValueError):
        return None
    if facts is None or len(sha256) != 32 or not is_file_name(target.path):
        return None
    if not 0 < target.length <= MAX_PACKAGE:
        return None
    return SignedPackage(target.path, f"{sha256.hex()}.{target.path}", target.length, sha256, facts)
