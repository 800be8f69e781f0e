"""A city whose server has a media backend that writes down, with three who meet in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from protocol.crypto.signature import Signed
from protocol.messaging.payloads import Roster
from tests.support.attendee import Attendee, attendee
from tests.support.recording_backend import RecordingBackend
from tests.support.small_city import SmallCity


def code(reply: httpx.Response) -> str:
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
    return str(reply.json()["code"])


@dataclass
class Hall:
    """Two members of a conversation, an outsider, and a meeting the first called for it."""

    city: SmallCity
    media: RecordingBackend
    chair: Attendee
    member: Attendee
    outsider: Attendee
    roster: Roster
    meeting: str
    called: Signed

    def change(self, *people: Attendee) -> None:
        """The chair signs another roster."""
        last, who = self.roster, sorted(each.device.person for each in people)
        self.roster = replace(self.chair.after(last, members=who), **self.chair.seen())
        reply = self.chair.send_roster(self.roster)
        assert reply.status_code == 200, reply.text


def open_hall(folder: Path) -> Hall:
    media = RecordingBackend()
    city = SmallCity(folder, media=media.make)
    people = (city.clerk, city.second_clerk, city.leader)
    chair, member, outsider = (attendee(city, person) for person in people)
    roster = chair.roster(member.device.person)
    assert chair.send_roster(roster).status_code == 200
    meeting = chair.meeting(roster.conversation)
    called = chair.calls(meeting)
    return Hall(city, media, chair, member, outsider, roster, meeting.meeting, called)
