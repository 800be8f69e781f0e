"""Organisation snapshots and revocation lists: what is due is signed, kept as files, and delivered."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from protocol.directory.log import Leaf, LeafKind, OrganisationRoot
from protocol.directory.organisation import Organisation
from server_stub.ca import seen_log
from server_stub.ca.api import CaApi
from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder, Clock
from server_stub.ca.issuing import Issuer, Period, make_leaf
from server_stub.ca.journal import Journal
from server_stub.ca.snapshot import organisation_entries
from server_stub.ca.state import CaState, PublicationRecord

_DAY = 24 * 3600 * 1000
ORGANISATION_LIFE = 30 * _DAY
REVOCATIONS_LIFE = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Publication:
    """One published object as it lies in `published/`; entries only for an organisation snapshot."""

    kind: str
    number: int
    leaf: bytes
    entries: tuple[bytes, ...]

    @property
    def file_name(self) -> str:
        return f"{self.kind}-{self.number:06d}.json"

    def to_bytes(self) -> bytes:
        document = {
            "version": 1,
            "kind": self.kind,
            "number": self.number,
            "leaf": base64.b64encode(self.leaf).decode(),
            "entries": [base64.b64encode(entry).decode() for entry in self.entries],
        }
        return (json.dumps(document, indent=1) + "\n").encode()

    @classmethod
    def read(cls, path: Path) -> Publication:
        try:
            document = json.loads(path.read_bytes())
            return cls(
                str(document["kind"]),
                int(document["number"]),
                base64.b64decode(document["leaf"]),
                tuple(base64.b64decode(entry) for entry in document["entries"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CaError(f"发布文件读不出：{path}", f"the publication cannot be read: {path}") from error


class Publisher:
    """Signs what is due and delivers it in order; delivering twice is harmless."""

    def __init__(self, folder: CaFolder, issuer: Issuer, journal: Journal, clock: Clock) -> None:
        self._folder = folder
        self._issuer = issuer
        self._journal = journal
        self._clock = clock

    def sign_due(self, state: CaState, *, renew_only: bool = False) -> list[Publication]:
        """Sign a new snapshot or list where content changed or half its life is over.

        `renew_only` leaves changed content to the operator's own `publish`.
        """
        made = [
            item
            for item in (self._organisation(state, renew_only=renew_only), self._revocations(state))
            if item is not None
        ]
        if made:
            self._folder.save(state)
        return made

    def is_renewal_due(self, state: CaState) -> bool:
        """Whether `sign_due(renew_only=True)` may have something to sign."""
        snapshot = state.organisation
        return self._is_list_due(state) or (snapshot is not None and _half_over(snapshot, self._clock()))

    def sign_revocations(self, state: CaState) -> Publication:
        """A new list now, because something was revoked."""
        publication = self._new_revocations(state)
        self._folder.save(state)
        return publication

    def look_at_log(self, state: CaState, api: CaApi) -> None:
        """See how far the log has come, so that what is signed next names it.

        Raises:
            CaError: it does not go on from what was seen.
        """
        before = state.seen_log
        seen_log.follow(state, api)
        if state.seen_log != before:
            self._folder.save(state)

    def catch_up_with(self, state: CaState, api: CaApi) -> None:
        """After a change of the CA: go on from the number of the last snapshot in the log, whoever signed it.

        A server that lies about it only has the next snapshot refused.
        """
        if state.unknown_from is None or state.organisation is None:
            return
        numbers = [state.organisation.number]
        for data in api.leaves(state.unknown_from):
            leaf = Leaf.parse(data)
            if leaf.kind is LeafKind.ORGANISATION:
                numbers.append(OrganisationRoot.parse(leaf.parsed().value()).org_seq)
        state.organisation = state.organisation.model_copy(update={"number": max(numbers)})
        state.unknown_from = None
        self._folder.save(state)

    def undelivered(self, state: CaState, *, again: bool = False) -> list[Publication]:
        """The newest snapshot and list that the server has not been given."""
        waiting = []
        for kind, record in (("organisation", state.organisation), ("revocations", state.revocation_list)):
            if record is not None and (again or not record.delivered):
                waiting.append(self.read(kind, record.number))
        return waiting

    def read(self, kind: str, number: int) -> Publication:
        return Publication.read(self._folder.published / f"{kind}-{number:06d}.json")

    def deliver(self, state: CaState, api: CaApi, publications: list[Publication]) -> None:
        for publication in publications:
            if publication.entries:
                api.put_organisation(publication.number, list(publication.entries))
            api.post_leaf(publication.leaf)
            self.mark_delivered(state, publication)

    def mark_delivered(self, state: CaState, publication: Publication) -> None:
        field = "organisation" if publication.kind == "organisation" else "revocation_list"
        record: PublicationRecord = getattr(state, field)
        setattr(state, field, record.model_copy(update={"delivered": True}))
        if publication.entries:
            # A fold that reads no such statement would end at it: only now is every client that could not shut out.
            snapshot = Organisation.parse(publication.number, publication.entries)
            state.dates_statements = snapshot.dates_statements
        self._folder.save(state)

    def _organisation(self, state: CaState, *, renew_only: bool) -> Publication | None:
        now = self._clock()
        state.delegations = [item for item in state.delegations if item.until > now]
        entries = organisation_entries(state)
        digest = hashlib.sha256(b"".join(hashlib.sha256(entry).digest() for entry in entries)).hexdigest()
        last = state.organisation
        if last is not None and last.digest == digest and not _half_over(last, now):
            return None
        if renew_only and (last is None or last.digest != digest):
            return None
        number = last.number + 1 if last else 1
        previous = bytes.fromhex(last.entry_id) if last else None
        period = self._period(state, now, ORGANISATION_LIFE)
        signed = self._issuer.sign_organisation(number, entries, previous, period)
        self._journal.append(
            "organisation", org_seq=number, entry_id=signed.entry_id.hex(), count=len(entries)
        )
        publication = Publication(
            "organisation", number, make_leaf(LeafKind.ORGANISATION, signed), tuple(entries)
        )
        state.organisation = self._keep(publication, signed.entry_id, digest, period)
        return publication

    def _revocations(self, state: CaState) -> Publication | None:
        return self._new_revocations(state) if self._is_list_due(state) else None

    def _is_list_due(self, state: CaState) -> bool:
        last = state.revocation_list
        return last is None or last.dated != state.dates_statements or _half_over(last, self._clock())

    def _new_revocations(self, state: CaState) -> Publication:
        now = self._clock()
        last = state.revocation_list
        number = last.number + 1 if last else 1
        period = self._period(state, now, REVOCATIONS_LIFE)
        signed = self._issuer.sign_revocations(number, state.revocations, period)
        self._journal.append(
            "revocations", number=number, entry_id=signed.entry_id.hex(), count=len(state.revocations)
        )
        publication = Publication("revocations", number, make_leaf(LeafKind.REVOCATIONS, signed), ())
        state.revocation_list = self._keep(publication, signed.entry_id, "", period)
        return publication

    @staticmethod
    def _period(state: CaState, now: int, life: int) -> Period:
        return Period(now, now + life, state.seen_log if state.dates_statements else None)

    def _keep(
        self, publication: Publication, entry_id: bytes, digest: str, period: Period
    ) -> PublicationRecord:
        write_durably(self._folder.published / publication.file_name, publication.to_bytes())
        return PublicationRecord(
            number=publication.number,
            entry_id=entry_id.hex(),
            digest=digest,
            issued_at=period.issued_at,
            next_update=period.next_update,
            delivered=False,
            dated=period.log is not None,
        )


def _half_over(record: PublicationRecord, now: int) -> bool:
    return now * 2 >= record.issued_at + record.next_update
