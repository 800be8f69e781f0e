"""Offers: the agreed form is read, whatever else is refused with one error, and an answer fits its offer."""

from __future__ import annotations

import itertools
import sys

import pytest
from aiortc.rtcdtlstransport import RTCDtlsFingerprint
from aiortc.sdp import SessionDescription
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from protocol.errors import ErrorCode, JinshuError
from server_stub.meetings.sfu.answers import Ours, write_answer
from server_stub.meetings.sfu.extensions import Ids
from server_stub.meetings.sfu.offers import read_offer

PRINT = ":".join(["AB"] * 32)


def _section(index: int) -> str:
    head = f"a=mid:{index}\r\na=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 22}\r\na=fingerprint:sha-256 {PRINT}\r\na=setup:actpass\r\n"
    if index == 16:
        return (
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
            f"{head}a=sctp-port:5000\r\na=max-message-size:65536\r\n"
        )
    audio, sends = index in (0, 4, 5, 6), index < 4
    codecs = (
        "a=rtpmap:96 opus/48000/2\r\na=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
        if audio
        else "a=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
        "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    )
    ssrc = 1000 + 2 * index
    sources = f"a=ssrc:{ssrc} cname:x\r\n" if sends else ""
    if sends and not audio:
        sources = f"a=ssrc-group:FID {ssrc} {ssrc + 1}\r\n{sources}a=ssrc:{ssrc + 1} cname:x\r\n"
    kind, types = ("audio", "96") if audio else ("video", "97 98")
    return (
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}\r\nc=IN IP4 0.0.0.0\r\na={'sendonly' if sends else 'recvonly'}\r\n"
        f"a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\n{sources}{codecs}{head}"
    )


OFFER = (
    f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {' '.join(map(str, range(17)))}\r\n"
    + "".join(_section(index) for index in range(17))
)


def refused(text: str) -> bool:
    try:
        read_offer(text)
    except JinshuError as error:
        return error.code is ErrorCode.MEETINGS_OFFER_REFUSED
    return False


def test_an_offer_in_the_agreed_form_is_read() -> None:
    offer = read_offer(OFFER)
    assert len(offer.lines) == 16
    assert (offer.ufrag, offer.password, offer.channel_mid, offer.sctp_port) == ("abcd", "p" * 22, "16", 5000)
    sound, high, *_ = offer.lines
    assert (sound.video, sound.sends, sound.ssrc, sound.rtx_ssrc, sound.ids) == (
        False,
        True,
        1000,
        0,
        Ids(0, 2),
    )
    assert (high.payload_type, high.rtx_payload_type, high.ssrc, high.rtx_ssrc) == (97, 98, 1002, 1003)
    assert high.ids == Ids(3, 0)
    assert not any(line.ssrc or line.sends for line in offer.lines[4:])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=sendonly", "a=recvonly"),
        ("a=recvonly", "a=sendrecv"),
        ("m=audio", "m=video"),
        ("a=mid:3", "a=mid:x"),
        ("BUNDLE 0 1", "BUNDLE 1 0"),
        ("BUNDLE 0", "LS 0"),
        ("a=rtcp-mux\r\n", ""),
        ("opus/48000", "opus/8000"),
        ("VP8/90000", "H264/90000"),
        ("apt=97", "apt=96"),
        ("rtpmap:97", "rtpmap:72"),
        ("rtpmap:98", "rtpmap:20"),
        ("a=ssrc:1002 cname:x\r\n", ""),
        ("FID 1002 1003", "FID 1002"),
        ("FID 1002 1003", "FID 1002 1002"),
        ("FID 1004 1005", "FID 1002 1003"),
        ("a=ssrc:1000 ", "a=ssrc:0 "),
        ("a=ssrc:1000 ", "a=ssrc:4294967296 "),
        ("a=ssrc:1000 ", "a=ssrc:1002 "),
        ("extmap:1 ", "extmap:15 "),
        ("extmap:2 ", "extmap:0 "),
        ("extmap:2 ", "extmap:x "),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("UDP/DTLS/SCTP", "DTLS/SCTP"),
        ("sctp-port:5000", "sctp-port:70000"),
        ("a=sctp-port:5000\r\n", ""),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:a b"),
        ("a=ice-ufrag:abcd\r\n", ""),
        ("a=ice-pwd:" + "p" * 22, "a=ice-pwd:short"),
        ("sha-256 " + PRINT, "sha-1 " + PRINT),
        ("sha-256 " + PRINT, "sha-256 AB"),
        ("actpass", "active"),
        ("actpass", "anything"),
        ("s=-\r\n", "s=-\r\na=ice-lite\r\n"),
    ],
)
def test_one_thing_that_is_otherwise_is_refused(old: str, new: str) -> None:
    assert old in OFFER
    assert refused(OFFER.replace(old, new, 1))


def test_a_line_too_many_or_too_few_is_refused() -> None:
    assert refused(OFFER + _section(15))
    assert refused(OFFER[: OFFER.rindex("m=")])
    assert refused("")


@pytest.mark.parametrize(
    "row", ["a=ssrc:{} cname:x", "a=rtcp-fb:* nack", "a=rtpmap:{} x/1", "a=x:{}", "a=extmap:{} x"]
)
def test_what_would_keep_the_parser_busy_is_refused_at_once(row: str) -> None:
    """Before anything goes over the rows one by one: there are more rows than calls."""
    rows = "".join(row.format(number) + "\r\n" for number in range(4000))
    assert _calls_to_refuse(OFFER.replace("a=mid:3\r\n", rows + "a=mid:3\r\n")) < 4000
    assert _calls_to_refuse(OFFER + "x" * (1 << 17)) < 100


def _calls_to_refuse(text: str) -> int:
    """How many functions are called and left while an offer is refused."""
    calls = itertools.count()
    sys.setprofile(lambda *_: next(calls))
    try:
        assert refused(text)
    finally:
        sys.setprofile(None)
    return next(calls)


lines = OFFER.split("\r\n")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(0, len(lines) - 1), some.sampled_from(lines) | some.text(max_size=30)),
        max_size=4,
    ),
    some.sampled_from(["\r\n", "\n", "\r"]),
)
def test_a_changed_offer_is_read_or_refused(changes: list[tuple[int, str]], end: str) -> None:
    changed = list(lines)
    for index, line in changes:
        changed[index] = line
    refused(end.join(changed))


@given(some.text())
def test_any_text_is_refused(text: str) -> None:
    assert refused(text)
    assert refused(text.join("\nm=" for _ in range(18)))


def test_an_answer_names_every_slots_source_and_the_one_port() -> None:
    offer = read_offer(OFFER)
    sources = {str(mid): (500 + mid, 600 + mid if mid > 6 else 0) for mid in range(4, 16)}
    prints = [RTCDtlsFingerprint("sha-256", PRINT)]
    ours = Ours("ufrag", "p" * 32, prints, ["10.0.0.1", "192.168.0.1"], 4000, 5000, "jinshu", sources)
    answer = SessionDescription.parse(write_answer(offer, ours))
    assert [media.rtp.muxId for media in answer.media] == [str(mid) for mid in range(17)]
    directions = [media.direction for media in answer.media[:-1]]
    assert directions == ["recvonly"] * 4 + ["sendonly"] * 12
    named = {media.rtp.muxId: tuple(each.ssrc for each in media.ssrc) for media in answer.media}
    assert named == {str(mid): tuple(filter(None, sources.get(str(mid), ()))) for mid in range(17)}
    assert len({media.msid for media in answer.media[4:16]}) == 12
    for media in answer.media:
        assert [(each.ip, each.port) for each in media.ice_candidates] == [
            ("10.0.0.1", 4000),
            ("192.168.0.1", 4000),
        ]
        assert media.ice_candidates[0].priority > media.ice_candidates[1].priority
        assert media.dtls is not None
        assert media.dtls.role == "client"
    assert {codec.payloadType for codec in answer.media[7].rtp.codecs} == {97, 98}
    assert {extension.id for extension in answer.media[4].rtp.headerExtensions} == {1, 2}
