"""The area composed: what `app.py` gives to the pages, and what it registers with the core."""

from __future__ import annotations

from client.core.client import CoreClient
from client.messaging.conversations import Conversations
from client.messaging.delivery import DeliveryMarks
from client.messaging.reading import MessageEvents, PacketEvents, RosterEvents
from client.messaging.sending import MessageActs, RosterActs


class Messaging:
    """Registers its handlers with the core; make it before the core starts."""

    def __init__(self, core: CoreClient) -> None:
        core.pull.register(RosterEvents(core))
        core.pull.register(PacketEvents(core))
        messages = MessageEvents(core)
        core.pull.register(messages)
        core.second_reading.register(messages.read_again)
        core.signals.register(DeliveryMarks(core))
        core.outbox.register(RosterActs(core))
        core.outbox.register(MessageActs(core))
        self.conversations = Conversations(core)
