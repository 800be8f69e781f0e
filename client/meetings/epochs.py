"""Who holds the media keys of a meeting, who makes the next ones and when (C22). No clock of its own: milliseconds are passed in.

Rules (PROTOCOL.md §7, "Whose turn" and "Key schedule"):
- The participants of an epoch are the stays present when it was announced. When the two differ, a new one is due.
- Participants are ranked: those of the epoch in force in its order, then those who came later. The first announces at
  once, each further one after SUCCESSION_MS more of silence, so that one that is gone or slow holds up nobody.
- People only came: the secret is ratcheted, and packets go to the new ones. Somebody went: the secret is fresh.
- Of two epochs with the same n and predecessor the same one wins on every device (`_wins`), whatever came first.

How it works. `Presence` says who is here and calls `_note` when that changes. `due_at` says when this device should
announce; `MeetingSession` then asks for a `plan`, has `EpochExchange` sign and seal it, and gives every verified
announcement to `take`. `maintain` does what time alone brings: it moves sealing to the new epoch
SWITCH_MS after it came into force, and forgets replaced epochs after OVERLAP_MS.

What must be kept in step: `maintain` and `wake_at` name the same moments, else the session sleeps through one. `_used`
never forgets: bits of a KID that named one epoch must not name another. Frames are sealed and opened on encoder and
decoder threads: what they touch (`_opener`, sealers) changes under `_lock` only.

`Plan` is an epoch before it is signed; `_Held` one that was believed, made by `take`, whose secret may come later;
`EpochKeys` is made once for each stay, since the nonce of the stay's JOIN goes into every key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from client.meetings.presence import Presence, Stay
from protocol.crypto.frames import FrameOpener, FrameSealer, MediaKid, Stream, kid_of
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.meetings import epochs
from protocol.meetings.epochs import OVERLAP_MS, SECRET_BYTES, SUCCESSION_MS, SWITCH_MS
from protocol.meetings.payloads import Epoch, EpochKind


@dataclass(frozen=True, slots=True)
class Plan:
    """An epoch this device is to announce. `to`: the stays to seal the secret to."""

    n: int
    previous: bytes | None
    kind: EpochKind
    participants: tuple[bytes, ...]
    secret: bytes = field(repr=False)
    to: tuple[Stay, ...]


@dataclass(slots=True)
class _Held:
    """An epoch known here; without its secret until the packet has come."""

    id: bytes
    epoch: Epoch
    announcer: bytes
    secret: bytes | None = None
    entered_at: int = 0
    sealers: dict[Stream, FrameSealer] = field(default_factory=dict)
    replaced_at: int | None = None


class EpochKeys:
    """The keys of one stay in one meeting. Frames are sealed and opened from encoder and decoder threads, all else on one."""

    def __init__(self, meeting: str, me: Stay, now_ms: int, entropy: Callable[[int], bytes]) -> None:
        self._meeting = meeting
        self._me = me
        self._entropy = entropy
        self.presence = Presence(meeting, me, self._note)
        self._passed: tuple[int, bytes] | None = (
            None  # an announcement that only counts as a place in the chain
        )
        self._current: _Held | None = None
        self._sealing: _Held | None = (
            None  # the epoch frames are sealed in: others may hear of a new one a little later
        )
        self._held: dict[int, _Held] = {}  # by the bits of the KID
        self._used: dict[int, bytes] = {}  # bits of a KID -> the epoch that has them
        self._changed_at: int | None = now_ms
        self._opener = FrameOpener()
        self._lock = threading.Lock()

    # The next epoch

    @property
    def epoch(self) -> bytes | None:
        """Entry id of the epoch in force."""
        return None if self._current is None else self._current.id

    @property
    def ready(self) -> bool:
        """Whether this stay has the secret of the epoch in force and is in it."""
        return self._current is not None and self._usable(self._current)

    def holds(self, stay: Stay) -> bool:
        """Whether a stay is in the epoch in force."""
        return self._current is not None and stay.id in self._current.epoch.participants

    def announcer(self, epoch: Epoch) -> Stay | None:
        """The stay that signed an announcement, if it is present: who was put out announces nothing, whatever the server
        passes on for him."""
        here = (self.presence.known(join) for join in epoch.participants if join in self.presence)
        return next((stay for stay in here if stay is not None and stay.device == epoch.device), None)

    def pass_over(self, entry_id: bytes, n: int) -> None:
        """The server insists on an announcement that is not believed: its keys are not taken, and what is announced next
        follows it."""
        self._passed = (n, entry_id)

    @property
    def chain_end(self) -> tuple[int, bytes] | None:
        """Number and entry id of what the next announcement follows, believed or passed over; None: it would be the first."""
        held, passed = self._current, self._passed
        if held is None or (passed is not None and passed[0] >= held.epoch.n):
            return passed
        return held.epoch.n, held.id

    def due_at(self) -> int | None:
        """When this device should announce, if nobody else has by then; None: nothing has changed."""
        if self._changed_at is None or not self._stale():
            return None
        return self._changed_at + SUCCESSION_MS * self._turn()

    def plan(self) -> Plan:
        """The epoch that should be now: a ratchet when people only came, a fresh secret otherwise."""
        held, passed = self._current, self._passed
        here = self.presence.joins
        stay = [] if held is None else held.epoch.participants
        fresh = [join for join in here if join not in stay]
        if passed is not None and (held is None or passed[0] >= held.epoch.n):
            return self._fresh(passed[0] + 1, passed[1], [*(j for j in stay if j in here), *fresh])
        if held is None:
            return self._fresh(1, None, here)
        if held.secret is None or self._me.id not in stay or any(join not in here for join in stay):
            return self._fresh(held.epoch.n + 1, held.id, [*(j for j in stay if j in here), *fresh])
        secret = epochs.ratcheted(held.secret, held.id)
        to = tuple(each for each in self.presence.stays if each.id in fresh)
        return Plan(held.epoch.n + 1, held.id, EpochKind.RATCHET, (*stay, *fresh), secret, to)

    def take(
        self, entry_id: bytes, epoch: Epoch, announcer: bytes, secret: bytes | None, now_ms: int
    ) -> bool:
        """A verified announcement, with the secret if it came along. False: another epoch stays in force.

        Raises:
            JinshuError: `meetings.epoch_refused`, it breaks the rules or the secret is not the one committed to.
        """
        bits = epochs.kid_bits(entry_id)
        if self._current is not None and self._current.id == entry_id:
            self._give(self._current, secret)
            return True
        if self._used.get(bits) == entry_id or not self._wins(entry_id, epoch, announcer):
            return False
        before = self._before(epoch)
        epochs.check_epoch(epoch, announcer, before)
        if bits in self._used:
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        made = _Held(entry_id, epoch, announcer)
        if secret is None and epoch.kind is EpochKind.RATCHET:
            parent = self._before_of(epoch)
            if parent is not None and parent.secret is not None and self._me.id in parent.epoch.participants:
                secret = epochs.ratcheted(parent.secret, parent.id)
        self._give(made, secret)
        self._enter(made, now_ms)
        return True

    def wake_at(self, now_ms: int) -> int | None:
        """The next time after `now_ms` at which `maintain` may do something, if nothing else comes before; None: there is none."""
        times = [
            held.replaced_at + OVERLAP_MS for held in self._held.values() if held.replaced_at is not None
        ]
        if self._sealing is not None:
            times += self._outlived_at(self._sealing)
        held = self._current
        while held is not None and held is not self._sealing:
            times.append(held.entered_at + SWITCH_MS)
            held = self._before_of(held.epoch)
        return min((at for at in times if at > now_ms), default=None)

    def maintain(self, now_ms: int) -> bool:
        """What only time brings: frames are sealed in a new epoch once all have heard of it, in none that somebody holds who went
        more than ten seconds ago, and epochs that were replaced so long ago are forgotten. Says whether from now on somebody can
        open what he could not before."""
        before = sealing = self._sealing
        held = self._heard_of(now_ms)
        if held is not None and self._usable(held) and (sealing is None or held.epoch.n >= sealing.epoch.n):
            sealing = held
        self._sealing = None if sealing is None or self._outlived(sealing, now_ms) else sealing
        for bits, held in list(self._held.items()):
            if held.replaced_at is not None and now_ms >= held.replaced_at + OVERLAP_MS:
                del self._held[bits]
                with self._lock:
                    for place in range(len(held.epoch.participants)):
                        for stream in Stream:
                            self._opener.forget(MediaKid(bits, place, stream).pack())
        after = self._sealing
        if after is None or after is before:
            return False
        return before is None or not set(after.epoch.participants) <= set(before.epoch.participants)

    def forget(self) -> None:
        """The stay is over: no key of it is left, whoever still holds this."""
        with self._lock:
            self._current = self._sealing = None
            self._held.clear()
            self._opener = FrameOpener()

    # Frames

    def sealer(self, stream: Stream) -> FrameSealer | None:
        """What seals a stream of mine now; None while there is no key."""
        with self._lock:
            held = self._sealing
            if held is None or held.secret is None:
                return None
            if stream not in held.sealers:
                place = held.epoch.participants.index(self._me.id)
                kid = MediaKid(epochs.kid_bits(held.id), place, stream).pack()
                held.sealers[stream] = FrameSealer(kid, self._base_key(held.secret, self._me, stream))
            return held.sealers[stream]

    def open(self, frame: bytes, metadata: bytes = b"") -> tuple[int, bytes]:
        """The KID that decrypted, and the plaintext; what I sent myself does not open.

        Raises:
            JinshuError: `frames.*`, `wire.malformed`.
        """
        kid = kid_of(frame)
        with self._lock:
            self._learn(kid)
            return self._opener.open(frame, metadata)

    def sender(self, kid: int) -> tuple[Stay, Stream]:
        """Whose frame a KID names.

        Raises:
            JinshuError: `frames.unknown_key`, `wire.malformed`.
        """
        named = MediaKid.unpack(kid)
        stay = self._at(self._held.get(named.epoch), named.rank)
        if stay is None:
            raise JinshuError(ErrorCode.FRAMES_UNKNOWN_KEY)
        return stay, named.stream

    # How

    def _heard_of(self, now_ms: int) -> _Held | None:
        """The newest epoch of the chain in force that came into force long enough ago: others may follow at once, one after the
        other, and he who went holds the one before."""
        held = self._current
        while held is not None and now_ms < held.entered_at + SWITCH_MS:
            held = self._before_of(held.epoch)
        return held

    def _outlived(self, held: _Held, now_ms: int) -> bool:
        """Whether somebody holds it who went so long ago that new keys should have come: the server may keep them back."""
        return any(now_ms >= at for at in self._outlived_at(held))

    def _outlived_at(self, held: _Held) -> list[int]:
        """When it is outlived, for each of its participants who went."""
        went = (self.presence.went_at(join) for join in held.epoch.participants)
        return [at + OVERLAP_MS for at in went if at is not None]

    def _note(self, now_ms: int) -> None:
        if self._changed_at is None or not self._stale():
            self._changed_at = now_ms
        else:
            self._changed_at = min(self._changed_at, now_ms)

    def _stale(self) -> bool:
        """Whether the epoch in force is not of those who are here."""
        held = self._current
        return held is None or set(held.epoch.participants) != set(self.presence.joins)

    def _turn(self) -> int:
        """How many come before me: who holds the epoch in force, then who has just come."""
        stay = [] if self._current is None else self._current.epoch.participants
        order = [
            *(join for join in stay if join in self.presence),
            *(join for join in self.presence.joins if join not in stay),
        ]
        return order.index(self._me.id)

    def _fresh(self, n: int, previous: bytes | None, participants: list[bytes]) -> Plan:
        to = tuple(each for each in self.presence.stays if each.id != self._me.id)
        secret = self._entropy(SECRET_BYTES)
        return Plan(n, previous, EpochKind.NEW, tuple(participants), secret, to)

    def _wins(self, entry_id: bytes, epoch: Epoch, announcer: bytes) -> bool:
        """Of two announcements after the same one, that of the lower rank; what is older than the current loses.

        A rank is judged in the list that was announced: everybody has it, and who stayed stands there in the order of before.
        """
        held = self._current
        if held is None or epoch.n > held.epoch.n:
            return True
        if epoch.n < held.epoch.n or epoch.previous != held.epoch.previous:
            return False
        wanted = (epochs.rank(epoch.participants, announcer), announcer, entry_id)
        return wanted < (epochs.rank(held.epoch.participants, held.announcer), held.announcer, held.id)

    def _before_of(self, epoch: Epoch) -> _Held | None:
        held = None if epoch.previous is None else self._held.get(epochs.kid_bits(epoch.previous))
        return held if held is not None and held.id == epoch.previous else None

    def _before(self, epoch: Epoch) -> tuple[bytes, Epoch] | None:
        """The epoch it says it follows, if it is known here: who missed one believes the chain's newest."""
        held = self._before_of(epoch)
        if held is not None:
            return held.id, held.epoch
        if epoch.kind is EpochKind.RATCHET:
            # Nothing is known of what it follows: only its shape can be judged, and its secret must come sealed.
            return None if epoch.previous is None else (epoch.previous, self._as_before(epoch))
        return None

    @staticmethod
    def _as_before(epoch: Epoch) -> Epoch:
        """What an unknown predecessor of a ratchet may have been at most."""
        return Epoch(
            meeting=epoch.meeting,
            n=epoch.n - 1,
            previous=None,
            kind=EpochKind.NEW,
            participants=epoch.participants[:-1],
            commitment=bytes(32),
            person=epoch.person,
            device=epoch.device,
            log_size=0,
            log_root=bytes(32),
            at=0,
        )

    def _give(self, held: _Held, secret: bytes | None) -> None:
        if secret is None or held.secret is not None:
            return
        if epochs.commitment(self._meeting, secret) != held.epoch.commitment:
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        held.secret = secret
        if self._sealing is None and held is self._current and self._usable(held):
            self._sealing = held

    def _usable(self, held: _Held) -> bool:
        return held.secret is not None and self._me.id in held.epoch.participants

    def _enter(self, made: _Held, now_ms: int) -> None:
        if self._current is not None:
            self._current.replaced_at = now_ms
        bits = epochs.kid_bits(made.id)
        self._used[bits] = made.id
        self._held[bits] = made
        made.entered_at = now_ms
        self._current = made
        if self._sealing is None and self._usable(made) and not self._outlived(made, now_ms):
            self._sealing = made
        self._changed_at = now_ms if self._stale() else None

    def _learn(self, kid: int) -> None:
        """Make the key of a sender when his first frame comes: most streams of a large meeting are never seen."""
        named = MediaKid.unpack(kid)
        held = self._held.get(named.epoch)
        stay = self._at(held, named.rank)
        if held is not None and held.secret is not None and stay is not None and stay.id != self._me.id:
            self._opener.add(kid, self._base_key(held.secret, stay, named.stream))

    def _at(self, held: _Held | None, rank: int) -> Stay | None:
        """Who has a rank in an epoch. His JOIN may have become known later than the epoch."""
        if held is None or rank >= len(held.epoch.participants):
            return None
        return self.presence.known(held.epoch.participants[rank])

    def _base_key(self, secret: bytes, stay: Stay, stream: Stream) -> bytes:
        return epochs.base_key(secret, self._meeting, stay.device, stay.nonce, stream)
