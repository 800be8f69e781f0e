"""What the server refuses about meetings: by name, with nothing changed and nobody told, and never a 5xx (C22, C26)."""

from __future__ import annotations

import os
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.meetings.payloads import ChairAct
from tests.integration.server.hall import Hall, code, open_hall
from tests.support.attendee import Attendee, ears
from tests.support.recording_backend import OFFER
from tests.support.small_city import HOUR_MS, b64, fresh

NOBODY = fresh(IdKind.PERSON)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = open_hall(tmp_path)
    yield made
    made.city.close()


def test_meetings_are_called_by_members_for_members(hall: Hall) -> None:
    later, given = hall.city.clock.now + HOUR_MS, hall.member.given()
    chair, outsider = hall.chair.device.person, hall.outsider.device.person
    for changes, wanted in (
        ({"conversation": fresh(IdKind.CONVERSATION)}, ErrorCode.MEETINGS_NOT_ADMITTED),
        ({"chairs": [chair, outsider]}, ErrorCode.MEETINGS_ACT_REFUSED),
        ({"chairs": [chair, NOBODY]}, ErrorCode.MEETINGS_ACT_REFUSED),
        ({"chairs": []}, ErrorCode.WIRE_MALFORMED),
        ({"chairs": [hall.member.device.person]}, ErrorCode.WIRE_MALFORMED),
        ({"chairs": [chair, chair]}, ErrorCode.WIRE_MALFORMED),
        ({"ends_at": 0}, ErrorCode.WIRE_MALFORMED),
        ({"person": outsider, "chairs": [outsider]}, ErrorCode.CERTIFICATE_UNKNOWN),
        ({"device": hall.member.device.id}, ErrorCode.CERTIFICATE_UNKNOWN),
        ({"at": later}, ErrorCode.CLOCK_SKEW),
        ({"log_size": 9999}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"log_root": bytes(32)}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"meeting": hall.meeting, "starts_at": 0}, ErrorCode.SYNC_ID_REUSED),
    ):
        meeting = replace(hall.chair.meeting(hall.roster.conversation), **changes)
        data = hall.chair.sign(SignedType.MEETING, meeting)
        assert code(hall.chair.ask("", meeting=data)) == wanted.value, changes
    foreign = hall.outsider.meeting(hall.roster.conversation)
    data = hall.outsider.sign(SignedType.MEETING, foreign)
    assert code(hall.outsider.ask("", meeting=data)) == ErrorCode.MEETINGS_NOT_ADMITTED.value
    assert code(hall.chair.ask("", meeting=data)) == ErrorCode.CERTIFICATE_UNKNOWN.value
    assert hall.member.given() == given
    # Called while offline: long ago is no fault.
    hall.chair.calls(hall.chair.meeting(hall.roster.conversation, at=hall.city.clock.now - 48 * HOUR_MS))


def test_joins_are_refused_by_name(hall: Hall) -> None:
    mine = hall.member.join(hall.meeting)
    now = hall.city.clock.now
    for changes, wanted in (
        ({"person": hall.chair.device.person}, ErrorCode.CERTIFICATE_UNKNOWN),
        ({"device": hall.chair.device.id}, ErrorCode.CERTIFICATE_UNKNOWN),
        ({"meeting": fresh(IdKind.MEETING)}, ErrorCode.MEETINGS_UNKNOWN),
        ({"nonce": bytes(15)}, ErrorCode.WIRE_MALFORMED),
        ({"nonce": bytes(17)}, ErrorCode.WIRE_MALFORMED),
        ({"at": now + HOUR_MS}, ErrorCode.CLOCK_SKEW),
        ({"at": now - HOUR_MS}, ErrorCode.CLOCK_SKEW),
        ({"log_size": (1 << 63) - 1}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"log_root": bytes(32)}, ErrorCode.DIRECTORY_SPLIT_VIEW),
    ):
        assert code(hall.member.ask_in(replace(mine, **changes))) == wanted.value, changes
    assert code(hall.outsider.ask_in(hall.outsider.join(hall.meeting))) == (
        ErrorCode.MEETINGS_NOT_ADMITTED.value
    )
    # For one meeting, sent to another; another's, as he signed it; something else he signed.
    path = f"/{hall.meeting}/join"
    other = hall.member.sign(SignedType.MEETING_JOIN, hall.member.join(fresh(IdKind.MEETING)))
    theirs = hall.chair.sign(SignedType.MEETING_JOIN, hall.chair.join(hall.meeting))
    roster = hall.member.sign(SignedType.ROSTER, hall.member.roster())
    for data, wanted in (
        (other, ErrorCode.MEETINGS_UNKNOWN),
        (theirs, ErrorCode.CERTIFICATE_UNKNOWN),
        (roster, ErrorCode.SIGNATURE_WRONG_TYPE),
        (tampered(hall.member.sign(SignedType.MEETING_JOIN, mine)), ErrorCode.SIGNATURE_INVALID),
    ):
        assert code(hall.member.ask(path, join=data, offers=[OFFER])) == wanted.value
    assert hall.media.done == []


def test_a_join_of_another_device_is_replayed_in_vain(hall: Hall) -> None:
    """Also by the same person's other session, and after its owner has gone."""
    signed = hall.chair.comes(hall.meeting)
    hall.chair.ask(f"/{hall.meeting}/leave")
    path = f"/{hall.meeting}/join"
    reply = hall.member.ask(path, join=signed.to_bytes(), offers=[OFFER])
    assert code(reply) == ErrorCode.CERTIFICATE_UNKNOWN.value
    hall.member.comes(hall.meeting)
    assert hall.member.joins(hall.meeting) == [hall.member.device.id]


def tampered(data: bytes) -> bytes:
    """Another signature."""
    return data[:34] + bytes(63) + b"\x01" + data[98:]


def test_a_meeting_that_nobody_called_is_unknown(hall: Hall) -> None:
    nowhere = fresh(IdKind.MEETING)
    assert code(hall.member.ask_in(hall.member.join(nowhere))) == ErrorCode.MEETINGS_UNKNOWN.value
    entry = hall.chair.entry(nowhere, bytes(32), ChairAct.LOCK)
    reply = hall.chair.ask("/acts", act=hall.chair.sign(SignedType.CHAIR_ACT, entry))
    assert code(reply) == ErrorCode.MEETINGS_UNKNOWN.value
    for meeting in (nowhere, hall.meeting):
        assert code(hall.member.present(meeting)) == ErrorCode.MEETINGS_NOT_PRESENT.value
        assert code(hall.member.ask(f"/{meeting}/speak")) == ErrorCode.MEETINGS_NOT_PRESENT.value
        epoch = hall.member.epoch(meeting, bytes(32))
        assert code(hall.member.announces(epoch)) == ErrorCode.MEETINGS_NOT_PRESENT.value
        assert hall.member.ask(f"/{meeting}/leave").status_code == 200
    assert hall.media.of("hear", "join") == []


def test_acts_are_refused_by_name(hall: Hall) -> None:
    first = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    given, member = hall.member.given(), hall.member.device.person
    later = hall.city.clock.now + HOUR_MS

    def refused(by: Attendee, wanted: ErrorCode, act: ChairAct = ChairAct.UNLOCK, **changes: Any) -> None:
        entry = by.entry(hall.meeting, first, act, **changes)
        reply = by.ask("/acts", act=by.sign(SignedType.CHAIR_ACT, entry))
        assert code(reply) == wanted.value, changes

    for by in (hall.member, hall.outsider):
        refused(by, ErrorCode.MEETINGS_ACT_REFUSED)
        refused(by, ErrorCode.CERTIFICATE_UNKNOWN, person=hall.chair.device.person)
    for changes in ({"n": 1, "previous": hall.called.entry_id}, {"n": 3}, {"previous": bytes(32)}):
        refused(hall.chair, ErrorCode.MEETINGS_ACT_OUTDATED, **changes)
    refused(hall.chair, ErrorCode.WIRE_MALFORMED, target=member)
    refused(hall.chair, ErrorCode.WIRE_MALFORMED, ChairAct.REMOVE)
    refused(hall.chair, ErrorCode.CLOCK_SKEW, at=later)
    refused(hall.chair, ErrorCode.CLOCK_SKEW, at=1)
    refused(hall.chair, ErrorCode.DIRECTORY_SPLIT_VIEW, log_root=bytes(32))
    refused(hall.chair, ErrorCode.MEETINGS_ACT_REFUSED, ChairAct.REMOVE, target=hall.chair.device.person)
    # Nobody outside the conversation becomes a chair.
    for stranger in (NOBODY, hall.outsider.device.person):
        refused(hall.chair, ErrorCode.MEETINGS_ACT_REFUSED, ChairAct.HAND_OVER, target=stranger)
    theirs = hall.chair.sign(SignedType.CHAIR_ACT, hall.chair.entry(hall.meeting, first, ChairAct.UNLOCK))
    assert code(hall.member.ask("/acts", act=theirs)) == ErrorCode.CERTIFICATE_UNKNOWN.value
    assert hall.member.given() == given


def test_a_chair_who_left_the_conversation_acts_no_more(hall: Hall) -> None:
    member = hall.member.device.person
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.HAND_OVER, member)
    hall.change(hall.chair)
    entry = hall.member.entry(hall.meeting, act, ChairAct.END)
    reply = hall.member.ask("/acts", act=hall.member.sign(SignedType.CHAIR_ACT, entry))
    assert code(reply) == ErrorCode.MEETINGS_ACT_REFUSED.value
    hall.chair.acts(hall.meeting, act, ChairAct.LOCK)


def test_epochs_are_refused_by_name(hall: Hall) -> None:
    first, second = hall.chair.comes(hall.meeting), hall.member.comes(hall.meeting)
    both = (first.entry_id, second.entry_id)
    good = hall.chair.epoch(hall.meeting, *both)
    with ears(hall.city, hall.chair, hall.member) as listening:
        for changes, wanted in (
            ({"participants": [second.entry_id]}, ErrorCode.MEETINGS_EPOCH_REFUSED),
            ({"participants": []}, ErrorCode.WIRE_MALFORMED),
            ({"participants": [first.entry_id] * 2}, ErrorCode.WIRE_MALFORMED),
            ({"n": 2}, ErrorCode.MEETINGS_ACT_OUTDATED),
            ({"previous": bytes(32)}, ErrorCode.MEETINGS_ACT_OUTDATED),
            ({"person": hall.member.device.person}, ErrorCode.CERTIFICATE_UNKNOWN),
            ({"device": hall.member.device.id}, ErrorCode.CERTIFICATE_UNKNOWN),
            ({"log_size": 9999}, ErrorCode.DIRECTORY_SPLIT_VIEW),
            ({"log_root": bytes(32)}, ErrorCode.DIRECTORY_SPLIT_VIEW),
            ({"at": hall.city.clock.now + HOUR_MS}, ErrorCode.CLOCK_SKEW),
            ({"at": hall.city.clock.now - HOUR_MS}, ErrorCode.CLOCK_SKEW),
        ):
            assert code(hall.chair.announces(replace(good, **changes))) == wanted.value, changes
        signed = hall.chair.device.signed(SignedType.EPOCH, good.value())
        elsewhere = replace(good, meeting=fresh(IdKind.MEETING))
        data = hall.chair.sign(SignedType.EPOCH, elsewhere)
        reply = hall.chair.ask(f"/{hall.meeting}/epoch", epoch=data, packets=[])
        assert code(reply) == ErrorCode.MEETINGS_EPOCH_REFUSED.value
        other = hall.chair.device.signed(SignedType.EPOCH, replace(good, commitment=bytes(32)).value())
        packet = hall.chair.sealed(signed, hall.member)
        join = hall.chair.sign(SignedType.MEETING_JOIN, hall.chair.join(hall.meeting))
        for bad, wanted in (
            (hall.chair.sealed(other, hall.member), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (
                hall.chair.sealed(signed, hall.member, meeting=fresh(IdKind.MEETING)),
                ErrorCode.MEETINGS_EPOCH_REFUSED,
            ),
            (
                hall.chair.sealed(signed, hall.member, device=hall.member.device.id),
                ErrorCode.MEETINGS_EPOCH_REFUSED,
            ),
            (hall.member.sealed(signed, hall.chair), ErrorCode.CERTIFICATE_UNKNOWN),
            (join, ErrorCode.SIGNATURE_WRONG_TYPE),
            (tampered(packet), ErrorCode.SIGNATURE_INVALID),
        ):
            assert code(hall.chair.passes_on(signed, packet, bad)) == wanted.value
        # Nobody who is outside announces, though a member's JOIN be in it.
        assert code(hall.outsider.announces(hall.outsider.epoch(hall.meeting, *both))) == (
            ErrorCode.MEETINGS_NOT_PRESENT.value
        )
        assert not any(listening.heard().values())
    assert hall.chair.present(hall.meeting).json()["epoch"] is None


def test_what_the_backend_refuses_changes_nothing(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    for refusal in (ErrorCode.MEETINGS_OFFER_REFUSED, ErrorCode.MEETINGS_UNAVAILABLE):
        hall.media.refusal = refusal
        assert code(hall.member.ask_in(hall.member.join(hall.meeting))) == refusal.value
    hall.media.refusal = None
    assert hall.chair.joins(hall.meeting) == [hall.chair.device.id]


@pytest.mark.parametrize("how", ["removed", "out of the conversation", "ended", "revoked"])
def test_who_is_put_out_while_his_transport_is_made_ready_stays_out(hall: Hall, how: str) -> None:
    hall.chair.comes(hall.meeting)
    hall.media.asked.clear()
    hall.media.free.clear()
    replies: list[str] = []
    join = hall.member.join(hall.meeting)
    asking = threading.Thread(target=lambda: replies.append(code(hall.member.ask_in(join))))
    asking.start()
    assert hall.media.asked.wait()
    if how == "removed":
        hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.REMOVE, hall.member.device.person)
    elif how == "ended":
        hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.END)
    elif how == "revoked":
        hall.city.operate(hall.city.ca.revoke(hall.member.device))
    else:
        hall.change(hall.chair)
    hall.media.free.set()
    asking.join()
    assert replies == [
        {
            "removed": ErrorCode.MEETINGS_REMOVED,
            "ended": ErrorCode.MEETINGS_ENDED,
            "revoked": ErrorCode.CERTIFICATE_REVOKED,
            "out of the conversation": ErrorCode.MEETINGS_NOT_ADMITTED,
        }[how].value
    ]
    assert hall.member.device.id not in hall.media.inside.get(hall.meeting, set())
    if how != "ended":
        assert hall.chair.joins(hall.meeting) == [hall.chair.device.id]


def test_garbage_is_refused_and_never_a_fault_of_the_server(hall: Hall) -> None:
    first = hall.chair.comes(hall.meeting)
    whole = {
        ("", "meeting"): hall.chair.sign(SignedType.MEETING, hall.chair.meeting(hall.roster.conversation)),
        ("/acts", "act"): hall.chair.sign(
            SignedType.CHAIR_ACT, hall.chair.entry(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
        ),
        (f"/{hall.meeting}/join", "join"): hall.chair.sign(
            SignedType.MEETING_JOIN, hall.chair.join(hall.meeting)
        ),
        (f"/{hall.meeting}/epoch", "epoch"): hall.chair.sign(
            SignedType.EPOCH, hall.chair.epoch(hall.meeting, first.entry_id)
        ),
    }
    for (path, name), data in whole.items():
        more: dict[str, Any] = {"offers": [OFFER]} if name == "join" else {}
        more |= {"packets": []} if name == "epoch" else {}
        for length in (0, 1, 97, 98, 99, len(data) // 2, len(data) - 1):
            code(hall.chair.ask(path, **{name: data[:length]}, **more))
        for at in range(0, len(data), 23):
            turned = bytearray(data)
            turned[at] ^= 1 << at % 8
            code(hall.chair.ask(path, **{name: bytes(turned)}, **more))
        bodies: tuple[Any, ...] = (
            {},
            {name: None, **more},
            {name: "not base64!", **more},
            {name: b64(data), **more, "more": 1},
            {name: b64(bytes((1 << 18) + 1)), **more},
            [],
            "x",
        )
        for body in bodies:
            code(hall.chair.client.post(f"/meetings{path}", json=body))
        code(hall.chair.client.post(f"/meetings{path}", content=b"\xff\x00{"))
    assert hall.chair.given()[-1] == ("meeting", hall.called.entry_id)
    assert hall.chair.joins(hall.meeting) == [hall.chair.device.id]


def test_shapes_that_are_too_large_or_of_another_kind_are_refused(hall: Hall) -> None:
    first = hall.chair.comes(hall.meeting)
    join = hall.chair.join(hall.meeting)
    for offers in ([], [OFFER] * 3, ["x" * ((1 << 17) + 1)], [1], None):
        data = hall.chair.sign(SignedType.MEETING_JOIN, join)
        code(hall.chair.ask(f"/{hall.meeting}/join", join=data, offers=offers))
    epoch = hall.chair.sign(SignedType.EPOCH, hall.chair.epoch(hall.meeting, first.entry_id))
    for packets in ([b64(b"x")] * 1001, [b64(os.urandom(200))], [""], ["="], None, [b64(epoch)]):
        code(hall.chair.ask(f"/{hall.meeting}/epoch", epoch=epoch, packets=packets))
    for meeting in ("mtg", "..%2f..", fresh(IdKind.CONVERSATION), "mtg_" + "A" * 26, "mtg_" + "a" * 27):
        code(hall.chair.client.post(f"/meetings/{meeting}/leave"))
        code(hall.chair.client.get(f"/meetings/{meeting}"))
    with hall.city.server.client() as nobody:
        for path in (
            "",
            "/acts",
            f"/{hall.meeting}/join",
            f"/{hall.meeting}/leave",
            f"/{hall.meeting}/epoch",
        ):
            assert code(nobody.post(f"/meetings{path}", json={})).startswith("session.")
        assert code(nobody.get(f"/meetings/{hall.meeting}")).startswith("session.")
    assert code(hall.city.operator.get(f"/meetings/{hall.meeting}")).startswith("session.")
    reply = hall.chair.present(hall.meeting).json()
    assert [Signed.parse(b64decode(each)).entry_id for each in reply["joins"]] == [first.entry_id]
    assert reply["epoch"] is None
