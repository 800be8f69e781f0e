"""A participant's connection, as far as it is decided here: whose checks are believed, what of his datagrams is read at all, when
the connection is his and when it is over. A state machine: inputs are calls with the time; packets that were opened go to its
owner, and what `Transports` asks before it acts is answered by return values.

What is not in here are aioice's checks, aiortc's DTLS and SCTP with their timers and tasks: those libraries do I/O in all they do,
and stand in `transports.py`.
"""

from __future__ import annotations

import secrets
import string
from enum import Enum, auto
from typing import Any, Final, Protocol

from aioice import stun

from protocol.meetings.slots import CHANNEL_LABEL
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.offers import Offer
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.srtp import Arena

_LETTERS: Final = string.ascii_letters + string.digits
_UFRAG_LETTERS: Final = 12
_PASSWORD_LETTERS: Final = 32
# Datagrams of a handshake or of the channel that wait for the loop; more of them is a flood.
_MOST_WAITING: Final = 128
# What a client that keeps to our words never reaches: streams, channels, and pieces of messages at once.
_MOST_STREAMS: Final = 16
_MOST_CHANNELS: Final = 2
_MOST_PIECES: Final = 256
# Three times what all streams of a client need. Whoever sends more loses it, before it costs the others their time.
_MEDIA_RATE: Final = 3000
_RECORD_RATE: Final = 300


class LinkPhase(Enum):
    """Of a connection, in this order; it may be closed from each."""

    NEW = auto()  # no check came yet
    CONNECTING = auto()  # ICE, then DTLS
    CONNECTED = auto()  # media flow
    CLOSED = auto()


class LinkOwner(Protocol):
    """Whose connection it is. `now` in monotonic seconds."""

    def on_connected(self, now: float) -> None: ...

    def on_moved(self) -> None:
        """`Link.outlet` is another."""

    def on_channel(self, now: float) -> None: ...

    def on_message(self, text: str, now: float) -> None: ...

    def on_rtp(self, packet: bytes, now: float) -> None: ...

    def on_rtcp(self, packet: bytes, now: float) -> None: ...

    def on_ended(self, now: float) -> None:
        """The connection is over, by the other side or by a failure; more than once at times."""


class Link:
    """From the answer to the end; sans I/O, `now` in monotonic seconds. Nothing is sent to an address from which our password was
    not proved. `heard_at`: when something of the participant came that he alone can have sent."""

    def __init__(self, offer: Offer, owner: LinkOwner, now: float) -> None:
        self.ufrag = _random(_UFRAG_LETTERS)
        self.password = _random(_PASSWORD_LETTERS)
        self.phase = LinkPhase.NEW
        self.outlet: Outlet | None = None
        self.heard_at = now
        self._offer = offer
        self._owner = owner
        self._has_channel = False
        self._new_addresses = Bucket(8, 0.1)
        self._media = Bucket(_MEDIA_RATE, _MEDIA_RATE)
        self._records = Bucket(_RECORD_RATE, _RECORD_RATE)
        self._receives: Any = None
        self._usable: frozenset[int] = frozenset()

    def allow(self, sources: frozenset[int]) -> None:
        """The SSRCs of packets that may come: libsrtp keeps something for every one it ever sees."""
        self._usable = sources

    # Datagrams

    def believes(self, message: stun.Message) -> bool:
        """A check of the client we expect, complete and under our password (RFC 8445 §7.3)."""
        said = message.attributes
        return (
            self.phase is not LinkPhase.CLOSED
            and message.message_method is stun.Method.BINDING
            and said.get("USERNAME") == f"{self.ufrag}:{self._offer.ufrag}"
            and "PRIORITY" in said
            and message.check_message_integrity(self.password.encode())
        )

    def on_check(self, known: bool, now: float) -> bool:
        """Whether ICE is to have a check that was believed; `known`: it had one of the same address before."""
        if not known and not self._new_addresses.take(now):
            return False
        self.heard_at = now
        return True

    def begin(self) -> bool:
        """Whether to connect: once, after the first check."""
        begun = self.phase is LinkPhase.NEW
        if begun:
            self.phase = LinkPhase.CONNECTING
        return begun

    def on_answer(self, now: float) -> None:
        """A check of our own was answered."""
        self.heard_at = now

    def on_record(self, waiting: int, now: float) -> bool:
        """Whether DTLS is to have a datagram of its kind, while so many wait for it."""
        if self.phase is LinkPhase.CLOSED or waiting >= _MOST_WAITING or not self._records.take(now):
            return False
        self.heard_at = now
        return True

    def on_media(self, arena: Arena, size: int, now: float) -> None:
        """SRTP or SRTCP of `size` bytes in the arena's first place."""
        if self._receives is None or size < 12 or not self._media.take(now):
            return
        view = arena.view
        if 192 <= view[1] < 224:
            opened = arena.open_rtcp(self._receives, size) if self._allowed(view[4:8]) else None
            deliver = self._owner.on_rtcp
        else:
            opened = arena.open_rtp(self._receives, size) if self._allowed(view[8:12]) else None
            deliver = self._owner.on_rtp
        if opened is not None:
            self.heard_at = now
            deliver(opened, now)

    # What became of the transports

    def on_secured(self, receives: Any, outlet: Outlet, now: float) -> None:
        """DTLS has its keys. `receives`: libsrtp's handle of the session that opens what comes; `outlet`: where ours goes."""
        if self.phase is LinkPhase.CONNECTING:
            self.phase = LinkPhase.CONNECTED
            self._receives, self.outlet = receives, outlet
            self._owner.on_connected(now)

    def on_moved(self, outlet: Outlet) -> None:
        """The client nominated another address."""
        if self.outlet is not None:
            self.outlet = outlet
            self._owner.on_moved()

    def accepts(self, label: str) -> bool:
        """Whether a data channel of this name is ours: the first of the one name."""
        accepted = label == CHANNEL_LABEL and not self._has_channel
        self._has_channel = self._has_channel or accepted
        return accepted

    def on_channel(self, now: float) -> None:
        """The channel that was accepted can be used."""
        self._owner.on_channel(now)

    def on_message(self, message: str | bytes, now: float) -> None:
        if self.phase is not LinkPhase.CLOSED:
            # What is not text is none of our words either.
            self._owner.on_message(message if isinstance(message, str) else "", now)

    def on_association(self, streams: int, channels: int, pieces: int, now: float) -> None:
        """What SCTP keeps for the client after a packet of his: it is bounded by nobody else."""
        if streams > _MOST_STREAMS or channels > _MOST_CHANNELS or pieces > _MOST_PIECES:
            self.on_ended(now)

    def on_ended(self, now: float) -> None:
        """Transports could not be made, failed, or were closed by the client."""
        if self.phase is not LinkPhase.CLOSED:
            self._owner.on_ended(now)

    def close(self) -> None:
        """Nothing is read any more and nothing sent."""
        self.phase = LinkPhase.CLOSED
        self._receives = self.outlet = None

    def _allowed(self, ssrc: memoryview) -> bool:
        return int.from_bytes(ssrc, "big") in self._usable


def _random(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
