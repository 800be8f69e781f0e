"""A committed message that an older program placed and could not read is read once it is updated (C41, C44)."""

from __future__ import annotations

from sqlalchemy import Connection, update

from client.core.store import search, settings
from client.core.store.conversations import MESSAGES
from client.messaging import message_store
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode
from protocol.features import MESSAGES_2
from tests.security.lies_of_conversations import stage
from tests.security.ring import message, ring


async def test_it_reads_what_it_had_placed() -> None:
    async with ring() as made:
        on = await stage(made)
        made.world.city.switch(MESSAGES_2.name)
        for talker in (on.first, on.second):
            await talker.core.directory.catch_up()
        await on.first.says(on.talk, "按新的写法")
        data = on.first.posted()[-1]
        assert Signed.parse(data).type is SignedType.COMMITTED_MESSAGE
        await on.second.follows()
        assert (await on.second.texts(on.talk))[-1] == "按新的写法"
        name = message(data).id
        # As the release before leaves it.
        unread = {"kind": None, "fields": None, "ratchet_index": None}
        unread |= {"fault": ErrorCode.CLIENT_OUTDATED.value}  # type: ignore[dict-item]

        def older(connection: Connection) -> None:
            connection.execute(update(MESSAGES).where(MESSAGES.c.id == name).values(unread))
            search.remove(connection, area=message_store.AREA, key=name)
            settings.put(connection, "core.read_by", "0.2.0")

        await on.second.core.store.write(older)
        await on.second.core.second_reading.run()
        kept = await on.second.core.store.read(lambda c: message_store.find(c, name))
        assert kept is not None
        assert (kept.fault, (kept.fields or {}).get("text")) == (None, "按新的写法")
        assert (await on.second.texts(on.talk))[-1] == "按新的写法"
