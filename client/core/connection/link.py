"""The push channel: one WebSocket that only brings the device's log sooner; without it the log is polled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.events import ConnectionChanged, LinkState, NoticeRaised
from client.core.sync.backoff import Backoff
from client.core.sync.pull import LogEvent
from client.core.tasks import wait_at_most
from protocol.errors import JinshuError, Recovery

_log = logging.getLogger(__name__)
_POLL_SECONDS: Final = 5.0


class PushChannel(Protocol):
    """Opens the stream of pushed events; a written fake stands in for it in tests."""

    def __call__(self) -> AbstractAsyncContextManager[AsyncIterator[LogEvent]]: ...


class Follower(Protocol):
    """What is to be kept in step with the server."""

    async def catch_up(self) -> None: ...

    async def deliver(self, event: LogEvent) -> None: ...


class Link:
    """Keeps the device in step: connect, catch up, then take what is pushed; on any fault back off and begin
    again."""

    def __init__(
        self,
        channel: PushChannel,
        follower: Follower,
        bus: EventBus,
        clock: Clock,
        jitter: Callable[[], float],
        on_reachable: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._follower = follower
        self._bus = bus
        self._clock = clock
        self._backoff = Backoff(jitter)
        self._on_reachable = on_reachable
        self._state = LinkState.OFFLINE
        self._nudged = asyncio.Event()

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def online(self) -> bool:
        return self._state in (LinkState.ONLINE, LinkState.POLLING)

    def nudge(self) -> None:
        """Try now: the machine woke up, or the user asked."""
        self._nudged.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._once()
        finally:
            self._become(LinkState.OFFLINE)

    async def _once(self) -> None:
        if not self.online:
            self._become(LinkState.CONNECTING)
        try:
            await self._follow()
        except JinshuError as error:
            _log.info("the push channel ended: %s", error.code.value)
            if error.recovery is Recovery.RETRY or error.recovery is Recovery.REAUTHENTICATE:
                await self._without_push()
                return
            # Revoked, too old a version, a rewritten log: trying at once changes nothing, and the user must
            # know.
            params = tuple(sorted((name, str(value)) for name, value in error.params.items()))
            self._bus.publish(NoticeRaised(error.code, params))
            self._become(LinkState.OFFLINE)
        # After a clean end (the server restarts, a token ran out) the next try follows soon, and nobody is
        # alarmed.
        await self._rest()

    async def _follow(self) -> None:
        async with self._channel() as events:
            await self._follower.catch_up()
            self._backoff.reset()
            self._reached(LinkState.ONLINE)
            async for event in events:
                await self._follower.deliver(event)

    async def _without_push(self) -> None:
        try:
            await self._follower.catch_up()
        except JinshuError as error:
            _log.info("polling failed: %s", error.code.value)
            self._become(LinkState.OFFLINE)
            await self._rest()
            return
        self._reached(LinkState.POLLING)
        await wait_at_most(self._nudged, self._clock, _POLL_SECONDS if self._backoff.failures else 0.2)
        self._nudged.clear()
        self._backoff.next()

    async def _rest(self) -> None:
        await wait_at_most(self._nudged, self._clock, self._backoff.next())
        self._nudged.clear()

    def _reached(self, state: LinkState) -> None:
        was_away = not self.online
        self._become(state)
        if was_away:
            self._on_reachable()

    def _become(self, state: LinkState) -> None:
        if state is not self._state:
            self._state = state
            self._bus.publish(ConnectionChanged(state))
