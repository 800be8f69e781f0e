"""A driver's process as the core asks it: one question at a time, each for so many seconds of the core's clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from client.core.clock import Clock
from client.core.tasks import wait_at_most
from client.core.tokens.child import program
from protocol.errors import ErrorCode, JinshuError

BACKEND: Final = "client.core.tokens.driver"
_MOST_BYTES: Final = 1 << 16  # of an answer
_WITHOUT_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)
# What a driver's process may refuse with; anything else it says is not taken for a word of ours.
_CODES: Final = frozenset(code for code in ErrorCode if code.value.startswith("keys.token_"))


class TokenProcess:
    """Started at the first question, ended by `close`, by a question that outlasts its time, and by one that is cancelled."""

    def __init__(self, driver: str, clock: Clock, backend: str = BACKEND) -> None:
        self._driver = driver
        self._clock = clock
        self._backend = backend
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._turn = asyncio.Lock()

    async def ask(self, seconds: float, do: str, **facts: Any) -> Any:
        """What the driver answers.

        Args:
            seconds: how long it may take.

        Raises:
            JinshuError: `keys.token_*`; `keys.token_driver_failed` if it crashed, said nonsense or took too long.
        """
        line = json.dumps({"do": do, **facts}).encode("ascii") + b"\n"
        async with self._turn:
            if self._ended:
                raise JinshuError(ErrorCode.KEYS_TOKEN_ABSENT)
            answered = asyncio.Event()
            exchange = asyncio.get_running_loop().run_in_executor(None, self._exchange, line)

            def on_done(done: asyncio.Future[bytes]) -> None:
                done.exception()  # looked at even when nobody waits any more
                answered.set()

            exchange.add_done_callback(on_done)
            try:
                in_time = await wait_at_most(answered, self._clock, seconds)
            except asyncio.CancelledError:
                self.close()  # or the thread that reads would wait for it
                raise
            if not in_time:
                self.close()
            with contextlib.suppress(OSError):
                said = await exchange
                if in_time and said:
                    return self._understood(said)
            self.close()
            raise self._failed()

    def close(self) -> None:
        """End the process, and with it every login."""
        self._ended = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        if sys.platform == "win32":
            process.kill()
        else:
            # What a vendor's library started is ended with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _exchange(self, line: bytes) -> bytes:
        """In a worker thread: it blocks. Empty when the process ended."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program(self._backend, self._driver)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_WITHOUT_WINDOW,
                start_new_session=sys.platform != "win32",
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        if self._ended:
            self.close()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            said = process.stdout.readline(_MOST_BYTES)
        finally:
            if self._ended:
                self._bury(process)
        if not said:
            self.close()
            self._bury(process)
        return said

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was still to be written has no reader
                    pipe.close()

    async def aclose(self) -> None:
        """End the process and wait until it is gone."""
        self.close()
        async with self._turn:
            if self._process is not None:
                await asyncio.to_thread(self._bury, self._process)

    def _understood(self, line: bytes) -> Any:
        try:
            said = json.loads(line)
            if "returned" in said:
                return said["returned"]
            code = ErrorCode(said["refused"])
            params = {str(name): str(value)[:200] for name, value in said["params"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._failed() from None
        if code not in _CODES:
            raise self._failed()
        if code is ErrorCode.KEYS_TOKEN_DRIVER_FAILED:
            raise self._failed()
        raise JinshuError(code, **params)

    def _failed(self) -> JinshuError:
        return JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_FAILED, file=Path(self._driver).name)
