"""Seals a set document: one PAdES-B-B signature of the body's seal, as the only incremental update of the file (C9)."""

from __future__ import annotations

import asyncio
import datetime
import io
from typing import Final

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
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
    """Gives pyHanko the seal key without handing it over."""

    def __init__(self, key: SigningKey, certificate: bytes, issuing: bytes) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(asn1_x509.Certificate.load(issuing))
        super().__init__(
            prefer_pss=False,
            embed_roots=False,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            signing_cert=asn1_x509.Certificate.load(certificate),
            cert_registry=store,
        )
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm != "sha256":
            raise SigningError("the seal signs SHA-256 only")
        raw = bytes(SIGNATURE_BYTES) if dry_run else self._key.sign(data)
        half = SIGNATURE_BYTES // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


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
    """The sealed file: `pdf` unchanged, then one update with the signature over the whole file.

    Args:
        pdf: the set document, PDF/A-3b.
        key: the seal's key on this device.
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
        signer = _PlainPdfSigner(
            metadata,
            _SealSigner(key, certificate, issuing),
            new_field_spec=SigFieldSpec(SEAL_FIELD, on_page=0),
        )
        return asyncio.run(_sign(signer, writer, time))
    except (PdfError, SigningError) as error:
        raise SealingError("the file cannot be sealed") from error


async def _sign(signer: PdfSigner, writer: IncrementalPdfFileWriter, time: datetime.datetime) -> bytes:
    """pyHanko's own signing, step by step, because the time is given and not the machine's."""
    session = signer.init_signing_session(writer)
    session.system_time = time
    document = session.prepare_tbs_document(None, bytes_reserved=2 * _RESERVED, appearance_text_params=None)
    output = io.BytesIO()
    digest, _ = document.digest_tbs_document(output=output)
    await document.perform_signature(
        document_digest=digest.document_digest, pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=time)
    )
    return output.getvalue()
