"""Three devices with real stores and real ratchets, a log between them, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from client.core.keys import ratchets
from client.core.store import database, schema
from protocol.errors import ErrorCode, JinshuError

TALK: Final = "cnv"
_ROSTER: Final = bytes(32)


class Crash(Exception):
    """The process ends here; what was not committed never was."""


@dataclass(frozen=True)
class Packet:
    """A session's key on its way to one device."""

    sender: str
    session: str
    kind: int
    body: bytes


@dataclass(frozen=True)
class Message:
    """A message as the log keeps it, and who it was for."""

    number: int
    sender: str
    session: str
    data: bytes
    text: bytes
    members: frozenset[str]


@dataclass
class Device:
    """One device: its store, what waits for it, and what it has read."""

    name: str
    path: Path
    inbox: list[Packet | Message] = field(default_factory=list)
    seen: list[Packet | Message] = field(default_factory=list)
    waiting: list[Message] = field(default_factory=list)
    read: dict[int, bytes] = field(default_factory=dict)
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    prekeys: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path.touch()
        self.engine = database.make_engine(self.path, bytes(32), read_only=False, size=1)
        with self.engine.begin() as connection:
            schema.upgrade(connection)
            self.identity = ratchets.account(connection, os.urandom).curve25519_key.to_bytes()
            self.prekeys, self.fallback = ratchets.fresh_prekeys(connection, os.urandom)

    @contextmanager
    def store(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    def prekey(self) -> bytes:
        return self.prekeys.pop() if self.prekeys else self.fallback


class Circle:
    """The log, who is in, and what everybody does."""

    def __init__(self, folder: Path) -> None:
        self.devices = {name: Device(name, folder / name) for name in ("甲", "乙", "丙")}
        self.members = set(self.devices)
        self.log: list[Message] = []
        self.now = 0

    def send(self, name: str, text: bytes, crash: str | None = None) -> None:
        """As `client/messaging/outgoing_acts.py` does: session, keys, ratchet, post; or the process ends on the way."""
        device, others = self.devices[name], self.members - {name}
        self.now += 1
        with device.store() as c:
            found = ratchets.outbound(c, TALK)
            if found is None or not found.given <= others:
                found = ratchets.begin_outbound(c, TALK, _ROSTER, name, self.now, os.urandom)
        missing = frozenset(others - found.shared)
        with device.store() as c:
            ratchets.mark_given(c, TALK, found.session, missing)
        for other in sorted(missing):
            self._send_key(device, self.devices[other], found.session)
        if crash == "after the keys":
            return
        with device.store() as c:
            ratchets.mark_shared(c, TALK, found.session, missing)
        try:
            with device.store() as c:
                data, _ = ratchets.megolm_encrypt(c, TALK, text, os.urandom)
                if crash == "while encrypting":
                    raise Crash
        except Crash:
            return
        if crash == "after encrypting":
            return
        made = Message(len(self.log), name, found.session, data, text, frozenset(self.members))
        self.log.append(made)
        for other in self.members:
            self.devices[other].inbox.append(made)

    def _send_key(self, device: Device, to: Device, session: str) -> None:
        with device.store() as c:
            if not ratchets.has_channel(c, to.name):
                ratchets.open_channel(c, to.name, to.identity, to.prekey(), self.now, os.urandom)
            key = ratchets.current_key(c, TALK, os.urandom)
            kind, body = ratchets.olm_encrypt(c, to.name, key.encode(), self.now, os.urandom)
        to.inbox.append(Packet(device.name, session, kind, body))

    def take(self, name: str, at: int = 0) -> None:
        """A device takes one event of those that wait for it."""
        device = self.devices[name]
        event = device.inbox.pop(at)
        device.seen.append(event)
        self.apply(device, event)

    def apply(self, device: Device, event: Packet | Message) -> None:
        if isinstance(event, Message):
            self._read(device, event)
            return
        sender = self.devices[event.sender]
        try:
            with device.store() as c:
                key, begun = ratchets.olm_decrypt(
                    c, event.sender, sender.identity, event.kind, event.body, self.now, os.urandom
                )
                if begun:
                    ratchets.unshare(c, event.sender)
                ratchets.keep_inbound(c, event.session, key.decode(), TALK, event.sender, os.urandom)
        except JinshuError as error:
            if error.code is ErrorCode.MESSAGING_UNREADABLE:  # it was here before
                return
            raise
        waiting, device.waiting = device.waiting, []
        for message in waiting:
            self._read(device, message)

    def _read(self, device: Device, message: Message) -> None:
        opened = self.open(device, message)
        if opened is None:
            if message not in device.waiting and message.number not in device.read:
                device.waiting.append(message)
            return
        plain, index = opened
        # The durable set of places: the same place never brings a second message.
        assert device.places.setdefault((message.session, index), message.number) == message.number
        assert device.read.setdefault(message.number, plain) == plain

    def open(self, device: Device, message: Message) -> tuple[bytes, int] | None:
        try:
            with device.store() as c:
                return ratchets.megolm_decrypt(c, message.session, TALK, message.sender, message.data)
        except JinshuError as error:
            if error.code in (ErrorCode.MESSAGING_NO_SESSION, ErrorCode.MESSAGING_UNREADABLE):
                return None
            raise

    def close(self) -> None:
        for device in self.devices.values():
            device.engine.dispose()
