"""What a server hands over with an entry must be what the entry itself names (C7, C10)."""

from __future__ import annotations

from client.cases.entry_store import StoredEntry
from client.cases.local_case import LocalCase
from protocol.cases.entries import DocumentEntry
from protocol.cases.recipients import DirectoryGenerations, sealed_to
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, RemoteProtocolError


def check_sealed(entry: DocumentEntry, book: LocalCase, state: DirectoryState, log_size: int) -> None:
    """Return if an entry signs no wrap more and none less than its step asks for: none can be for a ghost.

    Raises:
        JinshuError: `documents.recipients_mismatch` or `keys.no_generation`.
    """
    if len(entry.wraps) != len(sealed_to(entry, book.file, DirectoryGenerations(state, log_size))):
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="wraps")


def check_repeated(known: StoredEntry, receipt: bytes) -> None:
    """Return if an entry that is here already comes again under the receipt it came with.

    Raises:
        JinshuError: `documents.receipt_chain`, the server has given it two places.
    """
    if known.receipt != receipt:
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN, object=known.object)
