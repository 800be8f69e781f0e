"""Modules are things, not activities: a room can be guessed from its name (CONTRIBUTING.md, Style)."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
# Nouns of the domain that end like gerunds, each a thing here.
NOUNS: Final = {
    "first_landing": "a migration, named after the landing that made it",
    "focus_ring": "a ring",
    "meeting": "a meeting",
    "messaging": "the area",
    "numbering": "发文字号 as GB/T 9704 has it",
    "padding": "what fills a ciphertext up (C44)",
    "drafting": "拟稿, the first phase of a case",
    "sealing": "the room of seals",
    "signing": "what signs",
    "second_reading": "reading once more after an update",
    "tidying": "整理, a function of the compose page",
    "typesetting": "the room of pages",
    "witnessing": "what witnesses do (C45)",
}
# Not renamed yet. This list may only shrink.
LEFT: Final = {
    "client/cases/opening.py",
    "client/documents/resealing.py",
    "client/media/sending.py",
    "client/ui/login/waiting.py",
    "client/ui/meetings/attending.py",
    "client/ui/meetings/calling.py",
    "client/ui/meetings/listing.py",
    "client/ui/meetings/placing.py",
    "client/ui/meetings/seating.py",
    "client/ui/messaging/acting.py",
    "client/ui/messaging/sending.py",
    "client/ui/settings/locking.py",
    "server_stub/admin/importing.py",
    "server_stub/ca/enrolling.py",
    "server_stub/ca/issuing.py",
    "server_stub/ca/publishing.py",
    "server_stub/database/reading.py",
    "server_stub/meetings/running.py",
    "server_stub/meetings/sfu/incoming.py",
    "server_stub/meetings/sfu/rewriting.py",
    "server_stub/serving.py",
}
# Public classes that stand in more than one module, and in how many. These numbers may only shrink.
TWICE: Final = {
    "Act": 2,
    "Boxes": 2,
    "Camera": 2,
    "Changed": 2,
    "Circulation": 2,
    "Clock": 2,
    "Connected": 2,
    "Control": 2,
    "Conversations": 3,
    "DeviceRow": 2,
    "DeviceVersion": 2,
    "Directory": 2,
    "Drafting": 2,
    "DurablePoints": 2,
    "Enrolment": 2,
    "EnrolmentRequest": 2,
    "EventSource": 2,
    "Gap": 2,
    "History": 2,
    "Incoming": 2,
    "Join": 3,
    "Kind": 3,
    "Line": 2,
    "Link": 2,
    "LogServer": 2,
    "Login": 2,
    "Look": 2,
    "Looked": 2,
    "Meeting": 2,
    "Meetings": 3,
    "MessageActs": 2,
    "Microphone": 2,
    "NoticePlace": 2,
    "Offer": 2,
    "Opened": 3,
    "Outbound": 2,
    "Picture": 3,
    "Placed": 2,
    "Profile": 2,
    "Question": 2,
    "Refusal": 2,
    "Room": 2,
    "RunningMeetings": 2,
    "Seal": 2,
    "SealRecord": 2,
    "SealRequest": 2,
    "SealState": 2,
    "Seat": 2,
    "Section": 2,
    "Sending": 2,
    "Session": 2,
    "Speakers": 2,
    "Stage": 2,
    "Standing": 2,
    "StoredEntry": 2,
    "Stream": 2,
    "SystemClock": 2,
    "TimePassed": 2,
    "View": 2,
    "Watcher": 2,
}
# Words the glossary of ARCHITECTURE.md bans in names of modules, and what stands for them.
BANNED: Final = {
    "attendance": "MeetingSession, MediaSession, Participant",
    "attending": "MeetingSession",
    "believing": "verification",
    "bell": "DeviceNotifier",
    "belonging": "membership",
    "came": "joined",
    "casebook": "LocalCase",
    "desk": "Workspace",
    "doing": "media_state",
    "door": "AdmissionControl",
    "exchange": "SfuWorker",
    "gear": "OpenDevices",
    "house": "SfuRooms",
    "ledger": "a store, but for ledgers of numbers (台账)",
    "lobby": "WaitingRoom",
    "opened": "OpenDevices",
    "pen": "EntryWriter",
    "presence": "Participant, JoinedInterval",
    "roll": "ConversationStore",
    "seat": "TileLayout in pages, SfuParticipant in the SFU",
    "seating": "TileLayout",
    "showing": "presenter",
    "sitting": "MeetingSession",
    "spread": "jitter",
    "stay": "JoinedInterval",
    "tend": "maintain",
    "told": "notified",
    "usher": "AdmissionControl",
    "words": "labels or slot messages",
}
# Modules in which a banned word is the right one.
RIGHT: Final = {
    "client/meetings/epoch_exchange.py": "devices exchange epochs there; it is no SFU worker",
}
# Named by banned words and not renamed yet. This list may only shrink.
UNRENAMED: Final = {
    "client/meetings/attendance.py",
    "client/meetings/ledger.py",
    "client/meetings/presence.py",
    "client/ui/directory/words.py",
    "client/ui/documents/cleaning_words.py",
    "client/ui/documents/tidy_words.py",
    "client/ui/documents/words.py",
    "client/ui/meetings/attending.py",
    "client/ui/meetings/devices/opened.py",
    "client/ui/meetings/gear.py",
    "client/ui/meetings/lobby.py",
    "client/ui/meetings/seating.py",
    "client/ui/meetings/usher.py",
    "client/ui/meetings/words.py",
    "client/ui/messaging/words.py",
    "client/ui/window/desk.py",
    "protocol/cases/words.py",
    "server_stub/meetings/sfu/exchange.py",
    "server_stub/meetings/sfu/seat.py",
    "server_stub/meetings/sfu/words.py",
}


def gerunds() -> set[str]:
    found = (
        path for room in ("client", "server_stub", "protocol") for path in (ROOT / room).rglob("*ing.py")
    )
    named = (path for path in found if path.stem.split("_", 1)[-1] not in NOUNS and path.stem not in NOUNS)
    return {path.relative_to(ROOT).as_posix() for path in named}


def test_no_module_more_is_named_after_an_activity() -> None:
    assert not gerunds() - LEFT


def test_what_was_renamed_leaves_the_list() -> None:
    assert not LEFT - gerunds()


def modules() -> list[Path]:
    return [path for room in ("client", "server_stub", "protocol") for path in (ROOT / room).rglob("*.py")]


def standing_twice() -> dict[str, int]:
    """Public classes of more than one module. A Protocol of one module is a class of it like any other."""
    names = Counter(
        name
        for path in modules()
        for name in {
            node.name
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        }
    )
    return {name: count for name, count in names.items() if count > 1}


def banned() -> set[str]:
    # A migration keeps its name for ever: it is what databases remember.
    named = (
        path
        for path in modules()
        if "migrations" not in path.parts and not BANNED.keys().isdisjoint(path.stem.split("_"))
    )
    return {path.relative_to(ROOT).as_posix() for path in named}


def test_no_public_class_more_stands_twice() -> None:
    assert {name: count for name, count in standing_twice().items() if count > TWICE.get(name, 1)} == {}


def test_a_class_that_stands_once_leaves_the_list() -> None:
    found = standing_twice()
    assert {name: count for name, count in TWICE.items() if count > found.get(name, 1)} == {}


def test_no_module_more_bears_a_banned_word() -> None:
    assert not banned() - UNRENAMED - RIGHT.keys()


def test_a_module_that_lost_its_banned_word_leaves_the_list() -> None:
    assert not (UNRENAMED | RIGHT.keys()) - banned()
