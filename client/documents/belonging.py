"""What a server hands over beside an entry must be what the entry itself names (C7, C10, C12)."""

from __future__ import annotations

from client.documents.casebook import Casebook
from client.documents.ledger import Kept
from protocol.cases.entries import DocumentEntry
from protocol.cases.recipients import DirectoryGenerations, sealed_to
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.state import DirectoryState
from protocol.documents.numbering import NumberEntry
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, RemoteProtocolError


def check_line(signed: Signed, entry: DocumentEntry, line: bytes | None, key: VerifyingKey) -> None:
    """Return if an entry that gives a number (编号, 登记) brings the line of the ledger that it names, of the same hand, and nothing else brings one.

    Raises:
        JinshuError: `documents.head_field` or `signature.*`.
    """
    fault = RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number_entry")
    later = entry.step == Step.LATER
    if not later and (line is not None) != ("number_entry" in entry.head):
        raise fault
    if line is None:
        return
    told = Signed.parse(line, SignedType.NUMBER_ENTRY)
    if told.cert_hash != signed.cert_hash:
        raise fault
    verify(told, key, SignedType.NUMBER_ENTRY)
    if later:
        return
    if told.entry_id != entry.head["number_entry"]:
        raise fault
    said = NumberEntry.parse(told.value())
    expected = (entry.body, entry.post, entry.case, entry.head["number"], "used")
    if (said.body, said.post, said.case, said.text, said.state) != expected:
        raise fault


def check_sealed(entry: DocumentEntry, book: Casebook, state: DirectoryState, log_size: int) -> None:
    """Return if an entry signs no wrap more and none less than its step asks for: none can be for a ghost.

    Raises:
        JinshuError: `documents.recipients_mismatch` or `keys.no_generation`.
    """
    if len(entry.wraps) != len(sealed_to(entry, book.file, DirectoryGenerations(state, log_size))):
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="wraps")


def check_repeated(known: Kept, receipt: bytes) -> None:
    """Return if an entry that is here already comes again under the receipt it came with.

    Raises:
        JinshuError: `documents.receipt_chain`, the server has given it two places.
    """
    if known.receipt != receipt:
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN, object=known.object)
