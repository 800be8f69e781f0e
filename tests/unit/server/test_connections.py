"""Connections that say little are cut, on a clock of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from server_stub.connections import HEAD_BYTES, HEAD_SECONDS, PAUSE_SECONDS, REQUEST_SECONDS, BoundedHttp

HEAD = b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"


class HandLoop:
    """A loop whose time the test moves; what is started on it never runs, as an application that waits for its body."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[tuple[float, Callable[[], None], HandTimer]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> HandTimer:
        timer = HandTimer()
        self._timers.append((self.now + seconds, call, timer))
        return timer

    def create_task(self, work: Any, **_: Any) -> Begun:
        work.close()
        return Begun()

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((each for each in self._timers if each[0] <= end), key=lambda each: each[0]):
            at, call, timer = due[0]
            self._timers.remove(due[0])
            if not timer.cancelled:
                self.now = at
                call()
        self.now = end


class Begun:
    """A task that never gets further."""

    def add_done_callback(self, call: Callable[[Any], None]) -> None:
        del call


class HandTimer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Line(asyncio.Transport):
    """The server's end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: Any) -> None:
        del data

    def pause_reading(self) -> None:
        """The test says nothing more then."""

    def resume_reading(self) -> None:
        """It may again."""


async def never_run(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError((scope, receive, send))


class Talk:
    def __init__(self) -> None:
        config = uvicorn.Config(never_run, log_config=None)
        config.load()
        self.loop, self.line = HandLoop(), Line()
        self.protocol = BoundedHttp(config=config, server_state=ServerState(), app_state={}, _loop=self.loop)
        self.protocol.connection_made(self.line)

    def say(self, data: bytes, after: float = 0) -> None:
        self.loop.advance(after)
        if not self.line.closed:
            self.protocol.data_received(data)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_who_says_nothing_is_cut(talk: Talk) -> None:
    talk.loop.advance(HEAD_SECONDS - 0.1)
    assert not talk.line.closed
    talk.loop.advance(0.2)
    assert talk.line.closed


@pytest.mark.parametrize("piece", [b"X: y\r\n", b"x"])
def test_who_dribbles_headers_is_cut_all_the_same(talk: Talk, piece: bytes) -> None:
    talk.say(b"GET / HTTP/1.1\r\n")
    for _ in range(round(HEAD_SECONDS)):
        assert not talk.line.closed
        talk.say(piece, after=1)
    talk.loop.advance(0.1)
    assert talk.line.closed


def test_headers_without_end_are_cut_at_their_size(talk: Talk) -> None:
    talk.say(b"GET / HTTP/1.1\r\nX: ")
    said = 0
    while not talk.line.closed:
        talk.say(b"y" * 1000)
        said += 1000
    assert said <= HEAD_BYTES + 1000


def test_a_body_that_comes_steadily_is_waited_for_and_one_that_stops_is_not(talk: Talk) -> None:
    talk.say(HEAD)
    for _ in range(10):
        talk.say(b"x" * 1000, after=PAUSE_SECONDS - 1)
    assert not talk.line.closed
    talk.loop.advance(PAUSE_SECONDS + 1)
    assert talk.line.closed


def test_a_body_that_dribbles_is_cut_after_ten_minutes(talk: Talk) -> None:
    talk.say(HEAD)
    while not talk.line.closed:
        talk.say(b"x", after=10)
    assert talk.loop.now <= REQUEST_SECONDS + 1


def test_a_client_is_not_cut_while_it_is_we_who_do_not_read(talk: Talk) -> None:
    talk.say(HEAD)
    talk.say(b"x" * 100_000)  # more than the application took: reading is paused
    talk.loop.advance(PAUSE_SECONDS * 3)
    assert not talk.line.closed


def test_between_requests_the_time_of_keeping_alive_counts(talk: Talk) -> None:
    talk.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    talk.loop.advance(HEAD_SECONDS * 2)
    assert not talk.line.closed, "the application may take its time"
    talk.say(b"GET / HTT")
    talk.loop.advance(HEAD_SECONDS + 0.1)
    assert talk.line.closed
