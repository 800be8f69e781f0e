"""One worker process as the server sees it: started when needed, asked, told, started again when it died."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock
from server_stub.meetings.sfu import pipe
from server_stub.tasks import Tasks

_log = logging.getLogger(__name__)

_START_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.01
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_HEALTHY_SECONDS: Final = 60.0


class WorkerProcess:
    """Lives on the server's loop. The worker ends by itself when its socket to us closes, however we end."""

    def __init__(
        self,
        index: int,
        addresses: Sequence[str],
        port: int,
        tasks: Tasks,
        lost: Callable[[str, str], None],
        died: Callable[[int], None],
        clock: Clock,
    ) -> None:
        self.index = index
        self._settings = json.dumps({"addresses": list(addresses), "port": port})
        self._tasks = tasks
        self._lost = lost
        self._died = died
        self._clock = clock
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[pipe.FromWorker]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._ready: asyncio.Future[int] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        return self._keeper is not None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def ask(self, request: Callable[[int], pipe.ToWorker]) -> pipe.FromWorker:
        """Say something that is answered, with the number given; the worker is started first if it does not run.

        Raises:
            JinshuError: `meetings.unavailable`, it did not come up, or died, or does not answer.
        """
        await self._up()
        number = next(self._numbers)
        answer: asyncio.Future[pipe.FromWorker] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self.tell(request(number))
            return await asyncio.wait_for(answer, _ANSWER_SECONDS)
        except TimeoutError as error:
            # Alive and deaf is worse than dead: the next one will answer.
            if self._process is not None:
                self._process.kill()
            raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE) from error
        except ConnectionError as error:
            raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE) from error
        finally:
            self._waiting.pop(number, None)

    def tell(self, message: pipe.ToWorker) -> None:
        """Say something that is not answered; a worker that does not run has nothing to do."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(pipe.pack(message))

    async def stop(self) -> None:
        """End the process; nobody is reported as lost."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    def begin(self) -> None:
        """Start the process if it was not started; it keeps itself running from then on."""
        if self._keeper is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._keeper = self._tasks.start(f"meeting worker {self.index}", self._keep())

    async def _up(self) -> None:
        self.begin()
        ready = self._ready
        assert ready is not None, "made with the keeper"
        try:
            await asyncio.wait_for(asyncio.shield(ready), _START_SECONDS)
        except (TimeoutError, ConnectionError) as error:
            raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE) from error

    async def _keep(self) -> None:
        """Run the process again whenever it dies, with longer pauses when it dies soon."""
        pause = _FIRST_PAUSE
        while True:
            started = self._clock.monotonic()
            try:
                await self._run()
            except Exception:
                # Whatever it was: a keeper that ends leaves every meeting of this worker waiting for nothing.
                _log.exception("a meeting worker could not be run")
            if self._clock.monotonic() - started >= _HEALTHY_SECONDS:
                pause = _FIRST_PAUSE
            _log.warning("a meeting worker died; the next one starts in %.1f s", pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _run(self) -> None:
        """One life of the process."""
        process, ours = self._spawn()
        self._process = process
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            while (message := await pipe.read(reader)) is not None:
                self._take(message)
        except ValueError:
            _log.exception("a meeting worker says what it should not")
        finally:
            await self._end(process, ours)
        self._died(self.index)

    def _spawn(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """2 ms. Not asyncio's own: it starts a thread for each process, and forgets one whose start was cancelled."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "server_stub.meetings.sfu.worker", self._settings],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        return process, ours

    def _take(self, message: pipe.Said) -> None:
        if isinstance(message, pipe.Ready) and self._ready is not None:
            self._ready.set_result(message.port)
        elif isinstance(message, pipe.Lost):
            self._lost(message.meeting, message.participant)
        elif isinstance(message, pipe.Joined | pipe.Refused | pipe.Figures):
            waiting = self._waiting.get(message.number)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)

    async def _end(self, process: subprocess.Popen[bytes], ours: socket.socket) -> None:
        """Close the socket, which ends the process, and wait for it; whoever waited for an answer waits no longer."""
        writer, self._writer, self._process = self._writer, None, None
        was, self._ready = self._ready, asyncio.get_running_loop().create_future()
        for waiting in (was, *self._waiting.values()):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionError("the worker died"))
                # Whether anybody still waits does not matter.
                waiting.exception()
        if writer is not None:
            writer.close()
        ours.close()
        try:
            for _ in range(round(_STOP_SECONDS / _LOOK_SECONDS)):
                if process.poll() is not None:
                    return
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
