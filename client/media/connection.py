"""One connection to the SFU: m-lines in the agreed order, our receivers and senders in the place of aiortc's (C24)."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from client.media.seams import Receives, gather_only, replace_receiver
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.slots import SENT

_CODECS: Final = {"audio": {"audio/opus"}, "video": {"video/vp8", "video/rtx"}}


def new_connection() -> RTCPeerConnection:
    """One bundle, and no server but ours: aiortc's default would ask Google's."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def add_lines(
    connection: RTCPeerConnection,
    audio: Sequence[Receives],
    video: Sequence[Receives],
    addresses: Sequence[str] | None,
) -> dict[Stream, RTCRtpTransceiver]:
    """All media m-lines; answers those we send on. `addresses`: local ones to be reached at, None for all but loopback."""
    sending = {
        stream: _line(connection, "audio" if stream is Stream.AUDIO else "video", "sendonly")
        for stream in SENT
    }
    for kind, slots in (("audio", audio), ("video", video)):
        for slot in slots:
            replace_receiver(_line(connection, kind, "recvonly"), slot)
    if addresses is not None:
        gather_only(connection, addresses)
    return sending


def _line(connection: RTCPeerConnection, kind: str, direction: str) -> RTCRtpTransceiver:
    line = connection.addTransceiver(kind, direction=direction)
    codecs = RTCRtpSender.getCapabilities(kind).codecs
    line.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() in _CODECS[kind]])
    return line


async def offer_of(connection: RTCPeerConnection) -> str:
    """The offer's SDP, with our candidates in it."""
    await connection.setLocalDescription(await connection.createOffer())
    return str(connection.localDescription.sdp)


async def accept(connection: RTCPeerConnection, sdp: str) -> None:
    """Take the SFU's answer and begin to connect.

    Raises:
        JinshuError: `wire.malformed` for what is no answer to our offer.
    """
    try:
        await connection.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        RuntimeError,  # a StopIteration inside a coroutine
        OperationError,
        InvalidStateError,
        InvalidAccessError,
    ) as error:
        # aiortc's parser stumbles in all these ways over text that is no SDP.
        raise JinshuError(ErrorCode.WIRE_MALFORMED) from error


def address_towards(host: str, port: int = 443) -> str:
    """The local address from which `host` (an IP address) is reached; nothing is sent.

    Raises:
        OSError: no way leads there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))
        return str(probe.getsockname()[0])
