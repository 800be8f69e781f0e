"""The one answer to an offer: fixed SSRCs for every slot, one candidate an address, nothing to be negotiated again (C24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpParameters,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities
from aiortc.sdp import GroupDescription, MediaDescription, SessionDescription, SsrcDescription

from protocol.meetings.slots import MOST_CHANNEL_BYTES
from server_stub.meetings.sfu.extensions import ABS_SEND_TIME, AUDIO_LEVEL, MID
from server_stub.meetings.sfu.offers import Line, Offer

_FEEDBACK: Final = (("nack", None), ("nack", "pli"))


@dataclass(frozen=True, slots=True)
class Ours:
    """Our half of a connection. `sources`: SSRC and RTX SSRC (0 for sound) of each slot, by mid."""

    ufrag: str
    password: str
    fingerprints: Sequence[RTCDtlsFingerprint]
    addresses: Sequence[str]
    port: int
    sctp_port: int
    name: str
    sources: Mapping[str, tuple[int, int]]


def write_answer(offer: Offer, ours: Ours) -> str:
    """The answer's SDP."""
    description = SessionDescription()
    description.type = "answer"
    description.origin = "- 1 1 IN IP4 0.0.0.0"
    description.msid_semantic.append(GroupDescription("WMS", ["*"]))
    description.media = [_media(line, ours) for line in offer.lines]
    description.media.append(_channel(offer, ours))
    description.group.append(GroupDescription("BUNDLE", [media.rtp.muxId for media in description.media]))
    return str(description)


def _media(line: Line, ours: Ours) -> MediaDescription:
    kind = "video" if line.video else "audio"
    types = [line.payload_type] + ([line.rtx_payload_type] if line.rtx_payload_type else [])
    media = MediaDescription(kind, ours.port, "UDP/TLS/RTP/SAVPF", types)
    media.direction = "recvonly" if line.sends else "sendonly"
    media.rtp = RTCRtpParameters(codecs=_codecs(line), headerExtensions=_extensions(line), muxId=line.mid)
    media.rtcp_port, media.rtcp_host, media.rtcp_mux = 9, "0.0.0.0", True
    if not line.sends:
        # A name a slot: of one name, a browser would play the lips of one person to the voice of another.
        media.msid = f"slot{line.mid} slot{line.mid}"
        ssrc, rtx = ours.sources[line.mid]
        media.ssrc = [SsrcDescription(each, cname=ours.name) for each in (ssrc, rtx) if each]
        if rtx:
            media.ssrc_group = [GroupDescription("FID", [ssrc, rtx])]
    return _connected(media, ours)


def _channel(offer: Offer, ours: Ours) -> MediaDescription:
    media = MediaDescription("application", ours.port, "UDP/DTLS/SCTP", ["webrtc-datachannel"])
    media.rtp.muxId = offer.channel_mid
    media.sctp_port = ours.sctp_port
    media.sctpCapabilities = RTCSctpCapabilities(maxMessageSize=MOST_CHANNEL_BYTES)
    return _connected(media, ours)


def _connected(media: MediaDescription, ours: Ours) -> MediaDescription:
    """The same transport under every line: some clients read the first, some the last."""
    media.host = ours.addresses[0]
    media.ice = RTCIceParameters(usernameFragment=ours.ufrag, password=ours.password)
    media.ice_candidates = [
        RTCIceCandidate(
            component=1,
            foundation=str(index + 1),
            ip=address,
            port=ours.port,
            # Host candidates (RFC 8445 §5.1.2.1), the first address preferred.
            priority=(126 << 24) + (65_535 - index << 8) + 255,
            protocol="udp",
            type="host",
        )
        for index, address in enumerate(ours.addresses)
    ]
    media.ice_candidates_complete = True
    media.dtls = RTCDtlsParameters(fingerprints=list(ours.fingerprints), role="client")
    return media


def _codecs(line: Line) -> list[RTCRtpCodecParameters]:
    if not line.video:
        return [
            RTCRtpCodecParameters(
                mimeType="audio/opus",
                clockRate=48_000,
                channels=2,
                payloadType=line.payload_type,
                parameters={"minptime": 10, "useinbandfec": 1},
            )
        ]
    return [
        RTCRtpCodecParameters(
            mimeType="video/VP8",
            clockRate=90_000,
            payloadType=line.payload_type,
            rtcpFeedback=[RTCRtcpFeedback(type=kind, parameter=parameter) for kind, parameter in _FEEDBACK],
        ),
        RTCRtpCodecParameters(
            mimeType="video/rtx",
            clockRate=90_000,
            payloadType=line.rtx_payload_type,
            parameters={"apt": line.payload_type},
        ),
    ]


def _extensions(line: Line) -> list[RTCRtpHeaderExtensionParameters]:
    offered = (
        (line.mid_id, MID),
        (line.ids.abs_send_time, ABS_SEND_TIME),
        (line.ids.audio_level, AUDIO_LEVEL),
    )
    return [RTCRtpHeaderExtensionParameters(id=number, uri=uri) for number, uri in offered if number]
