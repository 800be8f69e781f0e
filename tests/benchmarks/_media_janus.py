"""Janus beside ours: a process of the Debian package with a configuration of its own, and its videoroom over a Unix socket."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, unix_connect

from client.core.tasks import TaskSupervisor

_ROOM: Final = 1
_ANSWER_SECONDS: Final = 10
_START_SECONDS: Final = 10
# No event handlers, one plugin, one transport; all else as the package has it.
_MAIN: Final = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{folder}/plugins"
  transports_folder = "{folder}/transports"
  debug_level = 2
  session_timeout = 0
}}
nat: {{ ice_enforce_list = "{address}" }}
events: {{ broadcast = false }}
"""
_WEBSOCKETS: Final = """
general: {{ json = "compact", ws = true, ws_unix = "{folder}/api" }}
"""


@dataclass(frozen=True, slots=True)
class Janus:
    pid: int
    api: Path


def version() -> str | None:
    """Of the installed Janus, None when there is none (`apt-get install janus`)."""
    if shutil.which("janus") is None or _libraries() is None:
        return None
    said = subprocess.run(["janus", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\((.+?)\)", said)
    return found[1] if found else said.strip()


@contextmanager
def running(address: str) -> Iterator[Janus]:
    """A Janus that offers this local address."""
    libraries = _libraries()
    assert libraries is not None, "installed"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, library in (("plugins", "libjanus_videoroom.so"), ("transports", "libjanus_websockets.so")):
            (folder / kind).mkdir()
            (folder / kind / library).symlink_to(libraries / kind / library)
        (folder / "janus.jcfg").write_text(_MAIN.format(folder=folder, address=address), "utf-8")
        (folder / "janus.transport.websockets.jcfg").write_text(_WEBSOCKETS.format(folder=folder), "utf-8")
        (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n", "utf-8")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["janus", "-F", name, "-C", str(folder / "janus.jcfg")], cwd=folder, stdout=log, stderr=log
            )
        try:
            _wait_for(folder / "api", process, folder / "log")
            yield Janus(process.pid, folder / "api")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _libraries() -> Path | None:
    return next(Path("/usr/lib").glob("*/janus"), None)


def _wait_for(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])
        time.sleep(0.02)


@asynccontextmanager
async def room(api: Path) -> AsyncIterator[Room]:
    """A room on a running Janus."""
    tasks = TaskSupervisor()
    async with unix_connect(
        str(api),
        uri="ws://localhost/",
        subprotocols=["janus-protocol"],
        compression=None,
    ) as socket:
        made = Room(socket)
        tasks.start("janus answers", made.listen())
        try:
            await made.open()
            yield made
        finally:
            await tasks.stop()


class Room:
    """One session; each publisher and each subscriber has a handle of its own, as every browser would."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session: dict[str, Any] = {}
        self._up: dict[int, asyncio.Event] = {}  # handle -> its media flow
        self._publishers: dict[int, int] = {}  # feed -> handle

    async def listen(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message["janus"] == "webrtcup":
                self._up[message["sender"]].set()
            waiting = self._waiting.get(message.get("transaction", ""))
            # A request to a plugin is acknowledged first and answered by an event.
            if waiting is not None and message["janus"] != "ack" and not waiting.done():
                waiting.set_result(message)

    async def open(self) -> None:
        created = await self._ask({"janus": "create"})
        self._session = {"session_id": created["data"]["id"]}
        request = {
            "request": "create",
            "room": _ROOM,
            "publishers": 100,
            "audiocodec": "opus",
            "videocodec": "vp8",
        }
        await self._message(await self._attach(), request)

    async def publish(self, feed: int, offer: str) -> str:
        """The answer to a publisher's offer."""
        request = {"request": "joinandconfigure", "room": _ROOM, "ptype": "publisher", "id": feed}
        handle = self._publishers[feed] = await self._attach()
        said = await self._message(handle, request, {"type": "offer", "sdp": offer})
        return str(said["jsep"]["sdp"])

    async def subscribe(self, feed: int) -> tuple[int, str]:
        """A handle, and the offer of everything this publisher sends: there is such a feed once its media flow."""
        await asyncio.wait_for(self._up[self._publishers[feed]].wait(), _ANSWER_SECONDS)
        handle = await self._attach()
        request = {"request": "join", "room": _ROOM, "ptype": "subscriber", "streams": [{"feed": feed}]}
        said = await self._message(handle, request)
        return handle, str(said["jsep"]["sdp"])

    async def start(self, handle: int, answer: str) -> None:
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    async def _attach(self) -> int:
        said = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        handle = int(said["data"]["id"])
        self._up[handle] = asyncio.Event()
        return handle

    async def _message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> dict[str, Any]:
        message: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        said = await self._ask({**message, "jsep": jsep} if jsep is not None else message)
        assert "error" not in said["plugindata"]["data"], said
        return said

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        name = uuid.uuid4().hex
        waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({**message, **self._session, "transaction": name}))
        try:
            said: dict[str, Any] = await asyncio.wait_for(waiting, _ANSWER_SECONDS)
        finally:
            del self._waiting[name]
        assert said["janus"] in ("success", "event"), said
        return said
