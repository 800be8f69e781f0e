"""How much one device may make others keep, fold or carry. What its user does in a day stays far below each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode
from server_stub.clock import Clock
from server_stub.limits import Limiter

# Announced by one device and not finished: eight of the largest files, or four thousand small ones (`server_stub/blobs/unfinished.py`).
UNFINISHED_BYTES: Final = 16 << 30


@dataclass(frozen=True, slots=True)
class Quotas:
    """A limiter for each kind of thing, its keys being devices; all refuse with `request.rate_limited`."""

    sessions: Limiter
    leaves: Limiter  # every client folds each of them for ever
    generations: Limiter  # besides: up to thousands of wraps each
    seals: Limiter
    prekeys: Limiter  # published
    claims: Limiter  # prekeys claimed, of whomever
    claims_of_one: Limiter  # one-time keys of a single other device: beyond it the fallback serves
    rosters: Limiter
    messages: Limiter
    packets: Limiter
    entries: Limiter  # of documents
    heads: Limiter  # of cases, each signed anew while nobody else writes
    blobs: Limiter  # begun, or asked how far they got
    resyncs: Limiter  # a whole log made anew
    meetings: Limiter  # called, or changed by a chair
    joins: Limiter
    epochs: Limiter
    witnesses: Limiter  # by address: a witness has no session
    updates: Limiter  # by address: five files a check, and a room of computers behind one address begins its day together

    @classmethod
    def made(cls, clock: Clock) -> Quotas:
        def limiter(burst: int, per_minute: float) -> Limiter:
            return Limiter(clock, ErrorCode.REQUEST_RATE_LIMITED, burst=burst, per_minute=per_minute)

        return cls(
            sessions=limiter(60, 20),
            # A clerk who confirms the members of a large body appends one for each of them.
            leaves=limiter(500, 10),
            generations=limiter(100, 2),
            seals=limiter(20, 1),
            prekeys=limiter(2000, 100),
            # A conversation of five hundred devices, some times over.
            claims=limiter(3000, 600),
            claims_of_one=limiter(10, 0.2),
            rosters=limiter(200, 20),
            messages=limiter(3000, 300),
            packets=limiter(20_000, 3000),
            # A clerk who sends out two hundred documents of ten attachments in an hour takes some ten entries, four heads and
            # twelve blobs for each of them, and is held up nowhere.
            entries=limiter(3000, 120),
            heads=limiter(1000, 60),
            blobs=limiter(10_000, 600),
            resyncs=limiter(30, 2),
            meetings=limiter(200, 60),
            joins=limiter(100, 60),
            # One for everybody who comes or goes, all by the first in rank.
            epochs=limiter(1000, 300),
            witnesses=limiter(60, 30),
            updates=limiter(2000, 200),
        )
