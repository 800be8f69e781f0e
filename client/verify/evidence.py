"""Judges the extract of a document against one root: who signed off, numbered and sealed it, and that they might (C3, C9, C12)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from client.sealing.check import SealFacts
from client.verify import offices
from client.verify.extract import Extract
from client.verify.judged import judged, require
from client.verify.proved import prove_organisation
from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import CaseHead, ServerReceipt
from protocol.crypto.certificates import Profile, verify_chain, verify_issuing
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.log import RevocationList
from protocol.directory.organisation import Body, Person, Post, Seal
from protocol.directory.page_settings import Setting
from protocol.documents.dispatch import SHIPPED
from protocol.documents.model import Elements, RecipientRef, element_hash
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError

SKEW_MS: Final = 5 * 60 * 1000
_SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8))
_EPOCH: Final = datetime.datetime.fromtimestamp(0, datetime.UTC)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the extract proves."""

    sign_off: DocumentEntry
    issuer: Body
    signer: Person
    signer_post: Post
    seal: Seal
    keeper: Person
    received_at_ms: int
    revocations: RevocationList
    page_settings: frozenset[Setting] | None  # the site's list, where the extract shows one


def weigh(extract: Extract, elements: Elements, used: SealFacts, root: bytes) -> Evidence:
    """Every check that needs no page.

    Raises:
        JinshuError: the first check that failed, under its own code.
    """
    with judged(ErrorCode.VERIFY_FOREIGN_ROOT, "issuing"):
        verify_issuing(extract.issuing, root, at_ms=used.sealed_at_ms)
    with judged(ErrorCode.VERIFY_SIGN_OFF_INVALID, "entry"):
        signed = Signed.parse(extract.sign_off, SignedType.DOCUMENT_ENTRY)
        sign_off = DocumentEntry.parse(signed.value(), SHIPPED, tolerant=True)
        if sign_off.step == Step.LATER:
            raise JinshuError(ErrorCode.VERIFY_NEWER_NEEDED)
        require(sign_off.step == Step.SIGN_OFF, ErrorCode.VERIFY_SIGN_OFF_INVALID, "step")
    # Before anything else about it: an extract of another document is named as that.
    same = sign_off.head["element_hash"] == element_hash(elements)
    require(same, ErrorCode.VERIFY_EXTRACT_SWAPPED, "elements")
    _check_sign_off(extract, signed, sign_off, root)
    _check_header(sign_off, elements)
    received_at = _check_receipt(extract, signed.entry_id, sign_off, root, used.sealed_at_ms)
    _check_date(extract, sign_off, received_at)
    organisation = prove_organisation(extract, root)
    offices.check_signer(organisation, sign_off, elements)
    offices.check_number(extract, sign_off, organisation, root)
    seal, keeper = offices.check_seal(extract, sign_off, organisation, used, root)
    revocations = offices.check_revocations(extract, used, root)
    return Evidence(
        sign_off=sign_off,
        issuer=organisation.bodies[sign_off.body],
        signer=organisation.people[sign_off.actor],
        signer_post=organisation.posts[sign_off.post],
        seal=seal,
        keeper=keeper,
        received_at_ms=received_at,
        revocations=revocations,
        page_settings=organisation.page_settings,
    )


def shanghai_day(at_ms: int) -> datetime.date:
    """The legal date of a moment (C16)."""
    return (_EPOCH + datetime.timedelta(milliseconds=at_ms)).astimezone(_SHANGHAI).date()


def _check_sign_off(extract: Extract, signed: Signed, sign_off: DocumentEntry, root: bytes) -> None:
    """The person's own device signed it, on the case itself."""
    code = ErrorCode.VERIFY_SIGN_OFF_INVALID
    with judged(code, "certificate"):
        facts = verify_chain(
            extract.sign_off_certificate,
            extract.issuing,
            root,
            at_ms=sign_off.signed_at,
            profile=Profile.DEVICE,
        )
    require(signed.cert_hash == facts.sha256, code, "certificate")
    with judged(code, "signature"):
        verify(signed, facts.public_key, SignedType.DOCUMENT_ENTRY)
    require(sign_off.actor == facts.person, code, "person")
    require(sign_off.object == sign_off.case, code, "object")


def _check_header(sign_off: DocumentEntry, elements: Elements) -> None:
    """What the signer showed to everybody is what he signed."""
    head = sign_off.head
    shown = (head["kind"], head["label"], head["urgency"], head["recipients"], head["copies"])
    signed = (
        elements.kind.value,
        elements.label.value,
        elements.urgency.value,
        _ids(elements.main_recipients),
        _ids(elements.copy_recipients),
    )
    require(shown == signed, ErrorCode.VERIFY_SIGN_OFF_INVALID, "header")


def _ids(recipients: tuple[RecipientRef, ...]) -> list[str]:
    return sorted({recipient.body_id for recipient in recipients if recipient.body_id})


def _check_receipt(
    extract: Extract, entry: bytes, sign_off: DocumentEntry, root: bytes, sealed_at: int
) -> int:
    """The server's receipt of this very act, and a head of the case no older; returns when it was received."""
    code = ErrorCode.VERIFY_RECEIPT_INVALID
    with judged(code, "receipt"):
        signed = Signed.parse(extract.receipt, SignedType.SERVER_RECEIPT)
        receipt = ServerReceipt.parse(signed.value())
        _check_log_key(extract, signed, root, sealed_at)
    covers = receipt.entry == entry and receipt.object == sign_off.object
    require(covers, code, "receipt_of_another")
    with judged(code, "case_head"):
        signed = Signed.parse(extract.case_head, SignedType.CASE_HEAD)
        head = CaseHead.parse(signed.value())
        _check_log_key(extract, signed, root, sealed_at)
    follows = head.object == sign_off.object and head.n >= receipt.n and head.at >= receipt.received_at
    require(follows, code, "case_head_of_another")
    # Sealing needs a fresh head of the case (C10): a time of sealing before it is not true.
    require(head.at <= sealed_at + SKEW_MS, code, "sealed_before")
    return receipt.received_at


def _check_log_key(extract: Extract, signed: Signed, root: bytes, sealed_at: int) -> None:
    """By the key that was the log's when the file was sealed: its certificate may be newer than what it signed."""
    facts = verify_chain(extract.log_certificate, extract.issuing, root, at_ms=sealed_at, profile=Profile.LOG)
    try:
        verify(signed, facts.public_key, signed.type)
    except JinshuError:
        require(signed.cert_hash == facts.sha256, ErrorCode.VERIFY_RECEIPT_INVALID, "log_key")
        raise


def _check_date(extract: Extract, sign_off: DocumentEntry, received_at: int) -> None:
    """成文日期 is the day of 签发 in China, and the server cannot have received the act before it was done."""
    code = ErrorCode.VERIFY_DATE_MISMATCH
    require(sign_off.signed_at <= received_at + SKEW_MS, code, "received_before")
    require(extract.signed_on == shanghai_day(sign_off.signed_at).isoformat(), code, "signed_on")
