"""Whether there is a newer version, and its package on this disk: once a day, and whenever the user asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.errors import as_jinshu_error
from client.core.events import DirectoryChanged, Event, UpdatesChanged
from client.core.settings import Settings
from client.core.tasks import wait_at_most
from client.core.trust.directory_port import DirectoryPort
from client.updates.package_file import PackageFiles
from client.updates.ports import UpdateServer
from client.updates.rows import UpdateRow, UpdateStage
from client.updates.signed_package import SignedPackage, UpdateList
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.updates import MAX_METADATA, Platform, Version

_log = logging.getLogger(__name__)
_DAY_SECONDS: Final = 24 * 3600.0
_AGAIN_SECONDS: Final = 1800.0
_SPREAD_SECONDS: Final = 600.0
_DAY_MS: Final = 24 * 3600 * 1000
# A list is some kilobytes; a server that lets it drip longer than this gives none.
_LIST_SECONDS: Final = 120.0
_PUT_OFF: Final = "updates.put_off"


@dataclass(frozen=True, slots=True)
class ThisProgram:
    """Which release runs here, and what it can install.

    `platform`: None where it was not installed from a package. `keeps_former`: the version that runs now stays on the disk beside
    a new one, so that its package is not needed to come back to it.
    """

    release: str
    platform: Platform | None
    keeps_former: bool


@dataclass(frozen=True, slots=True)
class ReadyUpdate:
    """Packages on this disk, checked to the last byte just now. `former`: of the version that runs, to come back to; None: there is
    none, or none is needed."""

    version: str
    package: Path
    former: Path | None


class Updates:
    """The state of one computer; `row` is what pages show of it.

    Publishes `UpdatesChanged` whenever the row is different.
    """

    def __init__(
        self,
        directory: DirectoryPort,
        server: UpdateServer,
        settings: Settings,
        clock: Clock,
        bus: EventBus,
        jitter: Callable[[], float],
        folder: Path,
        program: ThisProgram,
        failed: Callable[[], frozenset[str]],
    ) -> None:
        """Args:
        folder: of the updates in the profile.
        failed: versions that did not start on this computer; they are not offered again.
        """
        self._directory = directory
        self._server = server
        self._settings = settings
        self._clock = clock
        self._bus = bus
        self._jitter = jitter
        self._lists = folder / "lists"
        self._files = PackageFiles(folder / "packages", server)
        self._program = program
        self._failed = failed
        self._row = UpdateRow(UpdateStage.UNCHECKED, program.release)
        self._package: SignedPackage | None = None
        self._former: SignedPackage | None = None
        self._wanted = asyncio.Event()
        self._pinned: bytes | None = None
        self._turn = asyncio.Lock()
        bus.subscribe(self._heard)

    @property
    def row(self) -> UpdateRow:
        return self._row

    async def state(self) -> UpdateRow:
        """The row, asked for on the core's loop."""
        return self._row

    async def run(self) -> None:
        """Look at once and then every day, until cancelled."""
        while True:
            try:
                await self.check()
                pause = _DAY_SECONDS
            except JinshuError as error:
                _log.info("no list of updates: %s", error.code.value)
                pause = _AGAIN_SECONDS if error.recovery is Recovery.RETRY else _DAY_SECONDS
            # Computers that were switched on together do not ask together for ever.
            await wait_at_most(self._wanted, self._clock, pause + self._jitter() * _SPREAD_SECONDS)
            self._wanted.clear()

    async def check(self) -> UpdateRow:
        """Bring the list up to date.

        Raises:
            JinshuError: as `client.updates.update_list.read_list`; the row says it as well, and what was found before still counts.
        """
        async with self._turn:
            pinned = self._pinned = self._directory.organisation.update_root
            if pinned is None:
                self._become(UpdateRow(UpdateStage.NONE, self._program.release))
                return self._row
            try:
                await self._take(await self._read(pinned))
            except (JinshuError, OSError) as error:
                fault = as_jinshu_error(error)
                # Nothing to be alarmed at: the computer is away from its office, or the operator has published nothing yet.
                silent = fault.recovery is Recovery.RETRY or fault.code is ErrorCode.UPDATES_MISSING
                self._become(replace(self._row, fault=None if silent else fault.code))
                raise fault from error
            return self._row

    async def fetch(self) -> UpdateRow:
        """Bring the package here, and the one to come back to; goes on where it was broken off. To give up, cancel it.

        Raises:
            JinshuError: `updates.missing`, there is nothing newer; `updates.package_mismatch`, `network.*`, `store.full`.
        """
        async with self._turn:
            package = self._package
            if package is None:
                raise JinshuError(ErrorCode.UPDATES_MISSING)
            wanted = [each for each in (self._former, package) if each is not None]
            total = sum(each.size for each in wanted)
            stage = UpdateStage.AVAILABLE
            self._become(replace(self._row, stage=UpdateStage.LOADING, size=total, done=0, fault=None))
            try:
                await self._fetch(wanted)
                stage = UpdateStage.READY
            except JinshuError as error:
                self._row = replace(self._row, fault=error.code)
                raise
            finally:
                self._become(replace(self._row, stage=stage, done=total if stage is UpdateStage.READY else 0))
            return self._row

    async def ready(self) -> ReadyUpdate:
        """What `fetch` brought, read once more: it may have lain there for weeks.

        Raises:
            JinshuError: `updates.no_installer`; `updates.package_mismatch`, it is not what the city signed, and must be fetched anew.
        """
        package, former = self._package, self._former
        if self._program.platform is None or package is None:
            raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER)
        for each in (package, former):
            if each is not None and not await self._files.has(each):
                self._become(replace(self._row, stage=UpdateStage.AVAILABLE, done=0))
                raise JinshuError(ErrorCode.UPDATES_PACKAGE_MISMATCH, name=each.name)
        return ReadyUpdate(
            str(package.facts.version),
            self._files.path(package),
            None if former is None else self._files.path(former),
        )

    async def put_off(self) -> None:
        """Say nothing of this version for a day; the settings show it all the same."""
        value = {"version": self._row.version, "until": self._clock.now_ms() + _DAY_MS}
        await self._settings.save(_PUT_OFF, value)
        self._become(replace(self._row, put_off=True))

    async def _read(self, pinned: bytes) -> UpdateList:
        loop = asyncio.get_running_loop()
        ends_at = self._clock.monotonic() + _LIST_SECONDS

        def read(name: str) -> bytes:
            return asyncio.run_coroutine_threadsafe(self._metadata(name, ends_at), loop).result()

        def read_whole(folder: Path, now: int) -> UpdateList:
            # Deferred, and in the worker's thread: it takes in urllib3, a tenth of a start.
            from client.updates.update_list import read_list

            return read_list(folder, pinned, read, now)

        # A folder for each root: what was seen under another says nothing of this one.
        folder = self._lists / pinned.hex()[:32]
        return await asyncio.to_thread(read_whole, folder, self._clock.now_ms())

    async def _metadata(self, name: str, ends_at: float) -> bytes:
        data = bytearray()
        async with self._server.read("metadata", name, 0) as pieces:
            async for piece in pieces:
                data += piece
                if len(data) > MAX_METADATA:
                    raise RemoteProtocolError(ErrorCode.WIRE_TOO_LARGE)
                if self._clock.monotonic() > ends_at:
                    raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        return bytes(data)

    async def _take(self, found: UpdateList) -> None:
        here = Version.parse(self._program.release)
        package = self._chosen(found.packages, here)
        self._former = None if self._program.keeps_former else self._own(found.packages, here)
        self._package = package
        facts = UpdateRow(
            UpdateStage.CURRENT,
            self._program.release,
            checked_at=self._clock.now_ms(),
            expires_at=found.expires_at,
        )
        if package is None:
            self._files.keep_only(*(each for each in (self._former,) if each is not None))
            self._become(facts)
            return
        wanted = [each for each in (self._former, package) if each is not None]
        here_already = [await self._files.has(each) for each in wanted]
        total, version = sum(each.size for each in wanted), str(package.facts.version)
        self._files.keep_only(*wanted)
        self._become(
            replace(
                facts,
                stage=UpdateStage.READY if all(here_already) else UpdateStage.AVAILABLE,
                version=version,
                notes_zh=package.facts.notes_zh,
                notes_en=package.facts.notes_en,
                size=total,
                done=total if all(here_already) else 0,
                put_off=await self._is_put_off(version),
                installable=package.facts.platform is self._program.platform,
                returnable=self._program.keeps_former or self._former is not None,
            )
        )

    def _chosen(self, packages: Sequence[SignedPackage], here: Version) -> SignedPackage | None:
        """The newest that is newer than this one; of a program that was not installed from a package, of any platform, to tell."""
        failed, platform = self._failed(), self._program.platform
        newer = [
            each
            for each in packages
            if each.facts.version > here
            and str(each.facts.version) not in failed
            and platform in (None, each.facts.platform)
        ]
        return max(newer, key=lambda each: (each.facts.version, each.name), default=None)

    def _own(self, packages: Sequence[SignedPackage], here: Version) -> SignedPackage | None:
        same = (here, self._program.platform)
        return next((each for each in packages if (each.facts.version, each.facts.platform) == same), None)

    async def _fetch(self, wanted: Sequence[SignedPackage]) -> None:
        before = 0
        for each in wanted:

            def progress(here: int, before: int = before) -> None:
                self._become(replace(self._row, done=before + here))

            await self._files.fetch(each, progress)
            before += each.size

    async def _is_put_off(self, version: str) -> bool:
        value = await self._settings.load(_PUT_OFF, {})
        return bool(value.get("version") == version and self._clock.now_ms() < value.get("until", 0))

    def _become(self, row: UpdateRow) -> None:
        if row != self._row:
            self._row = row
            self._bus.publish(UpdatesChanged())

    def _heard(self, event: Event) -> None:
        # The city has founded its updates, or founded them anew.
        if (
            isinstance(event, DirectoryChanged)
            and self._directory.state.organisation.update_root != self._pinned
        ):
            self._wanted.set()
