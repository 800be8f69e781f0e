"""Files of conversations on the move: how far each is, and whose pages are to be told."""

from __future__ import annotations

from typing import Final

from client.core.bus import EventBus
from client.core.events import ConversationsChanged, Event, TransferProgressed

WHOLE: Final = 1000  # per mille
_STEP: Final = 20


class Transfers:
    """Hears of every transfer and passes on, every other per cent, those that somebody watches."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._watched: dict[str, str] = {}  # blob -> conversation
        self._reached: dict[str, int] = {}  # blob -> per mille
        bus.subscribe(self._heard)

    def watch(self, blob: str, conversation: str) -> None:
        """Tell the pages of a conversation how far this blob is."""
        self._watched[blob] = conversation

    def leave(self, blob: str) -> None:
        """It moves no more, be it whole or cut off."""
        self._reached.pop(blob, None)
        conversation = self._watched.pop(blob, None)
        if conversation is not None:
            self._bus.publish(ConversationsChanged((conversation,)))

    def progress(self, blob: str) -> int | None:
        """Per mille, 1000 when it is whole; None for what nobody has seen move."""
        return self._reached.get(blob)

    def _heard(self, event: Event) -> None:
        if not isinstance(event, TransferProgressed) or event.blob not in self._watched:
            return
        reached = event.done * WHOLE // event.total if event.total else 0
        before = self._reached.get(event.blob)
        if before is None or reached >= before + _STEP or reached == WHOLE != before:
            self._reached[event.blob] = reached
            self._bus.publish(ConversationsChanged((self._watched[event.blob],)))
