"""The self-test as the page of the settings uses it, on the core's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from client.core.clock import Clock
from client.core.self_check import CheckRow
from client.self_test.bundle import diagnostics_text
from client.self_test.checks import ALL
from client.self_test.runner import SelfTest
from client.self_test.surroundings import Surroundings
from client.ui.base.catalogue import LanguageName
from protocol.errors import JinshuError


class Diagnostics:
    """Makes the checks for the profile that this program has open, and puts the bundle together.

    Args:
        profile: its folder.
        log: its log folder.
        server: the server it is enrolled at, or nothing.
        root: the SHA-256 of the pinned root, in hexadecimal digits.
        system: what runs underneath, in one line.
        clock: the core's.
    """

    def __init__(
        self,
        profile: Path,
        log: Path,
        server: Callable[[], str],
        root: Callable[[], Awaitable[str]],
        system: str,
        clock: Clock,
    ) -> None:
        self._profile = profile
        self._log = log
        self._server = server
        self._root = root
        self._system = system
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """Of all checks, in the order in which they are made."""
        return tuple(check.name for check in ALL)

    async def run(self, on_row: Callable[[CheckRow], None]) -> tuple[CheckRow, ...]:
        """Make every check; each row is told, on the core's loop, as soon as it is there."""
        try:
            root = await self._root()
        except JinshuError:  # not enrolled, or locked meanwhile: none is known, and its row says so
            root = ""
        surroundings = Surroundings(self._profile, self._server(), root, held_here=True)
        return await SelfTest(surroundings, self._clock).run(on_row)

    async def bundle(self, rows: Sequence[CheckRow], language: LanguageName) -> str:
        """What may be given to a help desk, in full."""
        now = self._clock.now_ms()
        return await asyncio.to_thread(diagnostics_text, rows, self._log, self._system, now, language)
