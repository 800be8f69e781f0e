"""A city on its feet as far as an issued document proves it: its CA, its organisation, its hands, and what each of them signed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from client.sealing.check import SealFacts
from client.sealing.pades import apply_seal
from client.typesetting.typeset import Typesetter
from client.verify.extract import Extract, associated_files, elements_bytes
from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import CaseHead, ServerReceipt
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import OrganisationRoot, RevocationList, SealCertificate
from protocol.directory.organisation import SITE_ID, Entry, Organisation, PageSettings, Site
from protocol.directory.page_settings import Setting
from protocol.documents.model import Elements, RecipientRef, element_hash
from protocol.documents.numbering import NumberEntry
from protocol.documents.steps import Step
from protocol.features import PAGE_CHECKS
from protocol.identifiers import IdKind
from tests.support.sample_documents import NOW_MS, TITLE, notice
from tests.support.sealed_organisation import (
    BODY_NAME,
    BUREAU,
    CASE,
    CLERK,
    CLERK_POST,
    ENTRIES,
    FINANCE,
    FINANCE_SEAL,
    HOUR_MS,
    LEADER,
    LEADER_POST,
    OFFICE,
    READER,
    RECEIVED_AT,
    SEAL,
    SEALED_AT,
    SIGNED_AT,
    SIGNED_ON,
    STRANGER,
    made_id,
)

NUMBER = "锦发改〔2026〕12号"
OTHER = Setting(b"t" * 32, b"f" * 32, "typst 0.99")  # of a release that this one does not know
REASON = f"{BODY_NAME} {NUMBER}"


@dataclass(frozen=True, slots=True)
class Hand:
    """A key with its certificate."""

    key: SigningKey
    certificate: bytes

    def signed(self, kind: SignedType, value: dict[str, Any]) -> Signed:
        return sign(self.key, certificate_hash(self.certificate), kind, value)


@dataclass
class SealedCity:
    """Everybody's keys, and what they sign; every method takes what a forger would change."""

    root_key: SigningKey = field(default_factory=SigningKey.generate)
    issuing_key: SigningKey = field(default_factory=SigningKey.generate)
    listed: frozenset[Setting] | None = None  # the page settings that count, where the city signs a list

    def __post_init__(self) -> None:
        self.root = certificates.make_root(self.root_key, "锦川市根证书", at_ms=NOW_MS)
        self.issuing = certificates.make_issuing(
            self.root_key, self.root, self.issuing_key.public_spki, "锦川市签发证书", at_ms=NOW_MS
        )
        self.ca = Hand(self.issuing_key, self.issuing)
        key = SigningKey.generate()
        self.log = Hand(
            key, certificates.make_log(self.issuing_key, self.issuing, key.public_spki, at_ms=NOW_MS)
        )
        self.devices = {
            person: self.device(person, number)
            for number, person in enumerate((LEADER, CLERK, READER, STRANGER), 1)
        }
        self.seal = self.make_seal(SEAL, BUREAU, BODY_NAME)
        self.finance_seal = self.make_seal(FINANCE_SEAL, FINANCE, "锦川市财政局")
        entries: list[Entry] = [*ENTRIES]
        if self.listed is not None:
            entries += [Site(SITE_ID, (PAGE_CHECKS.name,), 0), PageSettings.of(self.listed)]
        self.organisation = Organisation(7, sorted(entries, key=lambda entry: entry.id))

    @property
    def root_pem(self) -> bytes:
        return x509.load_der_x509_certificate(self.root).public_bytes(Encoding.PEM)

    def device(self, person: str, number: int) -> Hand:
        key = SigningKey.generate()
        certificate = certificates.make_device(
            self.issuing_key,
            self.issuing,
            key.public_spki,
            person=person,
            device=made_id(IdKind.DEVICE, number),
            at_ms=NOW_MS,
        )
        return Hand(key, certificate)

    def make_seal(self, seal: str, body: str, name: str) -> Hand:
        key = SigningKey.generate()
        certificate = certificates.make_seal(
            self.issuing_key,
            self.issuing,
            key.public_spki,
            seal=seal,
            body=body,
            body_name=name,
            at_ms=NOW_MS,
        )
        return Hand(key, certificate)

    # What each hand signs

    def sign_off(self, elements: Elements, **changes: Any) -> Signed:
        """By the device of whoever acts, unless `hand` is another's."""
        hand = changes.pop("hand", None)
        entry = DocumentEntry(
            case=CASE,
            object=CASE,
            step=Step.SIGN_OFF,
            actor=LEADER,
            post=LEADER_POST,
            body=BUREAU,
            org_seq=7,
            delegation=None,
            parents=[b"p" * 32],
            receipt_seen=b"r" * 32,
            log_size=12,
            log_root=b"l" * 32,
            signed_at=SIGNED_AT,
            offline=False,
            head={
                "kind": elements.kind.value,
                "urgency": elements.urgency.value,
                "label": elements.label.value,
                "recipients": sorted(each.body_id for each in elements.main_recipients),
                "copies": sorted(each.body_id for each in elements.copy_recipients),
                "element_hash": element_hash(elements),
                "next": None,
            },
            hidden={},
            content=b"c" * 32,
            key_commitment=None,
            wraps=[],
            blobs=[],
        )
        entry = replace(entry, **changes)
        return (hand or self.devices[entry.actor]).signed(SignedType.DOCUMENT_ENTRY, entry.value())

    def number(self, hand: Hand | None = None, **changes: Any) -> Signed:
        entry = NumberEntry(
            body=BUREAU,
            code="锦发改",
            year=2026,
            n=12,
            previous=b"n" * 32,
            case=CASE,
            reserved_until=None,
            state="used",
            post=CLERK_POST,
            at=SIGNED_AT + HOUR_MS,
        )
        value = replace(entry, **changes).value()
        return (hand or self.devices[CLERK]).signed(SignedType.NUMBER_ENTRY, value)

    def receipt(self, entry: bytes, hand: Hand | None = None, **changes: Any) -> Signed:
        made = ServerReceipt(CASE, 6, entry, b"q" * 32, RECEIVED_AT, 12, b"l" * 32)
        return (hand or self.log).signed(SignedType.SERVER_RECEIPT, replace(made, **changes).value())

    def case_head(self, hand: Hand | None = None, **changes: Any) -> Signed:
        made = CaseHead(CASE, 9, [b"h" * 32], b"n" * 16, SEALED_AT - 1000)
        return (hand or self.log).signed(SignedType.CASE_HEAD, replace(made, **changes).value())

    def organisation_root(self, hand: Hand | None = None, **changes: Any) -> Signed:
        made = OrganisationRoot(
            org_seq=7,
            root=self.organisation.root,
            count=len(self.organisation.entries),
            previous=b"o" * 32,
            issued_at=NOW_MS,
            next_update=NOW_MS + 30 * 24 * HOUR_MS,
        )
        return (hand or self.ca).signed(SignedType.ORGANISATION_ROOT, replace(made, **changes).value())

    def revocations(self, *revoked: Hand, by: Hand | None = None, **changes: Any) -> Signed:
        items = [
            {"cert": certificate_hash(hand.certificate), "device": None, "reason": "lost", "at": NOW_MS}
            for hand in revoked
        ]
        made = RevocationList(3, items, SEALED_AT - HOUR_MS, SEALED_AT + 7 * 24 * HOUR_MS)
        return (by or self.ca).signed(SignedType.REVOCATION_LIST, replace(made, **changes).value())

    def seal_entry(self, hand: Hand | None = None, **changes: Any) -> Signed:
        made = SealCertificate(
            SEAL, BUREAU, CLERK, made_id(IdKind.DEVICE, 2), self.seal.certificate, NOW_MS + HOUR_MS
        )
        return (hand or self.ca).signed(SignedType.SEAL_CERTIFICATE, replace(made, **changes).value())

    def proofs(
        self, ids: Iterable[str]
    ) -> tuple[tuple[bytes, ...], tuple[tuple[int, tuple[bytes, ...]], ...]]:
        found = [self.organisation.proof(entry) for entry in ids]
        return (
            tuple(entry for entry, _, _ in found),
            tuple((index, tuple(path)) for _, index, path in found),
        )

    # The document

    def extract(self, elements: Elements, *, setter: Typesetter, sign_off: Signed | None = None) -> Extract:
        """Everything right, about these elements; tests replace single fields."""
        act = sign_off or self.sign_off(elements)
        entries, proofs = self.proofs(entry.id for entry in self.organisation.entries)
        return Extract(
            v=1,
            sign_off=act.to_bytes(),
            sign_off_certificate=self.devices[act.value()["actor"]].certificate,
            number_entry=self.number().to_bytes(),
            number_certificate=self.devices[CLERK].certificate,
            number=NUMBER,
            signed_on=SIGNED_ON.isoformat(),
            printed_on="2026-11-20",
            receipt=self.receipt(act.entry_id).to_bytes(),
            log_certificate=self.log.certificate,
            case_head=self.case_head().to_bytes(),
            organisation_root=self.organisation_root().to_bytes(),
            organisation_entries=entries,
            organisation_proofs=proofs,
            revocations=self.revocations().to_bytes(),
            seal_entry=self.seal_entry().to_bytes(),
            issuing=self.issuing,
            template=setter.template_hash(),
            fonts=setter.fonts_hash(),
            engine=setter.engine_version(),
        )

    def seal_facts(self, hand: Hand | None = None) -> SealFacts:
        """What a good PAdES signature by this hand would have shown."""
        certificate = (hand or self.seal).certificate
        facts = certificates.verify_chain(
            certificate, self.issuing, self.root, at_ms=SEALED_AT, profile=certificates.Profile.SEAL
        )
        return SealFacts(facts, certificate, self.issuing, SEALED_AT, b"", REASON)

    def sealed(self, base: bytes, hand: Hand | None = None, *, reason: str = REASON) -> bytes:
        by = hand or self.seal
        return apply_seal(base, by.key, by.certificate, self.issuing, reason=reason, signed_at_ms=SEALED_AT)


@cache
def setter() -> Typesetter:
    """One warm typesetter."""
    return Typesetter()


@cache
def city() -> SealedCity:
    """The city of most tests."""
    return SealedCity()


def city_with(listed: set[Setting]) -> SealedCity:
    """A city that has signed what pages may be set with."""
    return SealedCity(listed=frozenset(listed))


def elements_of(title: str = TITLE, paragraphs: int = 2) -> Elements:
    """A 通知 of the bureau to two bodies of the city."""
    return replace(
        notice(paragraphs, title=title),
        issuer_body_id=BUREAU,
        issuer_name=BODY_NAME,
        issuer_code="锦发改",
        signature_name=BODY_NAME,
        main_recipients=(RecipientRef(FINANCE, "市财政局"),),
        copy_recipients=(RecipientRef(OFFICE, "市政府办公室"),),
    )


def extract_of(elements: Elements) -> Extract:
    """The right extract for these elements."""
    return city().extract(elements, setter=setter())


def base_of(elements: Elements, extract: Extract, *, printed: Elements | None = None) -> bytes:
    """The set document; `printed` puts other words on the pages than are embedded."""
    files = associated_files(elements_bytes(elements), extract.to_bytes())
    made = setter().typeset(
        printed or elements, extract.details, sealed=True, seal_name=BODY_NAME, files=files
    )
    return made.pdf


@cache
def genuine() -> bytes:
    """A document with nothing wrong."""
    elements = elements_of()
    return city().sealed(base_of(elements, extract_of(elements)))
