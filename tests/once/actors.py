"""The processes that are killed: the product's server, and clients that do what they are told through a pipe."""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from client.core.client import CoreClient
from client.core.clock import SystemClock
from client.documents.service import Documents
from protocol.errors import JinshuError
from server_stub import config as configuration
from server_stub.app import create_app
from server_stub.database.lock import exclusive
from server_stub.serving import serve
from tests.integration.documents.desks import CHEAP, PASSPHRASE, Desk
from tests.once.points import ClientPoints, Point, ServerPoints
from tests.once.user import User

_FASTER = 20


class QuickClock(SystemClock):
    """The machine's time, waited for in small: backoff and the gathering of acknowledgements only cost the test time."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / _FASTER)


def server(folder: Path, port: int, trace: Path, log: Path, fatal: Point | None) -> None:
    """What `jinshu-server serve` does, with points."""
    _say_into(log)
    config = configuration.read(folder)
    with exclusive(config):
        serve(
            config,
            port,
            None,
            make=lambda made, **parts: create_app(made, points=ServerPoints(trace, fatal), **parts),
        )


def client(profile: Path, pipe: Connection, trace: Path, log: Path, fatal: Point | None) -> None:
    """A client without windows; every answer is sent only after the call of the product returned."""
    _say_into(log)
    asyncio.run(_client(profile, pipe, ClientPoints(trace, fatal)))


def second_client(profile: Path, pipe: Connection) -> None:
    """Try to open a profile and say how that ended."""
    try:
        CoreClient.open(profile, cost=CHEAP)
    except JinshuError as error:
        pipe.send(error.code.value)
    else:
        pipe.send("opened")


def second_server(folder: Path, pipe: Connection, *, hold: bool = False) -> None:
    """Try to take a server's folder and say how that ended."""
    try:
        with exclusive(configuration.read(folder)):
            pipe.send("taken")
            if hold:
                signal.pause()
    except BlockingIOError:
        pipe.send("in use")


def holding_server(folder: Path, pipe: Connection) -> None:
    """The same, and keep it until killed."""
    second_server(folder, pipe, hold=True)


def _say_into(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


async def _client(profile: Path, pipe: Connection, points: ClientPoints) -> None:
    core = CoreClient.open(profile, cost=CHEAP, clock=QuickClock(), jitter=lambda: 0.0, points=points)
    user = User(Desk(core, Documents(core)))
    await core.login.unlock(PASSPHRASE)
    await core.start()
    while (told := await asyncio.to_thread(_told, pipe)) is not None:
        name, arguments = told
        try:
            answer = (True, await user.acts[name](*arguments))
        except Exception:
            answer = (False, traceback.format_exc())
        pipe.send(answer)
    await core.stop()


def _told(pipe: Connection) -> tuple[str, tuple[object, ...]] | None:
    """The next command; none once the test has closed its end."""
    try:
        told: tuple[str, tuple[object, ...]] = pipe.recv()
    except EOFError:
        return None
    return told
