"""What reads bytes of others, with samples that are whole: each may refuse in its one way, and in no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from client.media import channel
from client.media.assembly import FrameAssembly
from client.verify.record import ProvedLeaf, ProvedPart, ProvedSize, Record, RecordedStep
from protocol.cases.entries import DocumentEntry
from protocol.crypto import cbor
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.frames import FrameOpener, FrameSealer, MediaKid, Stream, open_video, seal_video
from protocol.crypto.signature import Signed, SignedType
from protocol.directory import log
from protocol.directory.log import Leaf, LeafKind
from protocol.documents.dispatch import SHIPPED
from protocol.enrolment import EnrolmentCode
from protocol.errors import JinshuError
from protocol.identifiers import IdKind, new_id
from protocol.invitation import Invitation
from protocol.meetings.payloads import ChairEntry, Epoch, EpochPacket, Join, Meeting
from protocol.messaging import contents
from protocol.messaging.commitments import Opening
from protocol.messaging.payloads import (
    ChannelKey,
    CommittedMessage,
    KeyPacket,
    LeftOut,
    MessageEvent,
    Prekey,
    Roster,
)
from protocol.wire import directory, documents, meetings, messaging, session
from server_stub.meetings.sfu import words
from server_stub.meetings.sfu.extensions import level_of
from server_stub.meetings.sfu.feedback import read_feedback
from server_stub.meetings.sfu.offers import read_offer
from server_stub.meetings.sfu.packets import read_head
from server_stub.meetings.sfu.reports import nack, pli
from server_stub.meetings.sfu.vp8 import read_vp8
from tests.unit.meetings_sfu.test_offers import OFFER

_VECTORS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "protocol.json").read_text("utf-8")
)


@dataclass(frozen=True, slots=True)
class Target:
    """A reader; `refusals` is every exception it may raise over bytes of others."""

    name: str
    read: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = (JinshuError,)


def _bytes_within(value: Any) -> Iterable[bytes]:
    """Every byte string of the vectors."""
    if isinstance(value, dict):
        if value.keys() == {"hex"}:
            yield bytes.fromhex(value["hex"])
        else:
            for each in value.values():
                yield from _bytes_within(each)
    elif isinstance(value, list):
        for each in value:
            yield from _bytes_within(each)


def _readable(read: Callable[[bytes], object], found: Iterable[bytes]) -> tuple[bytes, ...]:
    good = []
    for data in found:
        try:
            read(data)
        except JinshuError:
            continue
        good.append(data)
    return tuple(dict.fromkeys(good))


_ALL: Final = tuple(data for data in _bytes_within(_VECTORS) if data)
_PARSERS: Final[dict[SignedType, Callable[[Any], object]]] = {
    SignedType.ORGANISATION_ROOT: log.OrganisationRoot.parse,
    SignedType.REVOCATION_LIST: log.RevocationList.parse,
    SignedType.ROSTER: Roster.parse,
    SignedType.MESSAGE: MessageEvent.parse,
    SignedType.COMMITTED_MESSAGE: CommittedMessage.parse,
    SignedType.KEY_PACKET: KeyPacket.parse,
    SignedType.PREKEY: Prekey.parse,
    SignedType.CHANNEL_KEY: ChannelKey.parse,
    SignedType.LEFT_OUT: LeftOut.parse,
    SignedType.MEETING: Meeting.parse,
    SignedType.CHAIR_ACT: ChairEntry.parse,
    SignedType.MEETING_JOIN: Join.parse,
    SignedType.EPOCH: Epoch.parse,
    SignedType.EPOCH_PACKET: EpochPacket.parse,
    SignedType.DOCUMENT_ENTRY: lambda value: DocumentEntry.parse(value, SHIPPED),
    SignedType.DEVICE_BUNDLE: log.DeviceBundle.parse,
    SignedType.KEY_GENERATION: log.KeyGeneration.parse,
    SignedType.KEY_SHARE: log.KeyShare.parse,
    SignedType.OLM_IDENTITY: log.OlmIdentity.parse,
}


def _signed(data: bytes) -> object:
    signed = Signed.parse(data)
    value = signed.value()
    parse = _PARSERS.get(signed.type) if isinstance(signed.type, SignedType) else None
    return value if parse is None else parse(value)


def _payload(data: bytes) -> object:
    """A decoded value given to every parser: what fits none is refused by each."""
    value = cbor.decode(data)
    refused: JinshuError | None = None
    for parse in _PARSERS.values():
        try:
            return parse(value)
        except JinshuError as error:
            refused = error
    assert refused is not None
    raise refused


def _leaf(data: bytes) -> object:
    return _signed(Leaf.parse(data).signed)


def _record() -> bytes:
    """Every part of a record once."""
    return Record(
        case=new_id(IdKind.CASE, bytes(16)),
        steps=[RecordedStep(b"entry", b"receipt", b"line"), RecordedStep(b"entry", b"receipt")],
        log_head=b"head",
        log_certificate=b"log",
        issuing=b"ca",
        sizes=[ProvedSize(3, [bytes(32)])],
        leaves=[ProvedLeaf(1, b"leaf", [bytes(32)])],
        snapshots=[ProvedPart(1, [b"entry"], [(0, [bytes(32)])])],
    ).to_bytes()


_KID: Final = MediaKid(1, 2, Stream.VIDEO_HIGH).pack()


def _frame(data: bytes) -> object:
    opener = FrameOpener()
    opener.add(_KID, bytes(16))
    return open_video(opener, data)


def _frames() -> tuple[bytes, ...]:
    sealer = FrameSealer(_KID, bytes(16))
    return tuple(seal_video(sealer, first + bytes(range(60))) for first in (b"\x10", b"\x11", b"\x30"))


def _packet(data: bytes) -> object:
    head = read_head(data)
    if head is not None:
        for wanted in range(1, 15):
            level_of(data, head, wanted)
        read_vp8(data, head)
    return head


def _packets() -> tuple[bytes, ...]:
    """RTP with VP8 and with audio: plain, with an extension, with padding, with a picture id of two bytes."""
    fixed = bytes.fromhex("0001000003e8")
    one_byte = bytes.fromhex("bede0001") + bytes.fromhex("10aa2000")
    vp8 = bytes.fromhex("90e0810a22") + b"\x10" + bytes(range(40))
    return (
        bytes.fromhex("8061") + fixed + bytes.fromhex("0000002a") + vp8,
        bytes.fromhex("9061") + fixed + bytes.fromhex("0000002a") + one_byte + vp8,
        bytes.fromhex("b060") + fixed + bytes.fromhex("0000002a") + one_byte + bytes(20) + b"\x04",
        bytes.fromhex("82e0") + fixed + bytes(12) + bytes(30),
    )


def _assembled(data: bytes) -> object:
    """A burst out of the bytes: the number, the time and the mark of each packet are taken from it too."""
    assembly, found = FrameAssembly(), []
    for turn, at in enumerate(range(0, len(data), 12)):
        piece = data[at : at + 12]
        number, timestamp = int.from_bytes(piece[:2], "big"), int.from_bytes(piece[2:4], "big")
        found += assembly.add(number, timestamp, bytes(piece[4:]), bool(piece[0] & 1), turn / 50)
        assembly.missing(turn / 50)
    return found


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


_REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    directory.AppendRequest,
    documents.EntryRequest,
    messaging.RosterRequest,
    messaging.MessageRequest,
    messaging.PacketsRequest,
    messaging.PrekeysRequest,
    messaging.LeftOutRequest,
    messaging.ClaimRequest,
    meetings.JoinRequest,
    meetings.EpochRequest,
    session.EnrolmentRequest,
    session.SessionRequest,
)


def _request(data: bytes) -> object:
    """JSON given to every request's model."""
    value, refused = json.loads(data), None
    for model in _REQUESTS:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            refused = error
    assert refused is not None
    raise refused


_JSON: Final = (
    b'{"leaf": "AAAA", "wraps": ["AAEC"]}',
    b'{"entry": "AAAA", "ciphertext": "AAAA", "wraps": [], "number_entry": null}',
    b'{"prekeys": ["AAAA"], "channel_key": "AAAA"}',
    b'{"devices": ["dev_aaaaaaaaaaaaaaaaaaaaaaaaaa"]}',
    b'{"join": "AAAA", "offers": ["v=0"]}',
    b'{"n": 9223372036854775807, "x": 1e400, "y": [[{}]]}',
)
_ASKED: Final = (
    b'{"t": "view", "pins": ["a"], "high": 1, "videos": 9, "screen": true}',
    b'{"t": "publish", "streams": [0, 1, 2]}',
    b'{"t": "control", "data": "AAAA"}',
)
_SAID: Final = (
    json.dumps(
        {
            "t": "map",
            "version": 4,
            "slots": [None] * 3
            + [{"mid": "7", "sender": "dev_1", "stream": 1, "layer": "high"}]
            + [None] * 8,
        }
    ).encode(),
    b'{"t": "speakers", "order": ["b", "a"]}',
    b'{"t": "control", "from": "a", "data": "AAE="}',
)

_CODE: Final = EnrolmentCode(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 64)))
_INVITATIONS: Final = (
    Invitation.new("https://10.0.0.1", _CODE, site="云江市", person="王建国", post="市政府 文书").file(),
    Invitation.new("https://[fd00::1]:443", _CODE, site="City", person="O").file(),
)

TARGETS: Final = (
    Target("invitation", _text(Invitation.parse), _INVITATIONS),
    Target("cbor", cbor.decode, _readable(cbor.decode, _ALL)),
    Target("signed", _signed, _readable(_signed, _ALL)),
    Target("payload", _payload, tuple(Signed.parse(each).payload for each in _readable(_signed, _ALL))),
    Target("leaf", _leaf, tuple(Leaf(LeafKind.DEVICE, each).to_bytes() for each in _readable(_signed, _ALL))),
    Target("wrap", WrapRecord.parse, _readable(WrapRecord.parse, _ALL)),
    Target("record", Record.parse, (_record(),)),
    Target("content", contents.unpack, (contents.pack(contents.ContentKind.TEXT, text="好", reply_to=None),)),
    Target(
        "opening",
        Opening.parse,
        (Opening(bytes(16), b"said").padded(), Opening(bytes(16), bytes(900)).padded()),
    ),
    Target("frame", _frame, _frames()),
    Target("rtp", _packet, _packets(), ()),
    Target(
        "rtcp",
        read_feedback,
        (
            nack(1, 2, [5, 6, 40]),
            pli(1, 2),
            bytes.fromhex("81c90007") + bytes(28),
            nack(1, 2, [9]) + pli(1, 2),
        ),
        (ValueError,),
    ),
    Target("assembly", _assembled, tuple(_packets()), ()),
    Target("offer", _text(read_offer), (OFFER.encode(),)),
    Target("asked", _text(words.read), _ASKED, (ValueError,)),
    Target("said", _text(channel.read), _SAID),
    Target("request", _request, _JSON, (ValueError, RecursionError)),
)
