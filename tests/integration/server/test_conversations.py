"""Conversations at the server: refused by name, delivered to exactly the devices of the members, and never a 5xx (D8)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from protocol.crypto.signature import Signed, SignedType
from protocol.directory.organisation import SITE_ID, Site
from protocol.errors import ErrorCode
from protocol.features import LEFT_OUT
from protocol.identifiers import IdKind
from protocol.messaging.payloads import Prekey
from tests.support.small_city import HOUR_MS, SmallCity, b64, fresh
from tests.support.speaker import Speaker, speaker


def code(reply: httpx.Response) -> str:
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
    return str(reply.json()["code"])


@pytest.fixture
def city(tmp_path: Path) -> Iterator[SmallCity]:
    made = SmallCity(tmp_path)
    yield made
    made.close()


@pytest.fixture
def three(city: SmallCity) -> tuple[Speaker, Speaker, Speaker]:
    return speaker(city, city.clerk), speaker(city, city.second_clerk), speaker(city, city.leader)


Three = tuple[Speaker, Speaker, Speaker]


def test_events_reach_exactly_the_devices_of_the_members(three: Three) -> None:
    first, second, third = three
    roster = first.roster(second.device.person)
    assert first.send_roster(roster).json()["n"] == 1
    assert first.send(first.message(roster)).json()["n"] == 2
    assert first.send_packets(first.packet(roster.conversation, second.device.id)).status_code == 200
    assert first.log() == [("roster", 1), ("message", 2)]
    assert second.log() == [("roster", 1), ("message", 2), ("packet", 0)]
    assert third.log() == []
    # Who comes later gets the rosters from the first on, and the messages from then on.
    people = sorted([*roster.members, third.device.person])
    wider = first.after(roster, members=people)
    assert first.send_roster(wider).json()["n"] == 3
    assert first.send(first.message(wider)).json()["n"] == 4
    assert third.log() == [("roster", 1), ("roster", 3), ("message", 4)]
    # Who is removed is told so, and nothing after it.
    narrow = first.after(wider, members=sorted(set(people) - {second.device.person}))
    assert first.send_roster(narrow).json()["n"] == 5
    assert first.send(first.message(narrow)).json()["n"] == 6
    assert second.log()[-2:] == [("message", 4), ("roster", 5)]
    assert third.log()[-1] == ("message", 6)


def test_the_same_again_is_where_it_was(three: Three) -> None:
    first, second, _ = three
    roster = first.roster(second.device.person)
    assert first.send_roster(roster).json() == first.send_roster(roster).json()
    message = first.message(roster)
    assert first.send(message).json() == first.send(message).json()
    assert second.log() == [("roster", 1), ("message", 2)]
    again = first.message(roster, id=message.id)
    assert code(first.send(again)) == ErrorCode.SYNC_ID_REUSED.value


def test_rosters_are_refused_by_name(three: Three) -> None:
    first, second, third = three
    roster = first.roster(second.device.person)
    later = first.city.clock.now + HOUR_MS
    for changes, wanted in (
        ({"n": 2}, ErrorCode.MESSAGING_ROSTER_REFUSED),
        ({"person": second.device.person}, ErrorCode.MESSAGING_ROSTER_REFUSED),
        (
            {"members": sorted([first.device.person, fresh(IdKind.PERSON)])},
            ErrorCode.MESSAGING_ROSTER_REFUSED,
        ),
        ({"admins": []}, ErrorCode.MESSAGING_ROSTER_REFUSED),
        ({"members": []}, ErrorCode.MESSAGING_ROSTER_REFUSED),
        ({"members": ["x"]}, ErrorCode.WIRE_MALFORMED),
        ({"at": later}, ErrorCode.CLOCK_SKEW),
        ({"at": 1}, ErrorCode.CLOCK_SKEW),
        ({"log_size": 9999}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"log_root": bytes(32)}, ErrorCode.DIRECTORY_SPLIT_VIEW),
    ):
        assert code(first.send_roster(replace(roster, **changes))) == wanted.value
    assert first.send_roster(roster).status_code == 200
    wider = first.after(roster, members=sorted([*roster.members, third.device.person]))
    for by in (second, third):
        ghost = replace(wider, person=by.device.person)
        assert code(by.send_roster(ghost)) == ErrorCode.MESSAGING_ROSTER_REFUSED.value
        assert code(by.send_roster(wider)) == ErrorCode.MESSAGING_ROSTER_REFUSED.value
    assert first.send_roster(wider).status_code == 200
    stale = first.after(roster, members=[first.device.person])
    assert code(first.send_roster(stale)) == ErrorCode.MESSAGING_ROSTER_OUTDATED.value
    # Another's bytes under one's own session.
    taken = first.sign(SignedType.ROSTER, first.roster())
    assert code(second.post("rosters", "roster", taken)) == ErrorCode.CERTIFICATE_UNKNOWN.value


def test_messages_are_refused_by_name(three: Three) -> None:
    first, second, third = three
    roster = first.roster(second.device.person)
    assert first.send_roster(roster).status_code == 200
    now = first.city.clock.now
    for changes, wanted in (
        ({"roster": bytes(32)}, ErrorCode.MESSAGING_ROSTER_OUTDATED),
        ({"person": second.device.person}, ErrorCode.MESSAGING_NOT_A_MEMBER),
        ({"device": second.device.id}, ErrorCode.MESSAGING_NOT_A_MEMBER),
        ({"conversation": fresh(IdKind.CONVERSATION)}, ErrorCode.MESSAGING_NOT_A_MEMBER),
        ({"blobs": ["a" * 64]}, ErrorCode.BLOBS_UNKNOWN),
        ({"blobs": ["../../etc/passwd"]}, ErrorCode.BLOBS_UNKNOWN),
        ({"sent_at": now + HOUR_MS}, ErrorCode.CLOCK_SKEW),
        ({"log_size": 9999}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"log_size": (1 << 63) - 1}, ErrorCode.DIRECTORY_SPLIT_VIEW),
        ({"ciphertext": bytes((1 << 18) + 1)}, ErrorCode.WIRE_TOO_LARGE),
        ({"parents": [bytes(32), bytes(32)]}, ErrorCode.WIRE_MALFORMED),
        # Its readers would wait for what was never said, and refuse everything after it.
        ({"parents": [bytes(32)]}, ErrorCode.MESSAGING_UNKNOWN_PARENT),
        ({"id": "msg"}, ErrorCode.WIRE_MALFORMED),
    ):
        message = replace(first.message(roster), **changes)
        assert code(first.send(message)) == wanted.value, changes
    assert code(third.send(third.message(roster, first))) == ErrorCode.MESSAGING_NOT_A_MEMBER.value
    # Written while offline: long ago is no fault.
    assert first.send(first.message(roster, sent_at=now - 48 * HOUR_MS)).status_code == 200
    assert second.log() == [("roster", 1), ("message", 2)]
    wider = first.after(roster, members=sorted([*roster.members, third.device.person]))
    assert first.send_roster(wider).status_code == 200
    assert code(second.send(second.message(roster, first))) == ErrorCode.MESSAGING_ROSTER_OUTDATED.value


def test_packets_go_from_a_member_to_a_member(three: Three) -> None:
    first, second, third = three
    roster = first.roster(second.device.person)
    talk = roster.conversation
    assert first.send_roster(roster).status_code == 200
    refusals = (
        (first, first.packet(talk, third.device.id), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (first, first.packet(talk, fresh(IdKind.DEVICE)), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (first, first.packet(fresh(IdKind.CONVERSATION), second.device.id), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (third, third.packet(talk, second.device.id), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (third, first.packet(talk, second.device.id), ErrorCode.CERTIFICATE_UNKNOWN),
        (first, first.sign(SignedType.ROSTER, roster), ErrorCode.SIGNATURE_WRONG_TYPE),
    )
    good = first.packet(talk, second.device.id)
    for by, packet, wanted in refusals:
        assert code(by.send_packets(packet)) == wanted.value
        # One bad packet takes the good one with it: all or none.
        if by is first:
            assert code(first.send_packets(good, packet)) == wanted.value
    assert second.log() == [("roster", 1)]
    named = first.packet(talk, second.device.id, device=second.device.id)
    assert code(first.send_packets(named)) == ErrorCode.MESSAGING_WRONG_SENDER.value
    for _ in range(2):
        assert first.send_packets(good).status_code == 200
    assert second.log() == [("roster", 1), ("packet", 0)]


def test_a_one_time_prekey_is_handed_out_once_and_the_fallback_for_ever(three: Three) -> None:
    first, second, third = three
    once = [first.prekey() for _ in range(3)]
    fallback = first.prekey(fallback=True)
    assert first.publish(*once, fallback).json() == {"left": 3}
    assert first.publish(*once).json() == {"left": 3}
    given = [by.claim(first.device.id) for by in (second, third, second, third, second)]
    keys = [prekey.key for [prekey] in given]
    assert len(set(keys[:3])) == 3
    assert [prekey.fallback for [prekey] in given] == [False] * 3 + [True] * 2
    assert keys[3] == keys[4]
    newer = first.prekey(fallback=True)
    assert first.publish(newer).json() == {"left": 0}
    [prekey] = second.claim(first.device.id)
    assert prekey == Prekey.parse(Signed.parse(newer).value())
    # Used ones do not come back by being published again.
    assert first.publish(*once).json() == {"left": 0}
    assert second.claim(second.device.id, fresh(IdKind.DEVICE)) == []


def test_statements_of_who_was_left_out_are_refused_by_name(three: Three) -> None:
    first, second, third = three
    roster = first.roster(second.device.person)
    talk = roster.conversation
    assert first.send_roster(roster).status_code == 200
    mine, yours, his = (each.device.id for each in three)
    good = first.left_out(talk, yours)
    assert code(first.send_left_out(good)) == ErrorCode.WIRE_UNKNOWN_TYPE.value
    first.city.ca.entries[SITE_ID] = Site(SITE_ID, (LEFT_OUT.name,), 0)
    first.city.publish()
    for by, statement, wanted in (
        (first, first.left_out(talk, his), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (first, first.left_out(talk, fresh(IdKind.DEVICE)), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (first, first.left_out(fresh(IdKind.CONVERSATION), yours), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (first, first.left_out(fresh(IdKind.MEETING), yours), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (third, third.left_out(talk, yours), ErrorCode.MESSAGING_NOT_A_MEMBER),
        (third, good, ErrorCode.MESSAGING_WRONG_SENDER),
        (first, first.left_out(talk, yours, device=yours), ErrorCode.MESSAGING_WRONG_SENDER),
        (first, first.left_out(talk), ErrorCode.WIRE_MALFORMED),
        (first, first.left_out(mine, yours), ErrorCode.WIRE_MALFORMED),
        (first, good[:34] + bytes(64) + good[98:], ErrorCode.SIGNATURE_INVALID),
    ):
        assert code(by.send_left_out(statement)) == wanted.value
    assert first.send_left_out(good).status_code == 200
    page = second.client.get("/events", params={"after": 0, "limit": 500}).json()
    assert [event["kind"] for event in page["events"]].count("left_out") == 1
    assert "left_out" not in str(third.client.get("/events", params={"after": 0}).json())


def test_prekeys_whose_private_halves_are_gone_are_replaced(three: Three) -> None:
    first, second, _ = three
    lost = [first.prekey() for _ in range(3)]
    assert first.publish(*lost, first.prekey(fallback=True)).json() == {"left": 3}
    assert second.publish(second.prekey()).json() == {"left": 1}
    new, fallback = first.prekey(), first.prekey(fallback=True)
    assert first.publish(new, fallback, replace=True).json() == {"left": 1}
    given = [second.claim(first.device.id)[0] for _ in range(2)]
    assert given == [Prekey.parse(Signed.parse(each).value()) for each in (new, fallback)]
    # Nobody else's.
    assert second.publish().json() == {"left": 1}


def test_a_device_is_told_what_it_acknowledged(three: Three) -> None:
    first, second, _ = three
    roster = first.roster(second.device.person)
    assert first.send_roster(roster).status_code == 200
    page = second.client.get("/events", params={"after": 0}).json()
    assert (page["acknowledged"], page["latest"]) == (0, page["events"][-1]["n"])
    assert second.client.post("/events/ack", json={"n": page["latest"]}).status_code == 200
    assert second.client.get("/events", params={"after": 0}).json()["acknowledged"] == page["latest"]
    resync = second.client.post("/events/resync").json()
    assert resync == {"after": page["latest"], "acknowledged": page["latest"]}


def test_prekeys_are_ones_own(three: Three) -> None:
    first, second, _ = three
    for bad, wanted in (
        (second.prekey(), ErrorCode.MESSAGING_WRONG_SENDER),
        (first.prekey(device=second.device.id), ErrorCode.MESSAGING_WRONG_SENDER),
        (first.prekey(identity=bytes(32)), ErrorCode.MESSAGING_WRONG_SENDER),
        (first.prekey()[:34] + bytes(64) + first.prekey()[98:], ErrorCode.SIGNATURE_INVALID),
        (first.sign(SignedType.ROSTER, first.roster()), ErrorCode.SIGNATURE_WRONG_TYPE),
    ):
        assert code(first.publish(first.prekey(), bad)) == wanted.value
    assert first.publish().json() == {"left": 0}
    many = [first.prekey() for _ in range(251)]
    assert first.publish(*many[:250]).json() == {"left": 250}
    assert first.publish(*[first.prekey() for _ in range(250)]).json() == {"left": 500}
    assert code(first.publish(many[250])) == ErrorCode.REQUEST_RATE_LIMITED.value


def test_garbage_is_refused_and_never_a_fault_of_the_server(three: Three) -> None:
    first, second, _ = three
    roster = first.roster(second.device.person)
    assert first.send_roster(roster).status_code == 200
    whole = {
        "rosters": first.sign(SignedType.ROSTER, first.after(roster)),
        "messages": first.sign(SignedType.MESSAGE, first.message(roster)),
    }
    for path, data in whole.items():
        name = path.removesuffix("s")
        for length in (0, 1, 97, 98, 99, len(data) // 2, len(data) - 1):
            code(first.post(path, name, data[:length]))
        for at in range(0, len(data), 23):
            turned = bytearray(data)
            turned[at] ^= 1 << at % 8
            code(first.post(path, name, bytes(turned)))
        bodies: tuple[Any, ...] = (
            {},
            {name: None},
            {name: "not base64!"},
            {name: b64(data), "more": 1},
            [],
            "x",
        )
        for body in bodies:
            code(first.client.post(f"/conversations/{path}", json=body))
        code(first.client.post(f"/conversations/{path}", content=b"\xff\x00{"))
    for path, field in (("packets", "packets"), ("prekeys", "prekeys")):
        for item in (b"", os.urandom(200), whole["messages"]):
            code(first.client.post(f"/conversations/{path}", json={field: [b64(item)]}))
        code(first.client.post(f"/conversations/{path}", json={field: ["="] * 501}))
    for devices in (None, [1], ["dev"], [""] * 501):
        code(first.client.post("/conversations/prekeys/claim", json={"devices": devices}))
    with first.city.server.client() as nobody:
        for path in ("rosters", "messages", "packets", "prekeys", "prekeys/claim"):
            assert code(nobody.post(f"/conversations/{path}", json={})).startswith("session.")
    assert second.log() == [("roster", 1)]


def test_a_channel_key_is_taken_from_its_device_alone_and_the_newest_stays(three: Three) -> None:
    first, second, _ = three

    def asked() -> list[str]:
        reply = first.client.post("/conversations/channel-keys", json={"devices": [second.device.id]})
        return list(reply.json()["keys"])

    def publish(by: Speaker, data: bytes) -> httpx.Response:
        return by.client.post("/conversations/prekeys", json={"prekeys": [], "channel_key": b64(data)})

    assert asked() == []
    week_one, week_two = second.channel_key(at=1), second.channel_key(at=2)
    assert publish(second, week_two).status_code == 200
    assert publish(second, week_one).status_code == 200
    assert publish(second, week_two).status_code == 200
    assert asked() == [b64(week_two)]
    for lie in (
        first.channel_key(at=3, device=second.device.id),
        first.channel_key(at=3, identity=bytes(32)),
        second.channel_key(at=3),
    ):
        assert code(publish(first, lie)) == ErrorCode.MESSAGING_WRONG_SENDER.value
    assert asked() == [b64(week_two)]


def test_delivery_marks_are_what_devices_acknowledged_and_for_members_alone(three: Three) -> None:
    first, second, third = three
    roster = first.roster(second.device.person)
    first.send_roster(roster)
    places = [first.send(first.message(roster)).json()["n"] for _ in range(3)]

    def marks(by: Speaker) -> list[tuple[str, int]]:
        asked = {"conversations": [roster.conversation, fresh(IdKind.CONVERSATION)]}
        found = by.client.post("/conversations/delivered", json=asked).json()["marks"]
        return [(mark["person"], mark["upto"]) for mark in found]

    assert marks(first) == []
    numbers = [
        event["n"] for event in second.client.get("/events").json()["events"] if event["kind"] == "message"
    ]
    assert second.client.post("/events/ack", json={"n": numbers[1]}).status_code == 200
    assert marks(first) == marks(second) == [(second.device.person, places[1])]
    # Acknowledging again what was acknowledged moves nothing back.
    assert second.client.post("/events/ack", json={"n": numbers[0]}).status_code == 200
    assert marks(first) == [(second.device.person, places[1])]
    assert second.client.post("/events/ack", json={"n": numbers[2]}).status_code == 200
    assert marks(first) == [(second.device.person, places[2])]
    assert marks(third) == []
