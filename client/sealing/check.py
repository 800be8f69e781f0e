"""Checks the seal on a document: its signature, its chain to one root, and that it covers every byte of the file.

Only what is certain passes: a file with anything but the set document and one update that adds the signature is refused.
"""

from __future__ import annotations

import asyncio
import datetime
import io
import re
from dataclasses import dataclass
from typing import Final

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError, UnacceptableSignerError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from client.sealing.plain import check_plain
from client.sealing.update import SEAL_FIELD, base_of, check_update
from protocol.crypto import certificates
from protocol.crypto.certificates import CertificateFacts, Profile
from protocol.errors import ErrorCode, JinshuError

_CONTENTS: Final = re.compile(rb"<([0-9A-F]*)>\Z")


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What a good seal proves, and the set document under it."""

    certificate: CertificateFacts
    certificate_der: bytes
    issuing_der: bytes
    sealed_at_ms: int  # the keeper's claim; no third party's time
    base: bytes  # the file before sealing
    reason: str  # what it was given for, as other readers show it


def verify_seal(pdf: bytes, root: bytes, *, at_ms: int | None = None) -> SealFacts:
    """Check the one seal on a file against a root certificate (DER).

    Args:
        pdf: the whole file.
        root: the pinned root, DER.
        at_ms: when the chain must hold; the claimed time of sealing if not given.

    Call it from a worker thread: pyHanko runs a short event loop of its own.

    Raises:
        JinshuError: `verify.not_jinshu`, `verify.no_seal`, `verify.seal_broken`, `verify.pages_edited`,
            `verify.foreign_root`.
    """
    _refuse_running_loop()
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        signatures = list(reader.embedded_signatures)
    except _READING as error:
        raise JinshuError(_unreadable(pdf)) from error
    if not signatures:
        raise JinshuError(ErrorCode.VERIFY_SEAL_BROKEN if b"/ByteRange" in pdf else ErrorCode.VERIFY_NO_SEAL)
    try:
        embedded = _only(signatures)
        issuing = _check_contents(pdf, embedded)
        leaf = embedded.signer_cert.dump()
        moment = _claimed_time(embedded)
        facts = _chain(leaf, issuing, root, moment if at_ms is None else at_ms)
        _check_integrity(embedded, root, issuing)
        base = base_of(pdf, reader)
        reason = check_update(base, reader, pdf[len(base) :])
    except _READING as error:
        raise JinshuError(ErrorCode.VERIFY_SEAL_BROKEN) from error
    return SealFacts(facts, leaf, issuing, moment, base, reason)


def embedded_files(pdf: bytes) -> dict[str, bytes]:
    """The files embedded in a document, by name.

    Raises:
        JinshuError: `verify.not_jinshu`.
    """
    try:
        root = PdfFileReader(io.BytesIO(pdf), strict=True).root
        files: dict[str, bytes] = {}
        for reference in root.get("/AF", ()):
            specification = reference.get_object()
            stream = specification["/EF"]["/F"].get_object()
            files[str(specification["/UF"])] = bytes(stream.data)
    except _READING as error:
        raise JinshuError(ErrorCode.VERIFY_NOT_JINSHU) from error
    return files


def open_sealed(pdf: bytes, root: bytes, names: frozenset[str]) -> tuple[SealFacts, dict[str, bytes]]:
    """What the seal proves, and the files embedded in the document under it: everything that its structure is read for.

    Args:
        pdf: the whole file.
        root: the pinned root, DER.
        names: the files that may be embedded.

    Raises:
        JinshuError: as `verify_seal`, `check_plain` and `embedded_files`.
    """
    used = verify_seal(pdf, root)
    try:
        check_plain(used.base, names)
    except _READING as error:
        raise JinshuError(ErrorCode.VERIFY_NOT_JINSHU) from error
    return used, embedded_files(used.base)


# Damaged files make the readers below fail in any of these ways.
_READING: Final = (
    PdfError, SigningError, SignatureValidationError, UnacceptableSignerError, InvalidSignature,
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError,
)  # fmt: skip


def _refuse_running_loop() -> None:
    """A call from a loop's thread is our mistake and must not look like a broken seal."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("verify_seal runs in a worker thread")


def _chain(leaf: bytes, issuing: bytes, root: bytes, at_ms: int) -> CertificateFacts:
    try:
        return certificates.verify_chain(leaf, issuing, root, at_ms=at_ms, profile=Profile.SEAL)
    except JinshuError as error:
        raise JinshuError(ErrorCode.VERIFY_FOREIGN_ROOT) from error


def _unreadable(pdf: bytes) -> ErrorCode:
    return ErrorCode.VERIFY_SEAL_BROKEN if b"/ByteRange" in pdf else ErrorCode.VERIFY_NOT_JINSHU


def _broken() -> JinshuError:
    return JinshuError(ErrorCode.VERIFY_SEAL_BROKEN)


def _only(signatures: list[EmbeddedPdfSignature]) -> EmbeddedPdfSignature:
    if len(signatures) != 1 or signatures[0].field_name != SEAL_FIELD:
        raise _broken()
    return signatures[0]


def _check_contents(pdf: bytes, embedded: EmbeddedPdfSignature) -> bytes:
    """The signature's own bytes are outside the signed range: accept them in one form only. Returns the issuing CA."""
    start, first, second, last = (int(value) for value in embedded.byte_range)
    match = _CONTENTS.match(pdf[first:second])
    if start != 0 or second + last != len(pdf) or match is None:
        raise _broken()
    padded = bytes.fromhex(match.group(1).decode("ascii"))
    content = cms.ContentInfo.load(padded, strict=False)
    encoded = content.dump()
    if padded != encoded.ljust(len(padded), b"\0"):
        raise _broken()
    signed: cms.SignedData = content["content"]
    chosen = [each.chosen for each in signed["certificates"]]
    leaf = embedded.signer_cert
    issuing = [each for each in chosen if each.dump() != leaf.dump()]
    if len(issuing) != 1 or len(chosen) != 2 or _rebuild(signed, chosen, leaf) != encoded:
        raise _broken()
    return bytes(issuing[0].dump())


def _rebuild(
    signed: cms.SignedData, chosen: list[asn1_x509.Certificate], leaf: asn1_x509.Certificate
) -> bytes:
    """The one encoding we accept, from the parts that a signature covers: certificates, signed attributes, signature."""
    (signer,) = signed["signer_infos"]
    sha256 = {"algorithm": "sha256"}
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                    {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
                )
            }
        ),
        "digest_algorithm": sha256,
        "signed_attrs": signer["signed_attrs"],
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signer["signature"].native,
    }
    rebuilt = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": chosen,
            "signer_infos": [info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": rebuilt}).dump())


def _check_integrity(embedded: EmbeddedPdfSignature, root: bytes, issuing: bytes) -> None:
    """pyHanko's own judgement; trust is decided by our profiles afterwards."""
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root)],
        other_certs=[asn1_x509.Certificate.load(issuing)],
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=True)
    status = validate_pdf_signature(embedded, context, key_usage_settings=usage, skip_diff=True)
    whole = embedded.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE
    if not (status.intact and status.valid and whole):
        raise _broken()


def _claimed_time(embedded: EmbeddedPdfSignature) -> int:
    time = embedded.self_reported_timestamp
    if not isinstance(time, datetime.datetime):
        raise _broken()
    return int(time.timestamp() * 1000)
