"""The core composed: everything of a client but its areas and its windows, usable without any display."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Self

from client.core.bus import EventBus
from client.core.clock import Clock, SystemClock
from client.core.connection.address import ServerAddress
from client.core.connection.api import Api
from client.core.connection.blob_requests import BlobRequests
from client.core.connection.channel import websocket_channel
from client.core.connection.enrolment import Enrolment
from client.core.connection.link import Link
from client.core.connection.log_requests import LogRequests
from client.core.durable import DurablePoints
from client.core.events import (
    DirectoryChanged,
    Event,
    KeysReceived,
    Locked,
    NoticeRaised,
    PrekeyUsed,
    Unlocked,
)
from client.core.identity.keystore import Keystore, Me
from client.core.identity.signer import DeviceSigner, Signer
from client.core.keys.device_channel import DeviceChannel
from client.core.keys.keyring_port import KeyringPort
from client.core.keys.principals import PrincipalKeys
from client.core.keys.slots import KeySlots, PassphraseCost
from client.core.login import Login
from client.core.profile import Profile
from client.core.search_update import SearchUpdate
from client.core.settings import Settings
from client.core.store.store import Store
from client.core.sync.backoff import Backoff
from client.core.sync.blob_files import BlobFiles
from client.core.sync.blobs import Blobs
from client.core.sync.copied_back import CopiedBack
from client.core.sync.core_events import DeviceRevoked, DirectoryGrew
from client.core.sync.outbox import Outbox
from client.core.sync.projection import Projection
from client.core.sync.pull import LogEvent, Pull
from client.core.sync.second_reading import SecondReading
from client.core.sync.signals import Signals
from client.core.tasks import TaskSupervisor, wait_at_most
from client.core.tokens.tokens import Tokens
from client.core.trust.directory import Directory
from protocol.errors import ErrorCode, JinshuError, Recovery
from protocol.features import CONTENTS_2
from protocol.release import RELEASE

_log = logging.getLogger(__name__)
_MAINTENANCE_SECONDS: Final = 6 * 3600.0


class CoreClient:
    """One profile, from its lock file to its push channel. Areas register their handlers before `start`."""

    def __init__(
        self,
        profile: Profile,
        *,
        keyring: KeyringPort | None = None,
        clock: Clock | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
        jitter: Callable[[], float] = random.random,
        cost: PassphraseCost | None = None,
        points: DurablePoints | None = None,
        release: str = RELEASE,
    ) -> None:
        self._profile = profile
        self.paths = profile.paths
        self.clock: Clock = clock or SystemClock()
        self.entropy = entropy
        self.bus = EventBus()
        self.tasks = TaskSupervisor(self._report)
        self.store = Store(self.paths.store, points)
        self.settings = Settings(self.store)
        self.keystore = Keystore(self.store)
        self.signer: Signer = DeviceSigner(self.keystore, self.clock, entropy)
        self.api = Api(self.clock, self.keystore, self._skewed)
        log_server = LogRequests(self.api)
        self.directory = Directory(self.store, log_server, self.keystore, self.bus, self.clock)
        self.principals = PrincipalKeys(
            self.store, self.keystore, self.directory, log_server, self.clock, entropy
        )
        self.blobs = Blobs(
            self.store,
            BlobFiles(self.paths.blobs, entropy, points),
            BlobRequests(self.api),
            self.bus,
            lambda: CONTENTS_2.name in self.directory.features,
        )
        self.outbox = Outbox(self.store, self.bus, self.clock, jitter, self.blobs.upload)
        self.projection = Projection()
        self.copied_back = CopiedBack(self.store, self.bus)
        self.pull = Pull(self.store, self.api, self.bus, self.clock, points, self.copied_back)
        self.second_reading = SecondReading(self.store, self.pull, release)
        self.pull.register(DirectoryGrew(self.directory.catch_up))
        self.pull.register(DeviceRevoked())
        self.signals = Signals()
        self.channel = DeviceChannel(
            self.store,
            self.keystore,
            self.directory,
            self.api,
            self.clock,
            entropy,
            self._left_out,
            self.copied_back,
        )
        self.link = Link(websocket_channel(self.api), self, self.bus, self.clock, jitter, self._reachable)
        self.tokens = Tokens(self.clock, entropy)
        self.login = Login(
            profile,
            KeySlots(self.paths.slots, profile.facts.id, entropy, keyring, cost, points),
            self.tokens,
            self.store,
            self.keystore,
            self.principals,
            Enrolment(self.store, self.keystore, self.api, self.directory, self.clock, entropy),
            self.bus,
            self.clock,
            entropy,
            self._opened,
            self._closing,
        )
        self._search_update = SearchUpdate(self.store, self.bus)
        self._maintenance_wanted = asyncio.Event()
        self._maintenance_backoff = Backoff(jitter)
        self._started = False
        self.bus.subscribe(self._heard)

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        keyring: KeyringPort | None = None,
        clock: Clock | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
        jitter: Callable[[], float] = random.random,
        cost: PassphraseCost | None = None,
        points: DurablePoints | None = None,
        release: str = RELEASE,
    ) -> Self:
        """Take the profile folder at `root`, making it if it is not there.

        Raises:
            JinshuError: profile.in_use, profile.damaged or profile.too_new.
        """
        profile = Profile.open(root, entropy, points)
        return cls(
            profile,
            keyring=keyring,
            clock=clock,
            entropy=entropy,
            jitter=jitter,
            cost=cost,
            points=points,
            release=release,
        )

    @property
    def me(self) -> Me:
        return self.keystore.me

    @property
    def online(self) -> bool:
        return self.link.online

    async def start(self) -> None:
        """Begin to follow the server and to send; once the store is open, and again without harm."""
        if not self.store.is_open or not self.keystore.certified:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        if self._started:
            return
        self._started = True
        self.tasks.start("second reading", self._read_again())
        self.tasks.start("link", self.link.run())
        self.tasks.start("outbox", self.outbox.run(self.tasks))
        self.tasks.start("acknowledgements", self.pull.run())
        self.tasks.start("keys", self._maintain())
        self.tasks.start("search index", self._search_update.run())

    async def enter(self) -> None:
        await self.start()

    async def reconnect(self) -> None:
        """Try to reach the server now, rather than after the pause that grows with each try in vain."""
        self.link.nudge()

    async def lock(self) -> None:
        await self.login.lock()

    async def stop(self) -> None:
        """End everything in order and let the profile go."""
        await self.login.lock()
        self._profile.close()

    async def catch_up(self) -> None:
        """Come into step with the server: first whom to believe, then what happened."""
        await self.directory.catch_up()
        await self.second_reading.run()
        await self.pull.catch_up()

    async def deliver(self, event: LogEvent) -> None:
        """Take what was pushed: an event of the log, or a signal."""
        if event.n:
            await self.pull.deliver(event)
        else:
            await self.signals.deliver(event)

    async def _read_again(self) -> None:
        """Without waiting for the server; if it is needed, coming into step with it tries once more."""
        try:
            await self.second_reading.run()
        except JinshuError as error:
            _log.info("reading again is postponed: %s", error.code.value)

    async def _opened(self) -> None:
        await self.keystore.load()
        await self.directory.load()
        await self.principals.load()
        await self.copied_back.load()
        await self.channel.load()
        tls = self.directory.trust.tls(self.directory.replaced_issuers)
        self.api.connect(ServerAddress.parse(self._profile.facts.server), tls)
        self.bus.publish(Unlocked())
        # From the day on, whether or not there is a server to say anything.
        self.directory.publish_age()

    async def _closing(self) -> None:
        was_open = self.store.is_open
        self._started = False
        await self.tasks.stop()
        if was_open:
            await self.channel.close()
        await self.api.disconnect()
        self.pull.forget()
        self.copied_back.forget()
        self.principals.forget()
        self.directory.forget()
        if was_open:
            self.bus.publish(Locked())

    def _reachable(self) -> None:
        self.outbox.wake()
        self._maintenance_wanted.set()

    def _heard(self, event: Event) -> None:
        if isinstance(event, DirectoryChanged | PrekeyUsed):
            self._maintenance_wanted.set()

    async def _maintain(self) -> None:
        """Keep keys as they must be, whenever the directory says something new, and for what only time brings."""
        while True:
            await wait_at_most(self._maintenance_wanted, self.clock, _MAINTENANCE_SECONDS)
            self._maintenance_wanted.clear()
            self.directory.publish_age()
            held = self.principals.seeds_held
            # A principal's trouble must not keep this device from its channel.
            faults = [
                await self._fault_of(maintain)
                for maintain in (self.principals.maintain, self.channel.maintain)
            ]
            if Recovery.RETRY in {fault.recovery for fault in faults if fault is not None}:
                await self.clock.sleep(self._maintenance_backoff.next())
                self._maintenance_wanted.set()
            elif not any(faults):
                self._maintenance_backoff.reset()
            if self.principals.seeds_held != held:
                self.bus.publish(KeysReceived())

    async def _fault_of(self, maintain: Callable[[], Awaitable[None]]) -> JinshuError | None:
        try:
            await maintain()
        except JinshuError as error:
            passing = error.recovery is Recovery.RETRY
            _log.log(
                logging.INFO if passing else logging.WARNING, "maintaining the keys: %s", error.code.value
            )
            if not passing:
                self._notice(error.code, error.params)
            return error
        return None

    def _left_out(self, device: str) -> None:
        found = self.directory.state.device_by_id(device)
        person = None if found is None else self.directory.organisation.people.get(found.person)
        name = "" if person is None else person.name
        self._notice(ErrorCode.MESSAGING_DEVICE_LEFT_OUT, {"device": device, "person": name})

    def _skewed(self, skew_ms: int) -> None:
        self._notice(ErrorCode.CLOCK_SKEW, {"minutes": abs(skew_ms) // 60_000})

    def _report(self, name: str, error: Exception) -> None:
        code = error.code if isinstance(error, JinshuError) else ErrorCode.CLIENT_INTERNAL
        self._notice(code, {"task": name})

    def _notice(self, code: ErrorCode, params: dict[str, str | int]) -> None:
        self.bus.publish(
            NoticeRaised(code, tuple(sorted((name, str(value)) for name, value in params.items())))
        )
