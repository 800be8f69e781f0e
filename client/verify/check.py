"""`verify_document`: whether a file is a genuine official document of this city, and what it proves."""

from __future__ import annotations

import hashlib

from client.confinement import confined
from client.sealing.check import open_sealed
from client.typesetting.typeset import Typesetter
from client.verify.compare import compare_pages, own_typesetter
from client.verify.evidence import weigh
from client.verify.extract import ELEMENTS_NAME, EXTRACT_NAME, Extract, read_elements
from client.verify.judged import require
from client.verify.verdict import Verdict
from protocol.errors import ErrorCode


def verify_document(pdf: bytes, root: bytes, *, typesetter: Typesetter | None = None) -> Verdict:
    """Check a sealed document against a root certificate (DER), trusting nothing else.

    Call it from a worker thread: it sets pages, and waits for the process that reads the file.

    Raises:
        JinshuError: `verify.…`, the first check that failed; `reason` among the parameters says which part of it.
    """
    used, files = confined(open_sealed, pdf, root)
    found = files.keys() >= {ELEMENTS_NAME, EXTRACT_NAME}
    require(found, ErrorCode.VERIFY_EXTRACT_MALFORMED, "missing")
    elements, extract = read_elements(files[ELEMENTS_NAME]), Extract.parse(files[EXTRACT_NAME])
    evidence = weigh(extract, elements, used, root)
    pages = compare_pages(
        pdf,
        used.base,
        elements,
        extract,
        (files[ELEMENTS_NAME], files[EXTRACT_NAME]),
        evidence.seal.name,
        typesetter or own_typesetter(),
    )
    return Verdict(
        elements=elements,
        number=extract.number,
        case=evidence.sign_off.case,
        issuer_id=evidence.issuer.id,
        issuer=evidence.issuer.name,
        signer=evidence.signer.name,
        signer_post=evidence.signer_post.name,
        delegated=evidence.sign_off.delegation is not None,
        signed_on=extract.details.signed_on,
        received_at_ms=evidence.received_at_ms,
        seal_name=evidence.seal.name,
        sealed_by=evidence.keeper.name,
        sealed_at_ms=used.sealed_at_ms,
        revocations_at_ms=evidence.revocations.issued_at,
        revocations_overdue=evidence.revocations.next_update < used.sealed_at_ms,
        retypeset=pages.retypeset,
        setting_released=pages.setting_released,
        pages=pages.count,
        pdf_sha256=hashlib.sha256(pdf).digest(),
        root_sha256=hashlib.sha256(root).digest(),
    )
