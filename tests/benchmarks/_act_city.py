"""A city for measuring: the server in a process of its own, two enrolled clients at rest, idle devices that listen."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import psutil
from websockets.asyncio.client import connect

from client.core.client import CoreClient
from client.core.events import LinkState
from client.documents.service import Documents
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.directory.organisation import Duty
from tests.end_to_end.processes import Background, environment
from tests.integration.documents.desks import CHEAP, PASSPHRASE
from tests.support.real_clients import CaDesk
from tests.support.small_city import SetClock, SmallCa, SmallCity, SmallServer, make_server_folder
from tests.support.waiting import until


class ServerProcess(SmallServer):
    """The product's own command over a small city's folder."""

    def __init__(self, folder: Path, ca: SmallCa) -> None:
        self.config = make_server_folder(folder, ca)
        self._clients: list[httpx.Client] = []
        port_file = folder.parent / "port"
        arguments = ["serve", str(folder), "--port", "0", "--port-file", str(port_file)]
        self._process = Background("server", "server_stub", arguments, folder.parent / "log", environment())
        until_time = time.monotonic() + 180
        while not port_file.exists():
            assert time.monotonic() < until_time, "the server does not start"
            time.sleep(0.02)
        self.port = int(port_file.read_text("ascii"))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(cadata=ca.root)
        self.url = f"https://127.0.0.1:{self.port}/v1"

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._process.stop()


class MeasuredCity(SmallCity):
    """One bureau: a clerk, an office that reviews, and colleagues who only listen."""

    def __init__(self, folder: Path, listeners: int) -> None:
        self.clock = SetClock()
        self.clock.now = time.time_ns() // 1_000_000
        self.ca = SmallCa(self.clock)
        self.city = self.ca.body("市政府")
        self.bureau = self.ca.body("发改委", self.city)
        self.clerk_post = self.ca.post(self.bureau, "文书", Duty.DRAFT, Duty.REGISTRY)
        self.office_post = self.ca.post(self.bureau, "办公室主任", Duty.REVIEW)
        listener = self.ca.post(self.bureau, "科员", Duty.RECORDS)
        self.clerk = self.ca.person("文书", self.clerk_post)
        self.office = self.ca.person("主任", self.office_post)
        self.listeners = [self.ca.person(f"科员{n}", listener) for n in range(listeners)]
        self.server = process = ServerProcess(folder / "server", self.ca)
        self._process = psutil.Process(process.pid)
        operator = SigningKey.generate()
        certificate = certificates.make_operator(
            self.ca.issuing_key, self.ca.issuing, operator.public_spki, "操作员", at_ms=self.clock.now
        )
        self.operator = self.server.sign_in(operator, certificate, {"operator": "operator"})
        self.publish()

    def cpu(self) -> float:
        """Seconds of processor time the server has taken."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    async def enrol(self, profile: Path, person: str) -> None:
        """A profile of a person, enrolled, protected and closed again."""
        desk, core = CaDesk(self), CoreClient.open(profile, cost=CHEAP)
        code = desk.code(core.entropy)
        await core.login.enrol(f"127.0.0.1:{self.server.port}", code.text(), "办公电脑")
        desk.approve(code, person)
        await core.login.wait()
        core.login.recovery_code()
        await core.login.protect(PASSPHRASE)
        Documents(core)
        await core.start()
        await until(lambda: core.link.state is LinkState.ONLINE)
        await until(
            lambda: all(core.directory.state.generation(p) is not None for p in core.principals.mine())
        )
        await core.stop()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Every colleague's device holds its push channel open."""
        devices = [self.enrolled(person) for person in self.listeners]
        async with AsyncExitStack() as stack:
            for _device, session in devices:
                headers = {name: session.headers[name] for name in ("Authorization", "Jinshu-Protocol")}
                address = f"wss://127.0.0.1:{self.server.port}/v1/stream"
                channel = connect(
                    address, ssl=self.server.context, additional_headers=headers, compression=None, proxy=None
                )
                await stack.enter_async_context(channel)
            yield
