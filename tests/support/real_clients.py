"""Real clients of a small city: whole CoreClients with folders, stores and TLS, certified by the city's CA."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path

from client.core.client import CoreClient
from client.core.events import Event, NoticeRaised
from client.core.keys.keyring_port import KeyringPort
from client.core.keys.slots import PassphraseCost
from protocol.crypto import certificates
from protocol.crypto.signature import Signed
from protocol.enrolment import LIFETIME_MS, BundleFields, EnrolmentCode, reply_mac, request_mac
from protocol.errors import ErrorCode
from tests.support.small_city import SetClock, SmallCity, b64
from tests.unit.core.clocks import ManualClock

CHEAP = PassphraseCost(time=1, memory_kib=8, lanes=1)
PASSPHRASE = "八个字的口令不短了"


class CityClock(ManualClock):
    """The city's time for dates; for waiting, a time that moves only when a test says so."""

    def __init__(self, city: SetClock) -> None:
        super().__init__()
        self._city = city

    def now_ms(self) -> int:
        return self._city.now


class CaDesk:
    """What the CA's operator does for one enrolment: give out a code, check the request, sign."""

    def __init__(self, city: SmallCity) -> None:
        self.city = city

    def code(self, entropy: Callable[[int], bytes]) -> EnrolmentCode:
        """A code the server knows by its hash."""
        code = EnrolmentCode.new(self.city.ca.root, entropy)
        expires = self.city.clock.now + LIFETIME_MS
        body = {"lookup_hash": code.lookup_hash, "expires_at": expires}
        assert self.city.operator.post("/admin/enrolments", json=body).status_code == 201
        return code

    def approve(self, code: EnrolmentCode, person: str) -> None:
        """Certify the device that asked with the code."""
        waiting = self.city.operator.get("/admin/enrolments").json()["requests"]
        [asked] = [one for one in waiting if one["lookup_hash"] == code.lookup_hash]
        csr, fields, mac = (base64.b64decode(asked[name]) for name in ("csr", "bundle_fields", "mac"))
        assert mac == request_mac(code.secret, csr, fields)
        body = self.answer(code, person, certificates.read_csr(csr), BundleFields.parse(fields).device)
        reply = self.city.operator.post(f"/admin/enrolments/{code.lookup_hash}/sign", json=body)
        assert reply.status_code == 200, reply.text

    def answer(self, code: EnrolmentCode, person: str, spki: bytes, device: str) -> dict[str, str]:
        """The CA's reply to a request for this key."""
        ca = self.city.ca
        certificate = certificates.make_device(
            ca.issuing_key, ca.issuing, spki, person=person, device=device, at_ms=ca.clock.now
        )
        head = base64.b64decode(self.city.operator.get("/directory/head").json()["head"])
        mac = reply_mac(code.secret, certificate, Signed.parse(head).entry_id, ca.root)
        return {"certificate": b64(certificate), "head": b64(head), "mac": b64(mac)}


class RealClients:
    """Opens clients in folders of their own and ends them all."""

    def __init__(self, city: SmallCity, folder: Path) -> None:
        self.city = city
        self.desk = CaDesk(city)
        self.clocks: dict[CoreClient, CityClock] = {}
        self.events: dict[CoreClient, list[Event]] = {}
        self._folder = folder
        self.keyring: KeyringPort | None = None

    def open(self) -> CoreClient:
        """An empty profile."""
        clock = CityClock(self.city.clock)
        client = CoreClient.open(
            self._folder / f"profile{len(self.clocks)}",
            keyring=self.keyring,
            cost=CHEAP,
            clock=clock,
            jitter=lambda: 0.0,
        )
        self.clocks[client], self.events[client] = clock, []
        client.bus.subscribe(self.events[client].append)
        return client

    async def asked(self, port: int | None = None) -> tuple[CoreClient, EnrolmentCode]:
        """A client that has asked for its certificate and waits."""
        client = self.open()
        code = self.desk.code(client.entropy)
        await client.login.enrol(f"127.0.0.1:{port or self.city.server.port}", code.text(), "办公电脑")
        return client, code

    async def enrolled(self, person: str, port: int | None = None) -> CoreClient:
        """A client whose device is in the log; nothing of it runs by itself yet."""
        client, code = await self.asked(port)
        self.desk.approve(code, person)
        await client.login.wait()
        return client

    async def until(self, client: CoreClient, true: Callable[[], bool]) -> None:
        """Come back when `true` holds, asked anew after each event the client publishes."""
        news = asyncio.Event()
        leave = client.bus.subscribe(lambda _event: news.set())
        try:
            while not true():
                news.clear()
                await news.wait()
        finally:
            leave()

    def notices(self, client: CoreClient) -> list[ErrorCode]:
        return [event.code for event in self.events[client] if isinstance(event, NoticeRaised)]

    async def close(self) -> None:
        for client in self.clocks:
            await client.stop()
