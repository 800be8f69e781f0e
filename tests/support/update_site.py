"""A city's updates made with the CA's own commands, and whoever carries them: honestly, or not."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from protocol.errors import ErrorCode, JinshuError
from protocol.updates import Platform
from server_stub.ca.__main__ import COMMANDS
from server_stub.ca.arguments import build_parser
from server_stub.ca.folder import CaFolder, make_private_folder
from server_stub.ca.key_files import KeyCost
from server_stub.ca.passphrases import ISSUING, Passphrases
from server_stub.ca.speaker import Speaker
from server_stub.ca.state import CaState
from server_stub.ca.workplace import Workplace

START: Final = 1_790_000_000_000
DAY: Final = 24 * 3600 * 1000
PASSPHRASE: Final = "passphrase of the updates"
_CHEAP: Final = KeyCost(memory_kib=8, time=1, lanes=1)


class UpdateSite:
    """The operator's side, at a time the test sets (`now`, ms UTC); `carried` is what the server was last given."""

    def __init__(self, folder: Path, now: int = START) -> None:
        self.now = now
        self.folder = folder
        self.ca, self.safe, self.carried = folder / "ca", folder / "safe", folder / "carried"
        make_private_folder(self.ca)
        CaFolder(self.ca).save(CaState(city="云州市"))

    @classmethod
    def copied(cls, kept: UpdateSite, folder: Path) -> UpdateSite:
        """Another of the same keys and lists, in a folder of its own."""
        made = cls.__new__(cls)
        shutil.copytree(kept.folder, folder)
        made.now, made.folder = kept.now, folder
        made.ca, made.safe, made.carried = folder / "ca", folder / "safe", folder / "carried"
        return made

    def run(self, *arguments: str) -> dict[str, Any]:
        """One `jinshu-ca updates` command; what it says last, as a program reads it.

        Raises:
            CaError: it refused.
        """
        out = io.StringIO()
        speaker = Speaker(out, io.StringIO(), lang="zh", machine=True)
        work = Workplace(speaker, Passphrases({ISSUING: PASSPHRASE}), lambda: self.now, _CHEAP)
        args = build_parser().parse_args(["updates", arguments[0], str(self.ca), *arguments[1:]])
        COMMANDS[f"updates {arguments[0]}"](args, work)
        said: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
        return said

    def found(self) -> bytes:
        """Make the keys; returns what the snapshot pins."""
        return bytes.fromhex(self.run("init", "--root-dir", str(self.safe))["root"])

    def add(self, version: str, content: bytes, platform: Platform = Platform.TREE) -> str:
        """Take a package in; returns its file's name."""
        file = self.folder / f"jinshu-{version}-{platform}.tar"
        file.write_bytes(content)
        said = self.run(
            *("add", str(file), "--version", version, "--platform", platform.value),
            *("--notes-zh", f"{version} 的新内容", "--notes-en", f"new in {version}"),
        )
        return str(said["name"])

    def publish(self) -> Path:
        """Sign, and give the server all of it."""
        self.run("publish", "--out", str(self.carried))
        return self.carried

    def renew(self) -> None:
        self.run("renew", "--out", str(self.carried))

    def rotate(self, role: str) -> None:
        self.run("rotate", role, "--root-dir", str(self.safe), "--out", str(self.carried))

    def kept(self, name: str) -> Path:
        """A copy of what the server carries now, for a server that will want to show it later."""
        return Path(shutil.copytree(self.carried, self.folder / name))


@dataclass
class Carrier:
    """A server of updates in memory over a folder, one piece of `piece` bytes at a time; the test bends what it gives.

    `instead`: by name, what is given in a file's place; None: nothing. `breaks_after`: the connection breaks after so many bytes of a
    package, once. `endless`: names of which more and more comes. `between`: is awaited before each piece.
    """

    folder: Path
    piece: int = 1 << 16
    instead: dict[str, bytes | None] = field(default_factory=dict)
    breaks_after: int | None = None
    endless: set[str] = field(default_factory=set)
    asked: list[tuple[str, int]] = field(default_factory=list)
    given: int = 0
    between: Callable[[], Awaitable[None]] | None = None

    def read(self, folder: str, name: str, offset: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._read(folder, name, offset)

    @asynccontextmanager
    async def _read(self, folder: str, name: str, offset: int) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked.append((name, offset))
        yield self._pieces(self._content(folder, name)[offset:], name, folder == "targets")

    def _content(self, folder: str, name: str) -> bytes:
        path = self.folder / folder / name
        data = self.instead.get(name, path.read_bytes() if path.is_file() else None)
        if data is None:
            raise JinshuError(ErrorCode.UPDATES_MISSING)
        return data

    async def _pieces(self, data: bytes, name: str, package: bool) -> AsyncIterator[bytes]:
        came = 0
        while came < len(data) or name in self.endless:
            if self.between is not None:
                await self.between()
            piece = data[came : came + self.piece] or b"x" * self.piece
            if package and self.breaks_after is not None and came + len(piece) > self.breaks_after:
                self.breaks_after = None
                raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
            came += len(piece)
            self.given += len(piece)
            yield piece
