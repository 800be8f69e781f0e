"""A package on its way to this disk: it goes on where it was broken off, and is one only when its hash is the signed one."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from client.core.errors import as_jinshu_error
from client.updates.ports import UpdateServer
from client.updates.signed_package import SignedPackage
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError

_GATHERED: Final = 1 << 20


class PackageFiles:
    """The folder of packages: those that are whole, and parts of those that are not yet."""

    def __init__(self, folder: Path, server: UpdateServer) -> None:
        self._folder = folder
        self._server = server

    def path(self, package: SignedPackage) -> Path:
        """Where a whole package lies, or will."""
        return self._folder / package.name

    async def has(self, package: SignedPackage) -> bool:
        """Whether it lies there as it was signed, read to its last byte."""
        return await asyncio.to_thread(_is_whole, self.path(package), package)

    async def fetch(self, package: SignedPackage, progress: Callable[[int], None]) -> Path:
        """The whole package; what came before a break or a cancel is kept for the next try.

        Args:
            package: as the city's list has it.
            progress: is told how many bytes are here.

        Raises:
            JinshuError: `updates.package_mismatch`, the server gives something else (all of it is thrown away); `network.*`;
                `store.full`.
        """
        target = self.path(package)
        if await self.has(package):
            return target
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._folder / f"{package.sha256.hex()}.part"
            await self._fill(part, package, progress)
            if not await asyncio.to_thread(_is_whole, part, package):
                _throw_away(part)
                raise RemoteProtocolError(ErrorCode.UPDATES_PACKAGE_MISMATCH, name=package.name)
            os.replace(part, target)
        except OSError as error:
            raise as_jinshu_error(error) from error
        return target

    def keep_only(self, *packages: SignedPackage) -> None:
        """Remove what belongs to none of these."""
        wanted = {each.name for each in packages} | {f"{each.sha256.hex()}.part" for each in packages}
        for each in self._folder.glob("*"):
            if each.name not in wanted:
                each.unlink(missing_ok=True)

    async def _fill(self, part: Path, package: SignedPackage, progress: Callable[[int], None]) -> None:
        here = _came(part, package)
        progress(here)
        if here == package.size:
            return
        with part.open("ab") as file:
            gathered = bytearray()
            try:
                async with self._server.read("targets", package.remote, here) as pieces:
                    async for piece in pieces:
                        here += len(piece)
                        if here > package.size:
                            # The rest is never read, and none of it believed.
                            gathered.clear()
                            _throw_away(part)
                            raise RemoteProtocolError(ErrorCode.UPDATES_PACKAGE_MISMATCH, name=package.name)
                        gathered += piece
                        if len(gathered) >= _GATHERED:
                            data, gathered = bytes(gathered), bytearray()
                            await asyncio.to_thread(_write, file, data)
                            progress(here)
            finally:
                # Also when the connection broke, or the user gave up.
                _write(file, bytes(gathered))
            progress(here)
        if here < package.size:
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)


def _came(part: Path, package: SignedPackage) -> int:
    """How much of it is here; more than the whole is none of it."""
    here = part.stat().st_size if part.is_file() else 0
    if here > package.size:
        _throw_away(part)
        return 0
    return here


def _throw_away(part: Path) -> None:
    part.unlink(missing_ok=True)


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _is_whole(path: Path, package: SignedPackage) -> bool:
    if not path.is_file() or path.is_symlink() or path.stat().st_size != package.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest() == package.sha256
