"""Seals a set document: one PAdES-B-B signature of the body's seal, as the only incremental update of the file (C9)."""

from __future__ import annotations

import asyncio
import datetime
import io
from typing import Final

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from client.sealing.update import SEAL_FIELD
from protocol.crypto.keys import SIGNATURE_BYTES, SigningKey

# Room for the signature: two certificates and the attributes take about 2 kB.
_RESERVED: Final = 8192


class SealingError(ValueError):
    """The file cannot be sealed."""


class _SealSigner(Signer):
    """Gives pyHanko a signature that the seal's key made elsewhere: in memory here, or in a token."""

    def __init__(self, certificate: bytes, issuing: bytes) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(asn1_x509.Certificate.load(issuing))
        super().__init__(
            prefer_pss=False,
            embed_roots=False,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            signing_cert=asn1_x509.Certificate.load(certificate),
            cert_registry=store,
        )
        self.signature = bytes(SIGNATURE_BYTES)  # r and s

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        del data, dry_run
        if digest_algorithm != "sha256":
            raise SigningError("the seal signs SHA-256 only")
        half = SIGNATURE_BYTES // 2
        r, s = (int.from_bytes(part, "big") for part in (self.signature[:half], self.signature[half:]))
        return encode_dss_signature(r, s)


class PreparedSeal:
    """A file with the room for its seal: what the seal's key must sign is known, and nothing else is missing.

    Whoever holds the key signs `message` with ECDSA and SHA-256; `complete` puts that into the file.
    """

    def __init__(
        self,
        file: io.BytesIO,
        digest: PreparedByteRangeDigest,
        signer: _SealSigner,
        attributes: cms.CMSAttributes,
    ) -> None:
        self._file = file
        self._digest = digest
        self._signer = signer
        self._attributes = attributes

    @property
    def message(self) -> bytes:
        """The signed attributes, DER (RFC 5652 §5.4); the digest of the file is one of them."""
        return bytes(self._attributes.dump())

    def complete(self, signature: bytes) -> bytes:
        """The sealed file. Call it once, and from a worker thread: it runs a short event loop of its own.

        Args:
            signature: r ‖ s of `message`, 64 bytes; whether it is good is not checked here.

        Raises:
            SealingError: it is no signature.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise SealingError("no signature")
        self._signer.signature = signature
        try:
            signed = asyncio.run(
                self._signer.async_sign_prescribed_attributes("sha256", signed_attrs=self._attributes)
            )
            self._digest.fill_with_cms(self._file, signed)
        except (PdfError, SigningError) as error:
            raise SealingError("the file cannot be sealed") from error
        return self._file.getvalue()


class _PlainWriter(IncrementalPdfFileWriter):
    """Adds the signature and nothing else: a new modification date would break PDF/A's match of Info and XMP."""

    def _update_meta(self) -> None:
        # WORKAROUND(pyHanko has no option to leave document metadata alone, until it has one)
        return


class _PlainPdfSigner(PdfSigner):
    """Leaves the catalog's version and extensions as PDF/A-3 (ISO 32000-1) has them."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        del pdf_out, md_algorithm


def apply_seal(
    pdf: bytes, key: SigningKey, certificate: bytes, issuing: bytes, *, reason: str, signed_at_ms: int
) -> bytes:
    """`prepare_seal` and `PreparedSeal.complete` with a key that is here."""
    prepared = prepare_seal(pdf, certificate, issuing, reason=reason, signed_at_ms=signed_at_ms)
    return prepared.complete(key.sign(prepared.message))


def prepare_seal(
    pdf: bytes, certificate: bytes, issuing: bytes, *, reason: str, signed_at_ms: int
) -> PreparedSeal:
    """`pdf` unchanged, then one update with room for the signature over the whole file.

    Args:
        pdf: the set document, PDF/A-3b.
        certificate: the seal's certificate, DER.
        issuing: the issuing CA's certificate, DER.
        reason: shown by readers; visible to everyone who has the file.
        signed_at_ms: the time of sealing.

    Call it from a worker thread: it runs a short event loop of its own.

    Raises:
        SealingError: the file has been signed before, or is no PDF.
    """
    time = datetime.datetime.fromtimestamp(signed_at_ms / 1000, tz=datetime.UTC).replace(microsecond=0)
    try:
        writer = _PlainWriter(io.BytesIO(pdf), strict=True)
        if any(True for _ in writer.prev.embedded_signatures):
            raise SealingError("sealed already")
        metadata = PdfSignatureMetadata(
            field_name=SEAL_FIELD,
            md_algorithm="sha256",
            reason=reason,
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=False,
        )
        signer = _SealSigner(certificate, issuing)
        pdf_signer = _PlainPdfSigner(metadata, signer, new_field_spec=SigFieldSpec(SEAL_FIELD, on_page=0))
        return asyncio.run(_prepared(pdf_signer, signer, writer, time))
    except (PdfError, SigningError) as error:
        raise SealingError("the file cannot be sealed") from error


async def _prepared(
    pdf_signer: PdfSigner, signer: _SealSigner, writer: IncrementalPdfFileWriter, time: datetime.datetime
) -> PreparedSeal:
    """pyHanko's own signing, step by step, because the time is given and not the machine's, and the key may be elsewhere."""
    session = pdf_signer.init_signing_session(writer)
    session.system_time = time
    document = session.prepare_tbs_document(None, bytes_reserved=2 * _RESERVED, appearance_text_params=None)
    output = io.BytesIO()
    digest, _ = document.digest_tbs_document(output=output)
    attributes = await signer.signed_attrs(
        digest.document_digest,
        "sha256",
        attr_settings=PdfCMSSignedAttributes(signing_time=time),
        use_pades=True,
    )
    return PreparedSeal(output, digest, signer, attributes)
