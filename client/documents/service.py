"""The area composed: what `app.py` gives to the pages, and what it registers with the core."""

from __future__ import annotations

import logging
from typing import Final

from client.cases import local_case
from client.cases.entry_acts import EntryActs
from client.cases.entry_reader import EntryReader
from client.cases.entry_writer import EntryWriters
from client.cases.ports import ReaderPorts, WriterPorts
from client.cases.record_maker import RecordMaker
from client.core.client import CoreClient
from client.core.events import DirectoryChanged, Event, KeysReceived, Locked
from client.documents.boxes import Boxes
from client.documents.circulation import Circulation
from client.documents.contents import PaperContents
from client.documents.document_reader import DocumentReader
from client.documents.drafting import Drafting
from client.documents.files import Files
from client.documents.issuance import Issuance
from client.documents.latecomers import Latecomers
from client.documents.number_ledgers import NumberLedgers
from client.documents.paper import CASES
from client.documents.projector import Projector
from client.documents.seals import SealKeys
from protocol.documents.number_lines import check_line
from protocol.documents.steps import Step
from protocol.errors import JinshuError

_log = logging.getLogger(__name__)


# 补发: nobody's decision: another clerk's client was faster, or this one tries again.
_BY_ITSELF: Final = frozenset({Step.RESEAL.value})


class Documents:
    """Registers its handlers with the core; make it before the core starts."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core
        self._projector = Projector(lambda: core.me.person, lambda: core.directory.state)
        self._files = Files(core.directory, core.blobs)
        self.seals = SealKeys(core.store, core.signer, core.directory, core.api, core.keystore, core.tokens)
        rules = PaperContents()
        self.writers = EntryWriters(
            WriterPorts(
                signer=core.signer,
                directory=core.directory,
                keys=core.principals,
                blobs=core.blobs,
                outbox=core.outbox,
                online=lambda: core.online,
                rules=rules,
                projection=self._projector,
            ),
            CASES,
        )
        self._latecomers = Latecomers(core.store, core.signer, core.directory, self.writers)
        self._events = EntryReader(
            ReaderPorts(
                store=core.store,
                identity=core.signer,
                directory=core.directory,
                keys=core.principals,
                clock=core.clock,
                copied_back=core.copied_back,
                rules=rules,
                check_beside=lambda *beside: check_line(*beside),
                projection=self._projector,
            ),
            CASES,
        )
        core.pull.register(self._events)
        core.second_reading.register(self._events.read_again)
        core.outbox.register(EntryActs(core.api, self._projector, self._events, _BY_ITSELF))
        ledgers = NumberLedgers(core.store, core.signer, core.directory, core.api)
        self.issuance = Issuance(
            core.signer, core.directory, core.api, core.blobs, core.keystore, core.tokens, ledgers
        )
        self.boxes = Boxes(core.store, core.bus)
        self.drafting = Drafting(core.store, core.signer, core.directory, core.blobs, core.bus, self.writers)
        self.reader = DocumentReader(
            core.store, core.signer, core.directory, core.bus, self._files, RecordMaker(core.directory)
        )
        self.circulating = Circulation(
            core.store,
            core.signer,
            core.directory,
            core.outbox,
            core.bus,
            online=lambda: core.online,
            writers=self.writers,
            projector=self._projector,
            files=self._files,
            ledgers=ledgers,
            issuance=self.issuance,
        )
        core.bus.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, DirectoryChanged):
            self._core.tasks.start("documents of a changed directory", self._directory_changed())
        elif isinstance(event, KeysReceived):
            self._core.tasks.start("opening with new keys", self._keys_received())
        elif isinstance(event, Locked):
            self._files.forget()
            local_case.forget()

    async def _keys_received(self) -> None:
        self._core.bus.publish_all(await self._events.reopen())

    async def _directory_changed(self) -> None:
        organisation = self._core.directory.state.organisation
        if organisation.org_seq == 0:
            return
        # Who may do what, and who can be passed a case, follows the directory.
        self._core.bus.publish_all(await self._core.store.write(self._projector.refresh_all))
        # One that must wait must not keep the other from its turn.
        for maintain in (self.seals.maintain, self._latecomers.maintain):
            try:
                await maintain()
            except JinshuError as error:
                _log.info("seal keys and latecomers wait: %s", error.code.value)
