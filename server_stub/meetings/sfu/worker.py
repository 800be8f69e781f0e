"""The process of a worker: its own loop, one UDP port, and a socket to the server in the place of standard input."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence

from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock, SystemClock
from server_stub.meetings.sfu import pipe
from server_stub.meetings.sfu.exchange import Exchange
from server_stub.meetings.sfu.port import MediaPort
from server_stub.tasks import Tasks

if sys.platform != "win32":
    import uvloop

_log = logging.getLogger(__name__)


class Worker:
    """Does what the server says, and tells it who was lost."""

    def __init__(self, port: MediaPort, writer: asyncio.StreamWriter, tasks: Tasks, clock: Clock) -> None:
        self._exchange = Exchange(port, tasks, lambda *who: self._say(pipe.Lost(*who)), clock)
        self._writer = writer
        self._tasks = tasks
        self._exchange.start()
        self._say(pipe.Ready(port.number))

    async def stop(self) -> None:
        await self._exchange.stop()

    def do(self, message: pipe.Said) -> None:
        exchange = self._exchange
        match message:
            case pipe.Join():
                self._tasks.start("meeting join", self._join(message))
            case pipe.Leave(meeting, participant):
                exchange.leave(meeting, participant)
            case pipe.Silence(meeting, participant, silenced):
                exchange.silence(meeting, participant, silenced)
            case pipe.Close(meeting):
                exchange.close(meeting)
            case pipe.Ask(number):
                self._say(exchange.figures(number))
            case _:
                _log.warning("the server said what only a worker says")

    async def _join(self, asked: pipe.Join) -> None:
        try:
            answer = await self._exchange.join(asked.meeting, asked.participant, asked.offer, asked.silenced)
        except JinshuError as error:
            self._say(pipe.Refused(asked.number, error.code))
        except Exception as error:
            # Not answered, it would be taken for deafness, and this worker ended with the meetings of everybody else in it.
            _log.error("an offer could not be read: %s", type(error).__name__, exc_info=error)
            self._say(pipe.Refused(asked.number, ErrorCode.MEETINGS_OFFER_REFUSED))
        else:
            self._say(pipe.Joined(asked.number, answer))

    def _say(self, message: pipe.FromWorker) -> None:
        # The server may be gone, and we be on our way after it.
        if not self._writer.is_closing():
            self._writer.write(pipe.pack(message))


async def serve(addresses: Sequence[str], port_number: int, pipe_socket: socket.socket) -> None:
    """Forward packets until the server's end of the socket closes.

    Raises:
        OSError: the port is taken.
    """
    reader, writer = await asyncio.open_connection(sock=pipe_socket)
    tasks, clock = Tasks(), SystemClock()
    worker = Worker(MediaPort(addresses, port_number, clock), writer, tasks, clock)
    try:
        while (message := await pipe.read(reader)) is not None:
            worker.do(message)
    finally:
        await worker.stop()
        await tasks.stop()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Of a loop that has readers of sockets, which Windows' own has not; uvloop's wakes up for a tenth less of a forwarded packet."""
    if sys.platform != "win32":
        return uvloop.new_event_loop
    return asyncio.SelectorEventLoop


def main() -> None:
    """Serve with the settings of the command line until the server is gone."""
    # The terminal's interrupt is for the server; with it our socket closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, format="meeting worker: %(message)s")
    # It warns, with a traceback, of whatever a stranger sends.
    logging.getLogger("aiortc").setLevel(logging.ERROR)
    settings = json.loads(sys.argv[1])
    pipe_socket = socket.socket(fileno=0)
    with asyncio.Runner(debug=False, loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings["addresses"], settings["port"], pipe_socket))


if __name__ == "__main__":
    main()
