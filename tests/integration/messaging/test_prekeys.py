"""Prekeys run out and are refilled: a device can always be written to."""

from __future__ import annotations

from contextlib import closing

from sqlcipher3 import dbapi2

from client.core.keys import ratchets
from tests.end_to_end.city import City
from tests.integration.messaging.talkers import Hall
from tests.support.waiting import until


def left(city: City, device: str) -> int:
    """One-time prekeys of a device that the server has not handed out."""
    uri = f"{(city.server_dir / 'server.db').absolute().as_uri()}?mode=ro"
    with closing(dbapi2.connect(uri, uri=True)) as connection:
        query = "SELECT count(*) FROM prekeys WHERE device = ? AND used = 0 AND fallback = 0"
        return int(connection.execute(query, (device,)).fetchone()[0])


def hand_out(city: City, device: str, *, all_but: int) -> None:
    """Mark a device's one-time prekeys as handed out."""
    uri = f"{(city.server_dir / 'server.db').absolute().as_uri()}?mode=rw"
    unused = "SELECT position FROM prekeys WHERE device = ? AND used = 0 AND fallback = 0 LIMIT -1 OFFSET ?"
    with closing(dbapi2.connect(uri, uri=True)) as connection:
        connection.execute(f"UPDATE prekeys SET used = 1 WHERE position IN ({unused})", (device, all_but))
        connection.commit()


async def test_prekeys_are_refilled_when_few_are_left(hall: Hall) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    device = second.core.me.device
    await until(lambda: left(hall.city, device) == ratchets.ONE_TIME_KEYS)
    talk = await first.conversations.start((second.person,), "")
    # As if many had written: one alone may not use up the keys of another.
    hand_out(hall.city, device, all_but=15)
    assert left(hall.city, device) == 15
    await first.says(talk, "还在吗")
    await second.sees(talk, "还在吗")
    await until(lambda: left(hall.city, device) >= ratchets.ONE_TIME_KEYS)
