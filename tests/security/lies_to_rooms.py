"""Lies told to the server about meetings, one for each of its checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import httpx

from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.meetings.payloads import ChairAct, EpochKind
from tests.integration.server.hall import Hall
from tests.support.attendee import Attendee
from tests.support.recording_backend import OFFER
from tests.support.small_city import HOUR_MS, fresh

Told: TypeAlias = Callable[[], httpx.Response]


@dataclass(frozen=True)
class Lie:
    """`prepare` is given a meeting nobody is in; what it returns tells the lie."""

    name: str
    code: ErrorCode
    prepare: Callable[[Hall], Told]


LIES: list[Lie] = []
Prepare: TypeAlias = Callable[[Hall], Told]


def lie(code: ErrorCode) -> Callable[[Prepare], Prepare]:
    def enter(prepare: Prepare) -> Prepare:
        LIES.append(Lie(prepare.__name__, code, prepare))
        return prepare

    return enter


def calls(by: Attendee, hall: Hall, *chairs: Attendee) -> Told:
    people = [each.device.person for each in (by, *chairs)]
    data = by.sign(SignedType.MEETING, by.meeting(hall.roster.conversation, chairs=people))
    return lambda: by.ask("", meeting=data)


def acts(by: Attendee, hall: Hall, act: ChairAct, target: str | None = None) -> Told:
    data = by.sign(SignedType.CHAIR_ACT, by.entry(hall.meeting, hall.called.entry_id, act, target=target))
    return lambda: by.ask("/acts", act=data)


def announces(hall: Hall, **changes: Any) -> Told:
    """The chair, who is there with the member."""
    first, second = hall.chair.comes(hall.meeting), hall.member.comes(hall.meeting)
    epoch = hall.chair.epoch(hall.meeting, first.entry_id, second.entry_id)
    data = hall.chair.sign(SignedType.EPOCH, replace(epoch, **changes))
    return lambda: hall.chair.ask(f"/{hall.meeting}/epoch", epoch=data, packets=[])


def passes_on(hall: Hall, packet: Callable[[Signed], bytes]) -> Told:
    """The chair, an epoch of his with a packet that a test makes."""
    first, second = hall.chair.comes(hall.meeting), hall.member.comes(hall.meeting)
    epoch = hall.chair.epoch(hall.meeting, first.entry_id, second.entry_id)
    signed = hall.chair.device.signed(SignedType.EPOCH, epoch.value())
    sealed = packet(signed)
    return lambda: hall.chair.passes_on(signed, sealed)


@lie(ErrorCode.MEETINGS_NOT_ADMITTED)
def an_outsider_calls(hall: Hall) -> Told:
    return calls(hall.outsider, hall)


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
def an_outsider_is_named_as_chair(hall: Hall) -> Told:
    return calls(hall.chair, hall, hall.outsider)


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
def a_member_locks(hall: Hall) -> Told:
    return acts(hall.member, hall, ChairAct.LOCK)


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
def an_outsider_is_handed_the_chair(hall: Hall) -> Told:
    return acts(hall.chair, hall, ChairAct.HAND_OVER, hall.outsider.device.person)


@lie(ErrorCode.MEETINGS_UNKNOWN)
def a_join_is_brought_to_another_meeting(hall: Hall) -> Told:
    data = hall.member.sign(SignedType.MEETING_JOIN, hall.member.join(hall.meeting))
    away = fresh(IdKind.MEETING)
    return lambda: hall.member.ask(f"/{away}/join", join=data, offers=[OFFER])


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
def an_epoch_is_brought_to_another_meeting(hall: Hall) -> Told:
    return announces(hall, meeting=fresh(IdKind.MEETING))


@lie(ErrorCode.MEETINGS_NOT_ADMITTED)
def an_outsider_joins(hall: Hall) -> Told:
    return lambda: hall.outsider.ask_in(hall.outsider.join(hall.meeting))


@lie(ErrorCode.MEETINGS_ENDED)
def somebody_joins_after_the_end(hall: Hall) -> Told:
    hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.END)
    return lambda: hall.member.ask_in(hall.member.join(hall.meeting))


@lie(ErrorCode.MEETINGS_REMOVED)
def the_removed_joins(hall: Hall) -> Told:
    hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.REMOVE, hall.member.device.person)
    return lambda: hall.member.ask_in(hall.member.join(hall.meeting))


@lie(ErrorCode.MEETINGS_LOCKED)
def somebody_joins_a_locked_meeting(hall: Hall) -> Told:
    hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    return lambda: hall.member.ask_in(hall.member.join(hall.meeting))


@lie(ErrorCode.MEETINGS_NOT_PRESENT)
def an_outsider_asks_who_is_there(hall: Hall) -> Told:
    hall.chair.comes(hall.meeting)
    return lambda: hall.outsider.present(hall.meeting)


@lie(ErrorCode.CERTIFICATE_UNKNOWN)
def a_packet_is_of_another_device(hall: Hall) -> Told:
    return passes_on(hall, lambda epoch: hall.member.sealed(epoch, hall.member, device=hall.chair.device.id))


@lie(ErrorCode.SIGNATURE_INVALID)
def a_packet_was_tampered_with(hall: Hall) -> Told:
    def tampered(epoch: Signed) -> bytes:
        data = hall.chair.sealed(epoch, hall.member)
        return data[:34] + bytes(63) + b"\x01" + data[98:]

    return passes_on(hall, tampered)


@lie(ErrorCode.CERTIFICATE_UNKNOWN)
def a_join_is_in_anothers_name(hall: Hall) -> Told:
    join = replace(hall.outsider.join(hall.meeting), person=hall.member.device.person)
    return lambda: hall.outsider.ask_in(join)


@lie(ErrorCode.CLOCK_SKEW)
def a_join_is_of_yesterday(hall: Hall) -> Told:
    return lambda: hall.member.ask_in(hall.member.join(hall.meeting, at=hall.city.clock.now - 24 * HOUR_MS))


@lie(ErrorCode.DIRECTORY_SPLIT_VIEW)
def a_join_saw_another_directory(hall: Hall) -> Told:
    return lambda: hall.member.ask_in(hall.member.join(hall.meeting, log_root=bytes(32)))


@lie(ErrorCode.MEETINGS_ACT_OUTDATED)
def an_epoch_leaves_out_one(hall: Hall) -> Told:
    return announces(hall, n=2, previous=bytes(32), kind=EpochKind.NEW)


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
def an_epoch_is_without_its_announcer(hall: Hall) -> Told:
    return announces(hall, participants=[bytes(32)])


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
def a_packet_is_of_another_epoch(hall: Hall) -> Told:
    def of_another(epoch: Signed) -> bytes:
        other = hall.chair.epoch(hall.meeting, epoch.entry_id)
        return hall.chair.sealed(hall.chair.device.signed(SignedType.EPOCH, other.value()), hall.member)

    return passes_on(hall, of_another)
