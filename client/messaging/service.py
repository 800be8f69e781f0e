"""The area composed: what `app.py` gives to the pages, and what it registers with the core."""

from __future__ import annotations

from client.core.client import CoreClient
from client.messaging.conversations import Conversations
from client.messaging.delivery import DeliveryMarks
from client.messaging.group_sessions import GroupSessions
from client.messaging.left_out import LeftOutEvents
from client.messaging.reading import MessageEvents, PacketEvents, RosterEvents
from client.messaging.renewal import RenewalActs
from client.messaging.sending import MessageActs, RosterActs


class Messaging:
    """Registers its handlers with the core; make it before the core starts."""

    def __init__(self, core: CoreClient) -> None:
        core.pull.register(RosterEvents(core))
        core.pull.register(PacketEvents(core))
        core.pull.register(LeftOutEvents(core))
        messages = MessageEvents(core)
        core.pull.register(messages)
        core.second_reading.register(messages.read_again)
        core.signals.register(DeliveryMarks(core))
        core.outbox.register(RosterActs(core))
        sessions = GroupSessions(core)
        core.outbox.register(MessageActs(core, sessions))
        core.outbox.register(RenewalActs(core, sessions))
        self.conversations = Conversations(core)
