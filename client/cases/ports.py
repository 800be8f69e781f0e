"""What cases need of the areas above them: which contents may stand in an entry, what comes beside it, and who shows it.

`client/cases` knows the fold, the store, keys and receipts; it knows no procedure by name. An area that knows one (公文 is
`client/documents`) fills these ports when it is composed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from client.cases.local_case import LocalCase
from client.core.clock import Clock
from client.core.events import Event
from client.core.identity.signer import Identity, Signer
from client.core.store.store_port import StorePort
from client.core.sync.copied_back import CopiedBack
from client.core.sync.outbox import Outbox
from client.core.trust.directory import Directory
from protocol.cases.entries import DocumentEntry
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed


class ContentRules(Protocol):
    """What may stand in the hidden fields of entries."""

    def check(self, object_id: str, fields: Mapping[str, Any]) -> None:
        """Return if hidden fields have their shapes: whoever signs nonsense harms nobody but himself.

        Raises:
            JinshuError: `content.header_mismatch`.
        """
        ...

    def check_against_head(self, entry: DocumentEntry, fields: Mapping[str, Any]) -> None:
        """Return if what an entry hides is what it shows.

        Raises:
            JinshuError: `content.header_mismatch`.
        """
        ...

    def is_later(self, fields: Mapping[str, Any]) -> bool:
        """Whether hidden fields are of no form this program knows: perhaps a later one's."""
        ...

    def readable(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What of a later form can be shown all the same: words are words."""
        ...

    def false_claims(
        self, case: LocalCase, fields_of: Callable[[bytes], Mapping[str, Any]]
    ) -> Iterable[tuple[bytes, str]]:
        """Entries that say of others what those do not say, with the code of the fault. `fields_of`: what an entry says, by its id."""
        ...


# Judges what a server hands over beside an entry (a line of a ledger of numbers): returns if the entry brings what it names, and no
# other brings anything; else `documents.head_field` or `signature.*`.
ChecksBeside = Callable[[Signed, DocumentEntry, bytes | None, VerifyingKey], None]


class Projects(Protocol):
    """Keeps the rows that pages show of cases."""

    def refresh(self, connection: Connection, case: str, *, received: LocalCase | None = None) -> list[Event]:
        """Write the rows of a case anew; returns the news for the pages. `received`: all that this device's log has brought
        of it, for a caller who has just folded that."""
        ...


class SealsKeys(Protocol):
    """Seals an object's key to principals, and opens what was sealed to mine."""

    async def seal_object_key(
        self, object_id: str, key: bytes, principals: Iterable[str]
    ) -> list[WrapRecord]: ...

    async def open_wrap(self, record: bytes, *, object_id: str, key_commitment: bytes) -> bytes | None: ...


class PostsEntries(Protocol):
    """The way to the server."""

    async def post_bytes(self, path: str, body: bytes) -> bytes: ...


class HoldsBlobs(Protocol):
    """Files of this machine."""

    async def here(self, blob: str) -> bool:
        """Whether a file was taken in here: then it goes up before the entry that names it."""
        ...


@dataclass(frozen=True, slots=True)
class ReaderPorts:
    """What reading entries takes of a client."""

    store: StorePort
    identity: Identity
    directory: Directory
    keys: SealsKeys
    clock: Clock
    copied_back: CopiedBack
    rules: ContentRules
    check_beside: ChecksBeside
    projection: Projects


@dataclass(frozen=True, slots=True)
class WriterPorts:
    """What writing an entry takes of a client. `online`: whether the server can be reached now."""

    signer: Signer
    directory: Directory
    keys: SealsKeys
    blobs: HoldsBlobs
    outbox: Outbox
    online: Callable[[], bool]
    rules: ContentRules
    projection: Projects
