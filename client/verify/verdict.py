"""What a document that passed every check proves; where it could not be set again, that is its words and not its looks."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from protocol.documents.model import Elements
from protocol.documents.page_checks import PageCheck


@dataclass(frozen=True, slots=True)
class Verdict:
    """The facts of a genuine document. Times are milliseconds UTC."""

    elements: Elements
    number: str
    case: str
    issuer_id: str
    issuer: str  # as the signed organisation names the body, whatever the page's head says
    signer: str
    signer_post: str
    delegated: bool
    signed_on: datetime.date
    received_at_ms: int  # when the server says it received the sign-off
    seal_name: str
    sealed_by: str
    sealed_at_ms: int  # the keeper's claim
    revocations_at_ms: int
    revocations_overdue: bool  # the list was older at the time of sealing than it may be
    page_check: PageCheck  # how the pages were compared on this machine
    setting_listed: bool  # the file was set with what counts
    list_signed: bool  # by a list the CA signed; else by this release's own
    pages: int
    pdf_sha256: bytes
    root_sha256: bytes

    @property
    def reproduced(self) -> bool:
        """Whether every page was set again here, byte for byte: nothing less is a proof of how it looks."""
        return self.page_check is PageCheck.PAGE

    @property
    def title(self) -> str:
        return self.elements.title

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(recipient.name for recipient in self.elements.main_recipients)

    @property
    def copies(self) -> tuple[str, ...]:
        return tuple(recipient.name for recipient in self.elements.copy_recipients)
