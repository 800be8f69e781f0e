"""Meetings, seats and devices in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from client.meetings.rows import MeetingRow, MeetingStanding, ParticipantRow, Seal
from client.ui.base.language import enumerated, tr
from client.ui.base.moments import full_time
from client.ui.base.rows import Mark, RowContent
from client.ui.base.theme import Tone
from client.ui.meetings.seating import Seat
from client.ui.meetings.services import DeviceFault, DeviceKind


def _local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000).astimezone()


def clock_words(ms: int) -> str:
    """10:12."""
    return f"{_local(ms):%H:%M}"


def elapsed_words(seconds: int) -> str:
    """4:05, 1:02:03."""
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def on_day(ms: int, now_ms: int, clock: str) -> str:
    """今天 10:12, 明天 10:12, 11月30日 10:12, 2027年1月3日 10:12."""
    day, today = _local(ms).date(), _local(now_ms).date()
    if day == today:
        return tr("Today {clock}", clock=clock)
    if day == today + timedelta(days=1):
        return tr("Tomorrow {clock}", clock=clock)
    if day == today - timedelta(days=1):
        return tr("Yesterday {clock}", clock=clock)
    if day.year == today.year:
        return tr("{month}/{day}", month=day.month, day=day.day) + f" {clock}"
    return tr("{year}/{month}/{day}", year=day.year, month=day.month, day=day.day) + f" {clock}"


def span_words(row: MeetingRow, now_ms: int) -> str:
    """明天 14:00–15:30."""
    return on_day(row.starts_at, now_ms, f"{clock_words(row.starts_at)}–{_end_words(row)}")


def _end_words(row: MeetingRow) -> str:
    """15:30, with its day when it is another."""
    same_day = _local(row.starts_at).date() == _local(row.ends_at).date()
    return clock_words(row.ends_at) if same_day else full_time(row.ends_at)


def people_words(count: int) -> str:
    return tr("1 person") if count == 1 else tr("{count} people", count=count)


def standing_mark(standing: MeetingStanding) -> Mark:
    return {
        MeetingStanding.COMING: Mark(tr("Coming"), Tone.WAITING),
        MeetingStanding.NOW: Mark(tr("Now"), Tone.DONE),
        MeetingStanding.OVER: Mark(tr("Over"), Tone.NEUTRAL),
    }[standing]


def meeting_title(row: MeetingRow) -> str:
    return row.title or tr("Without a name")


def meeting_content(row: MeetingRow, now_ms: int) -> RowContent:
    """A meeting in the list."""
    who = tr("{name} chairs", name=row.chair) if row.chair else ""
    people = people_words(row.members)
    return RowContent(
        title=meeting_title(row),
        detail=" · ".join(part for part in (span_words(row, now_ms), who, people) if part),
        unread=row.standing is MeetingStanding.NOW,
        marks=_marks(row),
    )


def _marks(row: MeetingRow) -> tuple[Mark, ...]:
    if row.later:
        return (Mark(tr("newer version needed"), Tone.WAITING),)
    return () if row.standing is MeetingStanding.COMING else (standing_mark(row.standing),)


def invitation(row: MeetingRow) -> str:
    """To be pasted wherever somebody is told of it: no link, since only who is called can come in."""
    lines = [
        tr("Meeting: {title}", title=meeting_title(row)),
        tr("Time: {start} to {end}", start=full_time(row.starts_at), end=_end_words(row)),
    ]
    if row.chair:
        lines.append(tr("Chair: {name}", name=row.chair))
    lines.append(tr("To join: open Jinshu and choose this meeting under Meetings."))
    return "\n".join(lines)


def participant_name(row: ParticipantRow) -> str:
    return tr("{name} (me)", name=row.name) if row.me else row.name


def participant_content(row: ParticipantRow, hand: int) -> RowContent:
    """Somebody in the panel of people."""
    marks = []
    if row.chair:
        marks.append(Mark(tr("Chair"), Tone.ACTION))
    said = Mark(tr("Hand {place}", place=hand), Tone.WAITING) if hand else None
    states = [row.post] if row.post else []
    states.append(_sound_words(row))
    if row.screen:
        states.append(tr("Shows the screen"))
    if not row.confirmed:
        states.append(tr("Exchanging keys"))
    return RowContent(
        title=participant_name(row),
        detail=" · ".join(states),
        marks=tuple(marks),
        deadline=said,
        avatar=row.name,
    )


def _sound_words(row: ParticipantRow) -> str:
    if not row.microphone:
        return tr("Muted")
    return tr("Speaking") if row.speaking else tr("Microphone on")


def seat_name(seat: Seat) -> str:
    """What stands on the plate."""
    name = seat.name or tr("Unknown sender")
    if seat.screen:
        return tr("Screen of {name}", name=name)
    if seat.me:
        name = tr("{name} (me)", name=name)
    return tr("{name} · chair", name=name) if seat.chair else name


def seat_spoken(seat: Seat) -> str:
    """A tile as a screen reader and a tooltip say it."""
    words = [seat_name(seat), seat.post]
    if not seat.screen:
        words.append(tr("Speaking") if seat.speaking else "" if seat.microphone else tr("Muted"))
    if seat.hand:
        words.append(tr("Hand {place}", place=seat.hand))
    if seat.pinned:
        words.append(tr("Pinned"))
    words.append(seal_words(seat.seal))
    return " · ".join(word for word in words if word)


def seal_words(seal: Seal) -> str:
    return {
        Seal.EMPTY: "",
        Seal.OPEN: tr("End-to-end encrypted, opened with the sender's own key"),
        Seal.LOCKED: tr("Cannot be decrypted"),
    }[seal]


def device_words(kind: DeviceKind) -> str:
    return {
        DeviceKind.MICROPHONE: tr("Microphone"),
        DeviceKind.CAMERA: tr("Camera"),
        DeviceKind.LOUDSPEAKER: tr("Loudspeaker"),
        DeviceKind.SCREEN: tr("Screen"),
        DeviceKind.WINDOW: tr("Window"),
    }[kind]


def fault_words(kind: DeviceKind, fault: DeviceFault) -> tuple[str, str]:
    """What is wrong with a device, and what to do."""
    device = device_words(kind).lower()
    return {
        DeviceFault.MISSING: (
            tr("No {device} found", device=device),
            tr("Plug one in; it appears here by itself."),
        ),
        DeviceFault.REFUSED: (
            tr("The system does not allow the use of: {device}", device=device),
            tr("Allow it in the system's privacy settings, then try again."),
        ),
        DeviceFault.FAILED: (
            tr("The {device} does not start", device=device),
            tr("Another program may be using it. Close that program or choose another device."),
        ),
        DeviceFault.GONE: (
            tr("The {device} was disconnected", device=device),
            tr("The meeting goes on. Plug it in again or choose another device."),
        ),
    }[fault]


def moved_words(names: Mapping[DeviceKind, str], lost: bool) -> tuple[str, str]:
    """Sound goes through other devices, by their names, since those before are gone (`lost`) or better ones have come."""
    kinds = enumerated(device_words(kind) for kind in names)
    used = tr("; ").join(
        tr("{device}: {name}", device=device_words(kind), name=name) for kind, name in names.items()
    )
    if lost:
        return (
            tr("Disconnected: {devices}", devices=kinds),
            tr("In use instead: {used}. When it is plugged in again it is used again.", used=used),
        )
    return tr("Changed over: {devices}", devices=kinds), tr("Now in use: {used}.", used=used)
