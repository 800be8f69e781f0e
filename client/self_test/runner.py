"""Makes checks one after the other in a process of their own, and never stops at one: what raises, hangs or crashes is a row.

A check that outlasts its time, or whose process ends under it, is reported as such; the process is ended with all it
started, and the next check begins in a new one. What the process said on its standard error stays on this computer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final

from client.core.clock import Clock
from client.core.self_check import CheckRow, Outcome, Remark
from client.core.tasks import wait_at_most
from client.self_test.checks import ALL, Check
from client.self_test.child import program
from client.self_test.surroundings import Surroundings

_REGISTRY: Final = "client.self_test.checks"
_START_SECONDS: Final = 60.0
_MOST_BYTES: Final = 1 << 20  # of a row
_LAST_SECONDS: Final = 5.0
_TAIL_BYTES: Final = 2000  # of what a process that crashed said last
_WITHOUT_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class SelfTest:
    """One run over all checks.

    Args:
        surroundings: what the checks are told.
        clock: measures how long each may take.
        checks: which; those of the product unless a test brings its own, with the module that holds them as `ALL`.
        registry: that module.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        clock: Clock,
        checks: Sequence[Check] = ALL,
        registry: str = _REGISTRY,
    ) -> None:
        self._surroundings = surroundings
        self._clock = clock
        self._checks = tuple(checks)
        self._registry = registry
        self._process: _CheckProcess | None = None
        self._starts = True  # until one did not

    async def run(
        self,
        on_row: Callable[[CheckRow], None] = lambda _row: None,
        on_begun: Callable[[str], None] = lambda _name: None,
    ) -> tuple[CheckRow, ...]:
        """Make every check; each row is told as soon as it is there. Cancelled, it ends what it started."""
        rows: list[CheckRow] = []
        try:
            for check in self._checks:
                on_begun(check.name)
                row = await self._row_of(check)
                rows.append(row)
                on_row(row)
        finally:
            self._end()
        return tuple(rows)

    async def _row_of(self, check: Check) -> CheckRow:
        try:
            if not self._starts:
                return CheckRow(check.name, Outcome.NOT_TRIED, Remark("no_process"))
            if self._process is None:
                self._process = await asyncio.to_thread(_CheckProcess, self._registry)
                ready = await self._answer(self._process, _START_SECONDS)
                self._starts = bool(ready)
                if ready is None:
                    return self._hanging(check, _START_SECONDS)
                if not ready:
                    return await self._crashed(check)
            self._process.ask({"check": check.name, "surroundings": self._surroundings.value()})
            line = await self._answer(self._process, check.seconds)
            if line is None:
                return self._hanging(check, check.seconds)
            return CheckRow.parse(json.loads(line)) if line else await self._crashed(check)
        except (OSError, ValueError, KeyError, TypeError):
            return await self._crashed(check)

    async def _answer(self, process: _CheckProcess, seconds: float) -> bytes | None:
        """The next line it says, empty when it ended; None when it said nothing for so long."""
        arrived = asyncio.Event()
        reading = asyncio.get_running_loop().run_in_executor(None, process.read)
        reading.add_done_callback(lambda _done: arrived.set())
        try:
            if await wait_at_most(arrived, self._clock, seconds):
                return reading.result()
        except asyncio.CancelledError:
            process.end()  # or the thread that reads would wait for it
            raise
        process.end()
        await reading
        return None

    def _hanging(self, check: Check, seconds: float) -> CheckRow:
        said = self._end()
        found = Remark.of("hung", seconds=f"{seconds:g}")
        return CheckRow(check.name, Outcome.FAILED, found, Remark("send_this"), private=said)

    async def _crashed(self, check: Check) -> CheckRow:
        process, self._process = self._process, None
        # In a thread: it waits for the end, and the loop may have a meeting to carry.
        said = () if process is None else await asyncio.to_thread(process.end, by_itself=True)
        status = None if process is None else process.status
        found = Remark.of("crashed", how=_how(status))
        return CheckRow(check.name, Outcome.FAILED, found, Remark("send_this"), private=said)

    def _end(self) -> tuple[str, ...]:
        """End the process; what it had to say last."""
        process, self._process = self._process, None
        return () if process is None else process.end()


class _CheckProcess:
    """The process on the other side, started on construction; it blocks, so in a worker thread."""

    def __init__(self, registry: str) -> None:
        self.status: int | None = None
        self._said: IO[bytes] | None = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._tail: tuple[str, ...] = ()
        self._process = subprocess.Popen(
            [sys.executable, "-c", program(registry)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            creationflags=_WITHOUT_WINDOW,
            # What a check started is ended with it.
            start_new_session=sys.platform != "win32",
        )

    def ask(self, value: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value).encode("ascii") + b"\n")
        self._process.stdin.flush()

    def read(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline(_MOST_BYTES)

    def end(self, *, by_itself: bool = False) -> tuple[str, ...]:
        """End it, with all it started, if that was not done yet; the last lines of its standard error.

        Args:
            by_itself: it closed its pipe, so it is about to end: how, is what is asked.
        """
        if self._said is None:
            return self._tail
        said, self._said = self._said, None
        if by_itself:
            self._linger()
        self._kill()
        self.status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)
        with said:
            said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = said.read().decode("utf-8", "replace")
        self._tail = tuple(line for line in text.splitlines() if line.strip())
        return self._tail

    def _linger(self) -> None:
        try:
            self._process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            return  # it only closed its pipe

    def _kill(self) -> None:
        """Its whole group, whether or not it lives itself."""
        if sys.platform == "win32":
            self._process.kill()
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was still to be written has no reader


def _how(status: int | None) -> str:
    """How a process ended, as a help desk looks it up."""
    if status is None:
        return "?"
    if status < 0:
        return signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return f"status {status}"
