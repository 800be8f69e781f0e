"""The offer of a client, read strictly: seventeen m-lines in the agreed order and nothing else (C24, PROTOCOL.md §7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc.rtcdtlstransport import RTCDtlsFingerprint
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.slots import AUDIO_SLOTS, SENT, VIDEO_SLOTS
from server_stub.meetings.sfu.extensions import ABS_SEND_TIME, AUDIO_LEVEL, Ids

_FORM: Final[tuple[tuple[str, str | None], ...]] = (
    *(("audio" if stream is Stream.AUDIO else "video", "sendonly") for stream in SENT),
    *(("audio", "recvonly"),) * AUDIO_SLOTS,
    *(("video", "recvonly"),) * VIDEO_SLOTS,
    ("application", None),
)
_MOST_BYTES: Final = 1 << 17
# A browser lists up to fifty codecs a line. The parser takes the square of some of these.
_MOST_LINES: Final = 400
_MOST_OF: Final = {"a=rtpmap:": 80, "a=rtcp-fb:": 200, "a=fmtp:": 80, "a=ssrc:": 16, "a=extmap:": 40}
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT: Final = re.compile(r"([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_STUMBLES: Final = (ValueError, AssertionError, AttributeError, LookupError, TypeError, StopIteration)


@dataclass(frozen=True, slots=True)
class Line:
    """One m-line of media. `ssrc` and `rtx_ssrc` are the client's on lines he sends on, 0 on the others."""

    mid: str
    video: bool
    sends: bool
    payload_type: int
    rtx_payload_type: int
    ssrc: int
    rtx_ssrc: int
    ids: Ids
    mid_id: int


@dataclass(frozen=True, slots=True)
class Offer:
    lines: tuple[Line, ...]
    channel_mid: str
    sctp_port: int
    most_message_bytes: int
    ufrag: str
    password: str
    fingerprint: RTCDtlsFingerprint


def read_offer(text: str) -> Offer:
    """The offer.

    Raises:
        JinshuError: `meetings.offer_refused`; `line` names the m-line that is not as agreed.
    """
    _check_size(text)
    try:
        parsed = SessionDescription.parse(text)
    except _STUMBLES as error:
        # aiortc's parser stumbles in all these ways over text that is no SDP.
        raise JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED) from error
    media = parsed.media
    mids = [str(index) for index in range(len(_FORM))]
    if [(each.kind, each.direction) for each in media] != list(_FORM):
        raise JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED)
    bundles = [list(map(str, group.items)) for group in parsed.group if group.semantic == "BUNDLE"]
    if bundles != [mids] or [each.rtp.muxId for each in media] != mids:
        raise JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED)
    lines = tuple(_line(index, each) for index, each in enumerate(media[:-1]))
    sources = [ssrc for line in lines for ssrc in (line.ssrc, line.rtx_ssrc) if ssrc]
    if len(set(sources)) != len(sources):
        raise JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED)
    return _offer(lines, media[0], media[-1])


def _check_size(text: str) -> None:
    """Before the parser sees it."""
    sections = text.split("\nm=")
    fine = len(text) <= _MOST_BYTES and len(sections) == len(_FORM) + 1
    for section in sections if fine else ():
        rows = section.split("\n")
        fine = fine and len(rows) <= _MOST_LINES
        for start, most in _MOST_OF.items():
            fine = fine and sum(row.startswith(start) for row in rows) <= most
    if not fine:
        raise JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED)


def _offer(lines: tuple[Line, ...], first: MediaDescription, last: MediaDescription) -> Offer:
    """What holds for the whole bundle is said by its first line."""
    ice, dtls = first.ice, first.dtls
    # We are the DTLS client: "auto" is actpass, "server" is passive.
    if ice is None or ice.iceLite or dtls is None or dtls.role not in ("auto", "server"):
        raise _refused(0)
    ufrag, password = ice.usernameFragment or "", ice.password or ""
    if not _UFRAG.fullmatch(ufrag) or not _PASSWORD.fullmatch(password):
        raise _refused(0)
    fingerprint = next((each for each in dtls.fingerprints if each.algorithm.lower() == "sha-256"), None)
    if fingerprint is None or not _FINGERPRINT.fullmatch(fingerprint.value):
        raise _refused(0)
    port = last.sctp_port
    if last.profile != "UDP/DTLS/SCTP" or port is None or not 0 < port < 1 << 16:
        raise _refused(len(lines))
    most = 0 if last.sctpCapabilities is None else last.sctpCapabilities.maxMessageSize
    return Offer(lines, str(last.rtp.muxId), port, most, ufrag, password, fingerprint)


def _line(index: int, media: MediaDescription) -> Line:
    video, sends = media.kind == "video", media.direction == "sendonly"
    if not media.rtcp_mux or media.profile != "UDP/TLS/RTP/SAVPF":
        raise _refused(index)
    payload_type, rtx = _codecs(index, media.rtp.codecs, video)
    ssrc = rtx_ssrc = 0
    if sends:
        ssrc, rtx_ssrc = _sources(index, media, video)
    ids = {extension.uri: extension.id for extension in media.rtp.headerExtensions}
    if not all(0 < number < 15 for number in ids.values()):
        raise _refused(index)
    return Line(
        mid=str(index),
        video=video,
        sends=sends,
        payload_type=payload_type,
        rtx_payload_type=rtx,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        ids=Ids(ids.get(ABS_SEND_TIME, 0) if video else 0, 0 if video else ids.get(AUDIO_LEVEL, 0)),
        mid_id=ids.get("urn:ietf:params:rtp-hdrext:sdes:mid", 0),
    )


def _codecs(index: int, codecs: Sequence[RTCRtpCodecParameters], video: bool) -> tuple[int, int]:
    """Payload types of the codec and of its retransmissions, 0 for none."""
    name, rate = ("video/vp8", 90_000) if video else ("audio/opus", 48_000)
    main = next((each for each in codecs if each.mimeType.lower() == name and each.clockRate == rate), None)
    if main is None or not _dynamic(main.payloadType):
        raise _refused(index)
    for each in codecs:
        if each.mimeType.lower() == "video/rtx" and each.parameters.get("apt") == main.payloadType:
            if not _dynamic(each.payloadType):
                raise _refused(index)
            return int(main.payloadType or 0), int(each.payloadType or 0)
    if video:
        raise _refused(index)
    return int(main.payloadType or 0), 0


def _sources(index: int, media: MediaDescription, video: bool) -> tuple[int, int]:
    found = [each.ssrc for each in media.ssrc]
    if video:
        pairs = [group.items for group in media.ssrc_group if group.semantic == "FID"]
        if len(pairs) != 1 or len(pairs[0]) != 2 or not set(pairs[0]) <= set(found):
            raise _refused(index)
        found = [int(ssrc) for ssrc in pairs[0]]
    if not found or not all(0 < ssrc < 1 << 32 for ssrc in found):
        raise _refused(index)
    return found[0], found[1] if video else 0


def _dynamic(payload_type: int | None) -> bool:
    """Numbers from 64 to 95 look like RTCP (RFC 5761 §4)."""
    return payload_type is not None and (35 <= payload_type < 64 or 96 <= payload_type < 128)


def _refused(line: int) -> JinshuError:
    return JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED, line=line)
