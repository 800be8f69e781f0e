"""The area composed: what `app.py` gives to the pages, and what it registers with the core."""

from __future__ import annotations

import logging

from client.core.client import CoreClient
from client.core.events import DirectoryChanged, Event, KeysReceived, Locked
from client.documents import casebook
from client.documents.boxes import Boxes
from client.documents.circulating import Circulating
from client.documents.drafting import Drafting
from client.documents.files import Files
from client.documents.latecomers import Latecomers
from client.documents.projecting import Projector
from client.documents.reading import EntryEvents
from client.documents.seals import SealKeys
from client.documents.sending import EntryActs
from protocol.errors import JinshuError

_log = logging.getLogger(__name__)


class Documents:
    """Registers its handlers with the core; make it before the core starts."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core
        self._projector = Projector(lambda: core.me.person, lambda: core.directory.state)
        self._files = Files(core)
        self._seals = SealKeys(core)
        self._latecomers = Latecomers(core, self._projector)
        self._events = EntryEvents(core, self._projector)
        core.pull.register(self._events)
        core.second_reading.register(self._events.read_again)
        core.outbox.register(EntryActs(core, self._projector, self._events))
        self.boxes = Boxes(core)
        self.drafting = Drafting(core, self._projector)
        self.circulating = Circulating(core, self._projector, self._files)
        core.bus.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, DirectoryChanged):
            self._core.tasks.start("documents of a changed directory", self._directory_changed())
        elif isinstance(event, KeysReceived):
            self._core.tasks.start("opening with new keys", self._keys_received())
        elif isinstance(event, Locked):
            self._files.forget()
            casebook.forget()

    async def _keys_received(self) -> None:
        self._core.bus.publish_all(await self._events.reopen())

    async def _directory_changed(self) -> None:
        organisation = self._core.directory.state.organisation
        if organisation.org_seq == 0:
            return
        # Who may do what, and who can be passed a case, follows the directory.
        self._core.bus.publish_all(await self._core.store.write(self._projector.refresh_all))
        # One that must wait must not keep the other from its turn.
        for tend in (self._seals.tend, self._latecomers.tend):
            try:
                await tend()
            except JinshuError as error:
                _log.info("seal keys and latecomers wait: %s", error.code.value)
