"""Meetings at the server (C22–C26): who is told what, who is put out when, and what the media backend is asked for."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from protocol.crypto.envelope import EnvelopeInfo, Purpose, wrap
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import DeviceConsent, KeyShare, Leaf, LeafKind
from protocol.errors import ErrorCode
from protocol.meetings.payloads import ChairAct, EpochKind
from server_stub.database.engine import make_engine
from server_stub.database.tables import MEETING_PEOPLE
from tests.integration.server.hall import Hall, code, open_hall
from tests.support.attendee import Attendee, attendee, ears
from tests.support.recording_backend import ANSWER, OFFER
from tests.support.small_city import SmallCity, append, b64


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = open_hall(tmp_path)
    yield made
    made.city.close()


def left(who: Attendee, join: Signed, meeting: str) -> tuple[str, dict[str, str]]:
    return "meeting_left", {"meeting": meeting, "device": who.device.id, "join": b64(join.entry_id)}


def been(hall: Hall) -> list[tuple[str, str]]:
    """Who has been in which meeting, as the server keeps it."""
    engine = make_engine(hall.city.server.config, read_only=True)
    try:
        with engine.connect() as connection, connection.begin():
            return sorted((row.meeting, row.person) for row in connection.execute(select(MEETING_PEOPLE)))
    finally:
        engine.dispose()


def test_members_hear_of_a_meeting_and_outsiders_do_not(hall: Hall) -> None:
    assert [kind for kind, _ in hall.chair.given()] == ["roster", "meeting"]
    assert hall.member.given()[-1] == ("meeting", hall.called.entry_id)
    assert hall.outsider.given() == []
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    assert hall.member.given()[-1] == ("meeting_act", act.entry_id)
    assert hall.outsider.given() == []
    # The same again is where it was.
    assert hall.chair.ask("", meeting=hall.called.to_bytes()).status_code == 200
    assert hall.chair.ask("/acts", act=act.to_bytes()).status_code == 200
    assert len(hall.member.given()) == 3


def test_whoever_comes_is_told_who_is_there_and_what_the_chairs_did(hall: Hall) -> None:
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.SPOTLIGHT, hall.chair.device.person)
    first = hall.chair.comes(hall.meeting)
    epoch = hall.chair.epoch(hall.meeting, first.entry_id)
    assert hall.chair.announces(epoch).status_code == 200
    join = hall.member.join(hall.meeting)
    reply = hall.member.ask_in(join).json()
    second = hall.member.device.signed(SignedType.MEETING_JOIN, join.value())
    assert reply["answers"] == [ANSWER]
    assert [Signed.parse(b64decode(each)).entry_id for each in reply["joins"]] == [
        first.entry_id,
        second.entry_id,
    ]
    assert Signed.parse(b64decode(reply["epoch"])).value() == epoch.value()
    assert reply["packet"] is None
    assert [Signed.parse(b64decode(each)).entry_id for each in reply["acts"]] == [act.entry_id]
    del reply["answers"]
    assert hall.member.present(hall.meeting).json() == reply
    assert ("join", hall.meeting, hall.member.device.id, OFFER) in hall.media.done


def test_those_in_the_room_hear_who_comes_and_goes_and_nobody_else_does(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    with ears(hall.city, hall.chair, hall.member, hall.outsider) as listening:
        second = hall.member.comes(hall.meeting)
        heard = listening.heard()
        [(kind, body)] = heard[hall.chair.device.id]
        assert (kind, Signed.parse(b64decode(body["join"])).entry_id) == ("meeting_joined", second.entry_id)
        assert heard[hall.member.device.id] == heard[hall.outsider.device.id] == []
        assert hall.member.ask(f"/{hall.meeting}/leave").status_code == 200
        gone = left(hall.member, second, hall.meeting)
        heard = listening.heard()
        assert heard == {
            hall.chair.device.id: [gone],
            hall.member.device.id: [gone],
            hall.outsider.device.id: [],
        }
        # Once is enough.
        assert hall.member.ask(f"/{hall.meeting}/leave").status_code == 200
        assert not any(listening.heard().values())
    assert hall.chair.joins(hall.meeting) == [hall.chair.device.id]


def runs(meeting: str, running: bool) -> tuple[str, dict[str, object]]:
    return "meeting_running", {"meeting": meeting, "running": running}


def test_members_who_are_not_there_hear_that_a_meeting_runs_and_that_it_does_no_more(hall: Hall) -> None:
    with ears(hall.city, hall.member, hall.outsider) as listening:
        assert hall.member.running() == []
        hall.chair.comes(hall.meeting)
        begun = {hall.member.device.id: [runs(hall.meeting, True)], hall.outsider.device.id: []}
        assert listening.heard() == begun
        # Coming anew says nothing new.
        hall.chair.comes(hall.meeting)
        assert not any(listening.heard().values())
        assert (hall.member.running(), hall.outsider.running()) == ([hall.meeting], [])
        hall.media.lose(hall.meeting, hall.chair.device.id)
        over = {hall.member.device.id: [runs(hall.meeting, False)], hall.outsider.device.id: []}
        assert listening.heard() == over
        assert hall.member.running() == []


def test_who_comes_to_the_conversation_hears_that_a_meeting_runs(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    with ears(hall.city, hall.member, hall.outsider) as listening:
        hall.change(hall.chair, hall.member, hall.outsider)
        assert listening.heard() == {
            hall.member.device.id: [],
            hall.outsider.device.id: [runs(hall.meeting, True)],
        }


def test_who_comes_anew_takes_his_own_place_at_the_end(hall: Hall) -> None:
    first = hall.chair.comes(hall.meeting)
    hall.member.comes(hall.meeting)
    epoch = hall.chair.epoch(hall.meeting, first.entry_id)
    signed = hall.chair.device.signed(SignedType.EPOCH, epoch.value())
    packet = hall.chair.sealed(signed, hall.member)
    assert hall.chair.passes_on(signed, packet).status_code == 200
    assert hall.member.present(hall.meeting).json()["packet"] == b64(packet)
    hall.chair.comes(hall.meeting)
    assert hall.member.joins(hall.meeting) == [hall.member.device.id, hall.chair.device.id]
    again = hall.member.comes(hall.meeting)
    reply = hall.member.present(hall.meeting).json()
    assert hall.member.joins(hall.meeting) == [hall.chair.device.id, hall.member.device.id]
    # The packet was for the stay before: it names keys that this one does not have.
    assert (reply["packet"], Signed.parse(b64decode(reply["joins"][-1])).entry_id) == (None, again.entry_id)


def test_a_lost_connection_is_a_departure(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    second = hall.member.comes(hall.meeting)
    with ears(hall.city, hall.chair) as listening:
        hall.media.lose(hall.meeting, hall.member.device.id)
        hall.media.lose(hall.meeting, hall.member.device.id)
        hall.media.lose(hall.meeting, hall.outsider.device.id)
        heard = listening.heard()
        assert heard[hall.chair.device.id] == [left(hall.member, second, hall.meeting)]
    assert code(hall.member.present(hall.meeting)) == ErrorCode.MEETINGS_NOT_PRESENT.value
    hall.media.lose(hall.meeting, hall.chair.device.id)
    hall.member.comes(hall.meeting)
    assert hall.member.joins(hall.meeting) == [hall.member.device.id]


def test_a_mute_silences_whom_it_names_and_speaking_undoes_it(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    hall.member.comes(hall.meeting)
    everybody = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.MUTE)
    assert hall.media.of("silence") == [("silence", hall.member.device.id)]
    assert hall.member.ask(f"/{hall.meeting}/speak").status_code == 200
    assert hall.media.of("hear") == [("hear", hall.member.device.id)]
    hall.chair.acts(hall.meeting, everybody, ChairAct.MUTE, hall.chair.device.person)
    assert hall.media.of("silence")[-1] == ("silence", hall.chair.device.id)
    assert len(hall.media.of("silence")) == 2


def test_the_removed_are_put_out_until_they_are_admitted_again(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    second = hall.member.comes(hall.meeting)
    person = hall.member.device.person
    with ears(hall.city, hall.chair, hall.member) as listening:
        act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.REMOVE, person)
        gone = left(hall.member, second, hall.meeting)
        assert listening.heard() == {hall.chair.device.id: [gone], hall.member.device.id: [gone]}
    assert hall.media.of("leave") == [("leave", hall.member.device.id)]
    assert code(hall.member.ask_in(hall.member.join(hall.meeting))) == ErrorCode.MEETINGS_REMOVED.value
    hall.chair.acts(hall.meeting, act, ChairAct.ADMIT, person)
    hall.member.comes(hall.meeting)


def test_a_locked_meeting_lets_in_chairs_and_those_who_were_there(hall: Hall) -> None:
    third = attendee(hall.city, hall.city.leader)  # a second device of the leader's is on the CA's word
    hall.change(hall.chair, hall.member, hall.outsider)
    hall.chair.comes(hall.meeting)
    hall.member.comes(hall.meeting)
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    hall.member.comes(hall.meeting)
    hall.chair.comes(hall.meeting)
    join = hall.outsider.join(hall.meeting)
    with ears(hall.city, hall.chair, hall.member) as listening:
        assert code(hall.outsider.ask_in(join)) == ErrorCode.MEETINGS_LOCKED.value
        heard = listening.heard()
    # Its chairs hear who stands outside, by his own word, and nobody else does.
    told = {
        device: [
            Signed.parse(b64decode(body["join"])).value() for kind, body in news if kind == "meeting_waiting"
        ]
        for device, news in heard.items()
    }
    assert told[hall.chair.device.id] == [join.value()]
    assert told[hall.member.device.id] == []
    hall.chair.acts(hall.meeting, act, ChairAct.UNLOCK)
    hall.outsider.comes(hall.meeting)
    assert code(third.ask_in(third.join(hall.meeting))) == ErrorCode.MEETINGS_NOT_ADMITTED.value


def test_the_end_is_the_end_for_everybody(hall: Hall) -> None:
    first = hall.chair.comes(hall.meeting)
    hall.member.comes(hall.meeting)
    people = sorted(each.device.person for each in (hall.chair, hall.member))
    assert been(hall) == [(hall.meeting, person) for person in people]
    second = hall.member.comes(hall.meeting)
    with ears(hall.city, hall.chair, hall.member) as listening:
        act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.END)
        heard = listening.heard()
        assert left(hall.member, second, hall.meeting) in heard[hall.member.device.id]
        assert left(hall.chair, first, hall.meeting) in heard[hall.chair.device.id]
    assert hall.media.of("close") == [("close",)]
    assert hall.media.inside == {}
    for each in (hall.chair, hall.member):
        assert code(each.ask_in(each.join(hall.meeting))) == ErrorCode.MEETINGS_ENDED.value
    assert been(hall) == []
    after = hall.chair.entry(hall.meeting, act, ChairAct.UNLOCK)
    reply = hall.chair.ask("/acts", act=hall.chair.sign(SignedType.CHAIR_ACT, after))
    assert code(reply) == ErrorCode.MEETINGS_ENDED.value


def test_the_chair_is_handed_over_and_both_lead(hall: Hall) -> None:
    member = hall.member.device.person
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.HAND_OVER, member)
    act = hall.member.acts(hall.meeting, act, ChairAct.LOCK)
    act = hall.chair.acts(hall.meeting, act, ChairAct.UNLOCK)
    # Neither puts the other out.
    for by, target in ((hall.chair, member), (hall.member, hall.chair.device.person)):
        entry = by.entry(hall.meeting, act, ChairAct.REMOVE, target=target)
        reply = by.ask("/acts", act=by.sign(SignedType.CHAIR_ACT, entry))
        assert code(reply) == ErrorCode.MEETINGS_ACT_REFUSED.value


def test_who_leaves_the_conversation_leaves_its_meetings(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    second = hall.member.comes(hall.meeting)
    with ears(hall.city, hall.chair) as listening:
        hall.change(hall.chair)
        assert listening.heard()[hall.chair.device.id] == [left(hall.member, second, hall.meeting)]
    assert hall.media.of("leave") == [("leave", hall.member.device.id)]
    assert code(hall.member.ask_in(hall.member.join(hall.meeting))) == ErrorCode.MEETINGS_NOT_ADMITTED.value


def test_a_revoked_device_is_put_out(hall: Hall) -> None:
    hall.chair.comes(hall.meeting)
    second = hall.member.comes(hall.meeting)
    with ears(hall.city, hall.chair) as listening:
        hall.city.operate(hall.city.ca.revoke(hall.member.device))
        assert listening.heard()[hall.chair.device.id] == [left(hall.member, second, hall.meeting)]
    assert hall.media.of("leave") == [("leave", hall.member.device.id)]
    assert hall.chair.joins(hall.meeting) == [hall.chair.device.id]


def test_epochs_follow_one_another_and_the_first_wins(hall: Hall) -> None:
    first, second = hall.chair.comes(hall.meeting), hall.member.comes(hall.meeting)
    both = (first.entry_id, second.entry_id)
    one = hall.chair.epoch(hall.meeting, *both)
    signed = hall.chair.device.signed(SignedType.EPOCH, one.value())
    packet, useless = hall.chair.sealed(signed, hall.member), hall.chair.sealed(signed, hall.outsider)
    with ears(hall.city, hall.chair, hall.member, hall.outsider) as listening:
        assert hall.chair.passes_on(signed, packet, useless).status_code == 200
        late = hall.member.announces(hall.member.epoch(hall.meeting, *both))
        assert code(late) == ErrorCode.MEETINGS_ACT_OUTDATED.value
        assert listening.heard() == {
            hall.chair.device.id: [],
            hall.member.device.id: [
                ("meeting_epoch", {"epoch": b64(signed.to_bytes()), "packet": b64(packet)})
            ],
            hall.outsider.device.id: [],
        }
    assert hall.member.present(hall.meeting).json()["packet"] == b64(packet)
    two = hall.member.epoch(hall.meeting, *both, n=2, previous=signed.entry_id)
    for wrong in (
        replace(two, n=3),
        replace(two, previous=bytes(32)),
        replace(two, previous=None, n=1, kind=EpochKind.NEW),
    ):
        assert code(hall.member.announces(wrong)) == ErrorCode.MEETINGS_ACT_OUTDATED.value
    assert hall.member.announces(two).status_code == 200
    assert hall.chair.present(hall.meeting).json()["packet"] is None


def test_who_comes_to_the_conversation_later_learns_of_its_meetings(hall: Hall) -> None:
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    hall.change(hall.chair, hall.member, hall.outsider)
    wanted = [("meeting", hall.called.entry_id), ("meeting_act", act.entry_id)]
    given = hall.outsider.given()
    assert given[-2:] == wanted
    assert [kind for kind, _ in given[:-2]] == ["roster", "roster"]
    # And once is enough for those who were there.
    assert [kind for kind, _ in hall.member.given()].count("meeting") == 1


def test_a_log_that_begins_anew_has_the_meetings_too(hall: Hall) -> None:
    act = hall.chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    before = hall.member.given()
    after = hall.member.client.post("/events/resync").json()["after"]
    events = hall.member.client.get("/events", params={"after": after, "limit": 200}).json()["events"]
    again = [each for each in events if each["kind"] in ("roster", "meeting", "meeting_act")]
    found = [(each["kind"], Signed.parse(b64decode(each["body"]["signed"])).entry_id) for each in again]
    assert found == before
    assert found[-1] == ("meeting_act", act.entry_id)


def test_a_further_device_of_a_member_gets_his_meetings(hall: Hall) -> None:
    """Whoever is given a person's key is given his conversations, and with them their meetings (C6)."""
    first, city = hall.member.device, hall.city
    leaf, wraps = first.generation(first.person, 1, None, {first.id: first.xwing}, city.ca.org_seq)
    assert append(hall.member.client, leaf, wraps).status_code == 200
    device, client = city.enrolled(first.person)
    further = Attendee(city, device, client, bytes(32))
    assert (further.given(), code(further.ask_in(further.join(hall.meeting)))) == (
        [],
        ErrorCode.MEETINGS_NOT_ADMITTED.value,
    )
    bundle = device.bundle().parsed().entry_id
    consent = DeviceConsent(device.id, bundle, first.person, city.clock.now)
    signed = first.signed(SignedType.DEVICE_CONSENT, consent.value())
    assert append(hall.member.client, Leaf(LeafKind.CONSENT, signed.to_bytes())).status_code == 200
    info = EnvelopeInfo(Purpose.PRINCIPAL_SEED, first.person, first.id, device.id, 1)
    record = wrap(device.xwing.public, info, first.seeds[first.person, 1].seed)
    share = KeyShare(first.person, 1, leaf.parsed().entry_id, device.id, record.hash, city.clock.now)
    signed = first.signed(SignedType.KEY_SHARE, share.value())
    reply = append(hall.member.client, Leaf(LeafKind.SHARE, signed.to_bytes()), [record.to_bytes()])
    assert reply.status_code == 200, reply.text
    # His first device is told again: to both it is what they have.
    assert set(further.given()) == set(hall.member.given())
    assert further.given()[-1] == ("meeting", hall.called.entry_id)
    further.comes(hall.meeting)


def test_a_city_without_a_media_backend_still_calls_meetings(tmp_path: Path) -> None:
    city = SmallCity(tmp_path)
    try:
        chair = attendee(city, city.clerk)
        roster = chair.roster()
        assert chair.send_roster(roster).status_code == 200
        meeting = chair.meeting(roster.conversation)
        called = chair.calls(meeting)
        assert code(chair.ask_in(chair.join(meeting.meeting))) == ErrorCode.MEETINGS_UNAVAILABLE.value
        assert chair.present(meeting.meeting).json()["code"] == ErrorCode.MEETINGS_NOT_PRESENT.value
        chair.acts(meeting.meeting, called.entry_id, ChairAct.END)
        assert [kind for kind, _ in chair.given()] == ["roster", "meeting", "meeting_act"]
    finally:
        city.close()
