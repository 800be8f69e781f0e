"""The area composed: what `app.py` gives to the pages, and what it registers with the core."""

from __future__ import annotations

from client.core.client import CoreClient
from client.messaging.conversations import Conversations
from client.messaging.delivery import DeliveryMarks
from client.messaging.group_sessions import GroupSessions
from client.messaging.incoming_events import MessageContents, MessageEvents, PacketEvents, RosterEvents
from client.messaging.left_out import LeftOutEvents
from client.messaging.outgoing_acts import MessageActs, RosterActs
from client.messaging.renewal import RenewalActs


class Messaging:
    """Registers its handlers with the core; make it before the core starts."""

    def __init__(self, core: CoreClient) -> None:
        signer, store, directory, bus = core.signer, core.store, core.directory, core.bus
        contents = MessageContents(signer, directory)
        messages = MessageEvents(signer, store, directory, core.copied_back, bus, contents)
        core.pull.register(RosterEvents(signer, store, directory))
        core.pull.register(PacketEvents(core.channel, core.copied_back, contents))
        core.pull.register(LeftOutEvents(signer, directory))
        core.pull.register(messages)
        core.second_reading.register(messages.read_again)
        core.signals.register(DeliveryMarks(signer, store, core.api, bus, core.tasks))
        sessions = GroupSessions(signer, store, directory, core.channel)
        renewal = RenewalActs(signer, store, core.channel, sessions)
        core.outbox.register(RosterActs(signer, store, directory, core.api, bus))
        core.outbox.register(MessageActs(signer, store, directory, core.api, sessions))
        core.outbox.register(renewal)
        core.copied_back.register(renewal.queue)
        self.conversations = Conversations(signer, store, directory, core.outbox, core.blobs, bus)
