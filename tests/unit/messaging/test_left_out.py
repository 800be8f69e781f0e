"""Hearing that a sender could send nothing to a device: once of each, from the device that signed it."""

from __future__ import annotations

import base64

import pytest

from client.core.events import Event, NoticeRaised
from client.core.sync.pull import LogEvent
from protocol.crypto.signature import SignedType
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.messaging.payloads import LeftOut
from tests.unit.core.log_double import LI, WANG, identifier
from tests.unit.messaging.talk import Talk, Talker, code_of

_TALK = identifier(IdKind.CONVERSATION, 1)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def statement(writer: Talker, left_out: list[str], *, device: str | None = None) -> LogEvent:
    value = LeftOut(_TALK, device or writer.device, sorted(left_out), writer.signer.now_ms()).value()
    signed = writer.signer.sign_at_once(SignedType.LEFT_OUT, value)
    return LogEvent(1, "left_out", {"signed": base64.b64encode(signed.to_bytes()).decode()})


async def heard(reader: Talker, event: LogEvent) -> list[Event]:
    apply = await reader.left_out.prepare(event)
    return list(await reader.store.write(apply))


async def test_the_owner_hears_who_could_not_send_to_his_device_and_hears_it_once(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    [notice] = await heard(li, statement(wang, [li.device]))
    assert isinstance(notice, NoticeRaised)
    assert notice.code is ErrorCode.MESSAGING_OWN_DEVICE_LEFT_OUT
    assert dict(notice.params) == {"device": li.device, "label": "桌面", "person": "人员0"}
    assert await heard(li, statement(wang, [li.device])) == []


async def test_another_sender_is_another_statement(talk: Talk) -> None:
    wang, li, second = talk.person(WANG), talk.person(LI), talk.person(LI)
    assert len(await heard(li, statement(wang, [li.device]))) == 1
    assert len(await heard(li, statement(second, [li.device]))) == 1


async def test_another_device_of_mine_hears_what_this_one_could_not_send(talk: Talk) -> None:
    wang, second, li = talk.person(WANG), talk.person(WANG), talk.person(LI)
    [notice] = await heard(second, statement(wang, [li.device]))
    assert isinstance(notice, NoticeRaised)
    assert notice.code is ErrorCode.MESSAGING_DEVICE_LEFT_OUT
    assert dict(notice.params)["person"] == "人员1"


async def test_a_device_that_is_not_in_the_log_is_passed_over(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    assert await heard(li, statement(wang, [identifier(IdKind.DEVICE, 99)])) == []


async def test_what_did_not_get_onto_the_disk_is_said_again(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    li.store.fails = OSError("the disk is full")
    with pytest.raises(OSError, match="full"):
        await heard(li, statement(wang, [li.device]))
    assert len(await heard(li, statement(wang, [li.device]))) == 1


async def test_a_device_speaks_for_itself(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    event = statement(wang, [li.device], device=li.device)
    assert await code_of(li.left_out.prepare(event)) is ErrorCode.MESSAGING_WRONG_SENDER


async def test_a_revoked_device_is_not_heard(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    event = statement(wang, [li.device])
    talk.city.revoke(wang.device)
    assert await code_of(li.left_out.prepare(event)) is ErrorCode.CERTIFICATE_REVOKED


async def test_a_body_of_another_shape_is_refused(talk: Talk) -> None:
    li = talk.person(LI)
    assert await code_of(li.left_out.prepare(LogEvent(1, "left_out", {}))) is ErrorCode.WIRE_MALFORMED
