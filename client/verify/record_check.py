"""Judges the record of a case: every entry in its order, by the very checks of server and readers, with the file and the root alone.

How it works. The leaves are checked (`proved_log.py`), then the entries of each snapshot that was in force when an entry was received.
Then the case is folded anew from nothing: for each entry the receipt and its place, the signature of a device of the person it names,
his authority by the snapshot of the receipt, what may follow (`protocol/cases/succession.py`), to how many its key was sealed, and the
line of a ledger where it gives a number. The procedure must stand in a signed snapshot: a record cannot bring rules of its own.

What is not asked. Hidden fields are salted hashes here: what was written is not in a record. That there is nothing more no record
can show: not what was received after its last entry, and not what stands beside the line and nothing in the line names.

Keep in step: `client/cases/entry_reader.py`, which asks the same of what comes from the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from client.verify.judged import judged, require
from client.verify.proved import prove_entries
from client.verify.proved_log import GenerationsAt, ProvedLog, prove_log
from client.verify.record import ProvedPart, Record, RecordedStep
from client.verify.record_verdict import JudgedStep, RecordVerdict
from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile, Placed
from protocol.cases.procedure import ProcedureReference
from protocol.cases.procedures import Procedures
from protocol.cases.receipts import ServerReceipt
from protocol.cases.recipients import sealed_to
from protocol.cases.words import read_words
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.organisation import SITE_ID, Organisation, parse_entry
from protocol.documents.dispatch import SHIPPED
from protocol.documents.number_lines import check_line
from protocol.errors import ErrorCode, JinshuError

_STEP: Final = ErrorCode.VERIFY_STEP_INVALID
_RECEIPT: Final = ErrorCode.VERIFY_RECEIPT_INVALID
_UNPROVED: Final = ErrorCode.VERIFY_ORGANISATION_UNPROVED


def verify_record(data: bytes, root: bytes) -> RecordVerdict:
    """Check the record of a case against a root certificate (DER), trusting nothing else.

    Raises:
        JinshuError: `verify.…`, the first check that failed; `reason` among the parameters says which part of it, `step` at which
            entry of the record, counted from 1.
    """
    record = Record.parse(data)
    log = prove_log(record, root)
    parts = {each.org_seq: _organisation(each, log) for each in record.snapshots}
    folded = _Fold(record, log, parts)
    for number, step in enumerate(record.steps, start=1):
        with _at(number):
            folded.take(step)
    return folded.verdict(data, root)


class _Fold:
    """The case as it grows, entry by entry."""

    def __init__(self, record: Record, log: ProvedLog, parts: Mapping[int, Organisation]) -> None:
        self._record, self._log, self._parts = record, log, parts
        self._named = {each.hash: each for part in parts.values() for each in part.procedures.values()}
        definitions = {name: each.definition for name, each in self._named.items() if each.definition}
        self._procedures: Procedures = SHIPPED.defined_by(definitions)
        self._file: CaseFile | None = None
        self._places: dict[str, tuple[int, bytes | None]] = {}
        self._steps: list[JudgedStep] = []

    def take(self, step: RecordedStep) -> None:
        """Judge the next entry.

        Raises:
            JinshuError: `verify.…`.
        """
        with judged(_STEP, "entry"):
            signed = Signed.parse(step.entry, SignedType.DOCUMENT_ENTRY)
            entry = self._read(signed)
        if self._file is None:
            self._file = self._procedures.file(self._record.case, entry.procedure)
        receipt, receipt_id = self._check_receipt(step.receipt, signed, entry)
        self._check_hand(signed, entry, receipt)
        organisation = self._check_authority(entry, receipt)
        with judged(_STEP, "order"):
            require(entry.case == self._record.case, _STEP, "case_of_another")
            succession.check(self._file, entry)
        with judged(_STEP, "wraps"):
            wraps = sealed_to(entry, self._file, GenerationsAt(self._log, receipt.log_size))
            require(len(wraps) == len(entry.wraps), _STEP, "wraps")
        with judged(ErrorCode.VERIFY_NUMBER_INVALID, "line"):
            check_line(signed, entry, step.number_entry, self._log.devices[signed.cert_hash].key)
        self._file.apply(Placed(signed.entry_id, entry, receipt_id), wraps)
        self._places[entry.object] = (receipt.n, receipt_id)
        self._steps.append(_judged(entry, signed, receipt, organisation, self._log))

    def _read(self, signed: Signed) -> DocumentEntry:
        value = signed.value()
        try:
            return DocumentEntry.parse(value, self._procedures)
        except JinshuError as error:
            if error.code is ErrorCode.CASES_UNKNOWN_PROCEDURE:
                reference = ProcedureReference.parse(value["procedure"])
                listed = self._named.get(reference.hash)
                # The CA has signed it, and its rules are in a later version of this program.
                later = listed is not None and listed.definition is None
                code = ErrorCode.VERIFY_NEWER_NEEDED if later else ErrorCode.VERIFY_PROCEDURE_UNPROVED
                raise JinshuError(code, reason="not_listed") from error
            if any(part.lacking for part in self._parts.values()):
                raise JinshuError(ErrorCode.VERIFY_NEWER_NEEDED) from error
            raise

    def _check_receipt(
        self, data: bytes, signed: Signed, entry: DocumentEntry
    ) -> tuple[ServerReceipt, bytes]:
        """The server's receipt of this very entry, the next in its object's chain, over the one log."""
        with judged(_RECEIPT, "receipt"):
            receipt = Signed.parse(data, SignedType.SERVER_RECEIPT)
            facts = ServerReceipt.parse(receipt.value())
            verify(receipt, self._log.key, SignedType.SERVER_RECEIPT)
        same = (facts.entry, facts.object) == (signed.entry_id, entry.object)
        require(same, _RECEIPT, "receipt_of_another")
        n, last = self._places.get(entry.object, (0, None))
        require((facts.n, facts.previous) == (n + 1, last), _RECEIPT, "receipt_chain")
        self._log.check_seen(facts.log_size, facts.log_root)
        self._log.check_seen(entry.log_size, entry.log_root)
        return facts, receipt.entry_id

    def _check_hand(self, signed: Signed, entry: DocumentEntry, receipt: ServerReceipt) -> None:
        """By a device of the person it names, in the log and not revoked when it was received."""
        device = self._log.devices.get(signed.cert_hash)
        require(device is not None, _STEP, "certificate")
        assert device is not None
        require(device.person == entry.actor, _STEP, "person")
        with judged(_STEP, "signature"):
            verify(signed, device.key, SignedType.DOCUMENT_ENTRY)
        in_time = device.index < receipt.log_size
        require(in_time and self._log.was_active(signed.cert_hash, receipt.log_size), _STEP, "revoked")

    def _check_authority(self, entry: DocumentEntry, receipt: ServerReceipt) -> Organisation:
        """He held the post, and it had the duty, by the snapshot in force when it was received."""
        assert self._file is not None
        organisation = self._parts.get(self._log.org_seq_at(receipt.log_size))
        require(organisation is not None, _UNPROVED, "missing")
        assert organisation is not None
        try:
            check_authority(entry, self._file.procedure, organisation, receipt.received_at)
        except JinshuError as error:
            if error.code is ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE:
                raise JinshuError(ErrorCode.VERIFY_PROCEDURE_UNPROVED, reason="in_force") from error
            raise JinshuError(ErrorCode.VERIFY_STEP_NOT_AUTHORISED, reason="duty") from error
        named = entry.procedure is None or entry.procedure.hash in self._named
        require(named, ErrorCode.VERIFY_PROCEDURE_UNPROVED, "not_listed")
        return organisation

    def verdict(self, data: bytes, root: bytes) -> RecordVerdict:
        """What the record proves, every entry being judged."""
        assert self._file is not None
        file, log = self._file, self._log
        procedure = file.procedure
        listed = self._named.get(procedure.hash)
        words = {} if listed is None else read_words(listed.words)
        return RecordVerdict(
            case=file.case,
            procedure=procedure.name,
            procedure_hash=procedure.hash,
            called=words.get(procedure.id, ""),
            listed_in=_listed_in(procedure.hash, self._parts),
            phase=file.phase,
            whole=file.complete,
            words=dict(words),
            steps=tuple(self._steps),
            head_at_ms=log.head.at,
            org_seq=log.newest_root.org_seq,
            organisation_at_ms=log.newest_root.issued_at,
            revocations_at_ms=log.newest_list.issued_at,
            overdue=min(log.newest_root.next_update, log.newest_list.next_update) < log.head.at,
            file_sha256=hashlib.sha256(data).digest(),
            root_sha256=hashlib.sha256(root).digest(),
        )


def _judged(
    entry: DocumentEntry, signed: Signed, receipt: ServerReceipt, organisation: Organisation, log: ProvedLog
) -> JudgedStep:
    return JudgedStep(
        entry_id=signed.entry_id,
        step=entry.step,
        object=entry.object,
        person=organisation.people[entry.actor].name if entry.actor in organisation.people else entry.actor,
        post=organisation.posts[entry.post].name,
        body=organisation.bodies[entry.body].name,
        delegated=entry.delegation is not None,
        offline=entry.offline,
        signed_at_ms=entry.signed_at,
        received_at_ms=receipt.received_at,
        org_seq=organisation.org_seq,
        revoked_since=log.revoked_since(signed.cert_hash),
    )


def _listed_in(procedure: bytes, parts: Mapping[int, Organisation]) -> int | None:
    """The number of the first snapshot shown that names a procedure."""
    return min((seq for seq, part in parts.items() if procedure in part.procedures), default=None)


def _organisation(part: ProvedPart, log: ProvedLog) -> Organisation:
    """The entries of a snapshot that a record shows, as a snapshot: what is in it is proved, what is not is simply not there.

    Everything that is asked of it is asked for: a holding, a duty, a listed procedure. The one absence that would allow something is
    that of the site's entry, which says what is switched on; so that is proved too.

    Raises:
        JinshuError: `verify.organisation_unproved`.
    """
    with judged(_UNPROVED, "entry"):
        require(part.org_seq in log.roots, _UNPROVED, "entry")
        wanted = log.roots[part.org_seq][1]
        prove_entries(wanted, part.entries, part.proofs)
        organisation = Organisation.parse(part.org_seq, part.entries)
    _check_site(part, wanted.count)
    return organisation


def _check_site(part: ProvedPart, count: int) -> None:
    """The site's entry is shown, or its two neighbours, between which it would stand: entries are in the order of their ids."""
    ids = [parse_entry(each, tolerant=True).id for each in part.entries]
    if SITE_ID in ids:
        return
    places = dict(zip(ids, (index for index, _ in part.proofs), strict=True))
    before = max((place for name, place in places.items() if name < SITE_ID), default=-1)
    after = min((place for name, place in places.items() if name > SITE_ID), default=count)
    require(after == before + 1, _UNPROVED, "site")


@contextmanager
def _at(number: int) -> Iterator[None]:
    """Says at which entry a check failed."""
    try:
        yield
    except JinshuError as error:
        raise JinshuError(error.code, **{**error.params, "step": number}) from error
