"""Vectors of conversations and meetings: every signed format, the schedule of media keys, and sealed frames (D8, D9, C22, C23)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from protocol.crypto import cbor
from protocol.crypto.frames import FrameSealer, MediaKid, Stream, seal_video
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.directory.log import OlmIdentity
from protocol.identifiers import IdKind, new_id
from protocol.meetings import epochs
from protocol.meetings.payloads import ChairAct, ChairEntry, Epoch, EpochKind, EpochPacket, Join, Meeting
from protocol.messaging.payloads import ChannelKey, KeyPacket, LeftOut, MessageEvent, Prekey, Roster

AT = 1_795_000_000_000
Entropy = Callable[[int], bytes]


def identifier(kind: IdKind, number: int) -> str:
    return new_id(kind, number.to_bytes(16, "big"))


CONVERSATION, MEETING = identifier(IdKind.CONVERSATION, 1), identifier(IdKind.MEETING, 2)
PERSON, OTHER = identifier(IdKind.PERSON, 3), identifier(IdKind.PERSON, 4)
DEVICE, TO = identifier(IdKind.DEVICE, 5), identifier(IdKind.DEVICE, 6)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def payloads(entropy: Entropy, cert_hash: bytes) -> dict[SignedType, Any]:
    """One of each, with every field in use; the act follows the meeting, which `cert_hash` signs."""
    root, device = _hash("root"), DEVICE
    people = [PERSON, OTHER]
    meeting = Meeting(MEETING, CONVERSATION, PERSON, device, [PERSON], AT, AT + 3_600_000, 6, root, AT)
    called = Signed(SignedType.MEETING, cert_hash, bytes(64), cbor.encode(meeting.value())).entry_id
    return {
        SignedType.OLM_IDENTITY: OlmIdentity(device, entropy(32), entropy(32), AT),
        SignedType.PREKEY: Prekey(device, entropy(32), entropy(32), True, AT),
        SignedType.CHANNEL_KEY: ChannelKey(device, entropy(32), entropy(1216), AT),
        SignedType.ROSTER: Roster(
            CONVERSATION, 2, _hash("before"), True, PERSON, people, [PERSON], 5, 6, root, AT
        ),
        SignedType.KEY_PACKET: KeyPacket(CONVERSATION, device, TO, "session", b"\x01" + entropy(40), AT),
        SignedType.MESSAGE: MessageEvent(
            conversation=CONVERSATION,
            id=identifier(IdKind.MESSAGE, 7),
            person=PERSON,
            device=device,
            roster=_hash("roster"),
            session="session",
            ciphertext=entropy(40),
            parents=sorted([_hash("one"), _hash("two")]),
            blobs=[_hash("blob").hex()],
            log_size=6,
            log_root=root,
            sent_at=AT,
        ),
        SignedType.MEETING: meeting,
        SignedType.CHAIR_ACT: ChairEntry(
            MEETING, 1, called, PERSON, device, ChairAct.REMOVE, OTHER, 6, root, AT
        ),
        SignedType.MEETING_JOIN: Join(MEETING, PERSON, device, entropy(16), 6, root, AT),
        SignedType.EPOCH: Epoch(
            meeting=MEETING,
            n=2,
            previous=_hash("epoch"),
            kind=EpochKind.RATCHET,
            participants=[_hash("join one"), _hash("join two")],
            commitment=entropy(32),
            person=PERSON,
            device=device,
            log_size=6,
            log_root=root,
            at=AT,
        ),
        SignedType.EPOCH_PACKET: EpochPacket(MEETING, _hash("epoch"), device, TO, b"\x01" + entropy(40), AT),
    }


def signed_formats(entropy: Entropy) -> dict[str, Any]:
    """Those of the first landing."""
    certificate = b"the DER of another certificate"
    return _signed(certificate, payloads(entropy, hashlib.sha256(certificate).digest()))


def left_out() -> dict[str, Any]:
    """LEFT_OUT, of protocol version 3."""
    statement = LeftOut(CONVERSATION, DEVICE, [TO], AT)
    return _signed(b"the DER of a third certificate", {SignedType.LEFT_OUT: statement})


def _signed(certificate: bytes, made: dict[SignedType, Any]) -> dict[str, Any]:
    """Each signed by one key."""
    key, cert_hash = SigningKey.generate(), hashlib.sha256(certificate).digest()
    formats = {}
    for kind, payload in made.items():
        signed = sign(key, cert_hash, kind, payload.value())
        formats[kind.name] = {
            "type": int(kind),
            "payload": payload.value(),
            "bytes": signed.to_bytes(),
            "entry_id": signed.entry_id,
        }
    return {"spki": key.public_spki, "certificate": certificate, "formats": formats}


def media_keys(entropy: Entropy) -> dict[str, Any]:
    """The key schedule of two epochs, and a frame of sound and two of pictures in the second."""
    secret, nonce = entropy(32), entropy(16)
    first, second = _hash("first epoch"), _hash("second epoch")
    after = epochs.ratcheted(secret, first)
    keys = {stream: epochs.base_key(after, MEETING, DEVICE, nonce, stream) for stream in Stream}
    kids = {stream: MediaKid(epochs.kid_bits(second), 300, stream).pack() for stream in Stream}
    audio = FrameSealer(kids[Stream.AUDIO], keys[Stream.AUDIO])
    video = FrameSealer(kids[Stream.VIDEO_HIGH], keys[Stream.VIDEO_HIGH])
    sound, key_frame, delta = entropy(60), b"\x10" + entropy(99), b"\x11" + entropy(79)
    return {
        "meeting": MEETING,
        "device": DEVICE,
        "nonce": nonce,
        "secret": secret,
        "commitment": epochs.commitment(MEETING, secret),
        "first_epoch": first,
        "second_epoch": second,
        "secret_after": after,
        "commitment_after": epochs.commitment(MEETING, after),
        "rank": 300,
        "base_keys": {str(int(stream)): key for stream, key in keys.items()},
        "kids": {str(int(stream)): kid.to_bytes(6, "big") for stream, kid in kids.items()},
        "frames": [
            {"stream": 0, "counter": 0, "clear": 0, "plain": sound, "sealed": audio.seal(sound)},
            {
                "stream": 1,
                "counter": 0,
                "clear": 10,
                "plain": key_frame,
                "sealed": seal_video(video, key_frame),
            },
            {"stream": 1, "counter": 1, "clear": 3, "plain": delta, "sealed": seal_video(video, delta)},
        ],
    }
