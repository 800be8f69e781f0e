"""A store that was copied back never makes the key of a ratchet a second time, whatever the server says of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.keys import ratchets
from client.core.store import database
from protocol.errors import ErrorCode, JinshuError
from tests.unit.messaging.three_devices import TALK, Circle, Device, Message


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[Circle]:
    made = Circle(tmp_path)
    yield made
    made.close()


def closed(device: Device) -> None:
    device.engine.dispose()


def opened(device: Device) -> None:
    """As the client opens a store that is not known to be the one it closed last."""
    device.engine = database.make_engine(device.path, bytes(32), read_only=False, size=1)
    with device.store() as connection:
        ratchets.retire_sessions(connection)


def backed_up(device: Device) -> Path:
    closed(device)
    copy = device.path.with_suffix(".copy")
    shutil.copy(device.path, copy)
    opened(device)
    return copy


def restored(device: Device, copy: Path) -> None:
    closed(device)
    for suffix in ("-wal", "-shm"):
        device.path.with_name(device.path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, device.path)
    opened(device)


def take_all(circle: Circle) -> None:
    for name, device in circle.devices.items():
        while device.inbox:
            circle.take(name)


def test_what_is_written_after_the_copy_is_written_in_other_sessions(circle: Circle) -> None:
    first, second = circle.devices["甲"], circle.devices["乙"]
    circle.send("甲", b"1")
    circle.send("乙", b"2")
    take_all(circle)
    copy = backed_up(first)
    circle.send("甲", b"3")
    take_all(circle)
    restored(first, copy)
    circle.send("甲", b"4")
    take_all(circle)
    sessions = [message.session for message in circle.log if message.sender == "甲"]
    assert len(set(sessions)) == 3
    assert second.read == {0: b"1", 1: b"2", 2: b"3", 3: b"4"}
    packets = [event for event in second.seen if not isinstance(event, Message) and event.sender == "甲"]
    with second.store() as connection:
        channels = connection.exec_driver_sql("SELECT count(*) FROM olm_sessions WHERE device = '甲'")
        # One of them it began itself.
        assert (len(packets), channels.scalar_one()) == (3, 4)


def test_a_retired_channel_is_read_with_and_not_written_with(circle: Circle) -> None:
    first, second = circle.devices["甲"], circle.devices["乙"]
    circle.send("甲", b"1")
    take_all(circle)
    circle.send("乙", b"2")  # over the channel the first began
    closed(first)
    opened(first)
    take_all(circle)
    assert first.read[1] == b"2"
    with first.store() as connection:
        assert not ratchets.has_channel(connection, "乙")
        with pytest.raises(JinshuError, match=ErrorCode.MESSAGING_NO_SESSION.value):
            ratchets.olm_encrypt(connection, "乙", b"x", circle.now, os.urandom)
        assert ratchets.outbound(connection, TALK) is None
    assert second.read == {0: b"1", 1: b"2"}


def test_of_many_channels_with_a_device_the_last_are_kept(circle: Circle) -> None:
    first, second = circle.devices["甲"], circle.devices["乙"]
    for number in range(40):
        closed(first)
        opened(first)
        circle.send("甲", str(number).encode())
        take_all(circle)
    assert second.read == {number: str(number).encode() for number in range(40)}
    with second.store() as connection:
        channels = connection.exec_driver_sql("SELECT count(*) FROM olm_sessions WHERE device = '甲'")
        assert channels.scalar_one() == 12


def test_who_begins_a_channel_is_given_the_running_key_again(circle: Circle) -> None:
    first, second = circle.devices["甲"], circle.devices["乙"]
    circle.send("甲", b"1")
    take_all(circle)
    copy = backed_up(second)
    circle.send("甲", b"2")
    circle.send("乙", b"3")
    take_all(circle)
    second.read.clear()
    restored(second, copy)
    circle.send("乙", b"4")  # in a channel of its own, by which the first knows
    take_all(circle)
    circle.send("甲", b"5")
    take_all(circle)
    assert second.read == {3: b"4", 4: b"5"}
    assert first.read == {number: str(number + 1).encode() for number in range(5)}
