"""The key schedule of a meeting (C22): one secret an epoch, a key for each sender and stream out of it.

Announcements are checked against the one before: who was in keeps his rank when somebody comes, and nothing of an old
secret is left when somebody goes.

What must be kept in step with PROTOCOL.md §7: the labels of `commitment`, `ratcheted` and `base_key`, since a change of
one byte makes every other client deaf; `check_epoch`, which server and clients both run; and the three times, since a
sender that switches later than OVERLAP_MS seals what nobody opens any more. Why two ways to a secret: a ratchet costs
one packet for each device that came, but a participant who went could compute it too; so whenever one went the secret
is fresh and goes to all who stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.crypto.frames import KEY_BYTES, Stream
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.meetings.payloads import Epoch, EpochKind

SECRET_BYTES: Final = 32
SUCCESSION_MS: Final = 2000  # the next in rank acts after so much silence
SWITCH_MS: Final = 100  # so long after an announcement frames are still sealed in the epoch before: all have heard of it then
OVERLAP_MS: Final = 10_000  # so long what was sealed under the epoch before still opens


def commitment(meeting: str, secret: bytes) -> bytes:
    """What an announcement binds its secret with."""
    return hashlib.sha256(b"jinshu/epoch-commit/v1" + meeting.encode() + secret).digest()


def ratcheted(secret: bytes, previous: bytes) -> bytes:
    """The secret that follows when somebody comes; `previous` is the entry id of the epoch it follows. He cannot go back."""
    return _hkdf(secret, b"jinshu/epoch-ratchet/v1" + previous, SECRET_BYTES)


def base_key(secret: bytes, meeting: str, device: str, nonce: bytes, stream: Stream) -> bytes:
    """The SFrame base key of one stream of one stay of a device."""
    info = b"jinshu/media/v1" + meeting.encode() + b"\0" + device.encode() + b"\0" + nonce + bytes((stream,))
    return _hkdf(secret, info, KEY_BYTES)


def kid_bits(entry_id: bytes) -> int:
    """The 32 bits of a KID that name an epoch."""
    return int.from_bytes(entry_id[:4], "big")


def check_epoch(epoch: Epoch, announcer: bytes, last: tuple[bytes, Epoch] | None) -> None:
    """Return if an announcement may follow the last one (its entry id and content). `announcer`: the JOIN of who signed it.

    Raises:
        JinshuError: `meetings.epoch_refused`.
    """
    refused = RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=epoch.meeting)
    if announcer not in epoch.participants:
        raise refused
    if last is None:
        if epoch.kind is not EpochKind.NEW:
            raise refused
        return
    entry_id, before = last
    if (epoch.meeting, epoch.n, epoch.previous) != (before.meeting, before.n + 1, entry_id):
        raise refused
    stay = before.participants
    if epoch.kind is EpochKind.RATCHET and (
        epoch.participants[: len(stay)] != stay
        or len(epoch.participants) == len(stay)
        or announcer not in stay
    ):
        raise refused


def rank(participants: Sequence[bytes], join: bytes) -> int:
    """Place of a stay in an epoch; whoever is not in it comes after all who are."""
    return participants.index(join) if join in participants else len(participants)


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=b"", info=info).derive(secret)
