"""`verify_document`: whether a file is a genuine official document of this city, and what it proves."""

from __future__ import annotations

import hashlib

from client.confinement import confined
from client.sealing.check import open_sealed
from client.typesetting.typeset import Typesetter
from client.verify.compare import compare_pages, own_typesetter
from client.verify.evidence import weigh
from client.verify.extract import (
    ELEMENTS_NAME,
    EMBEDDED,
    EXTRACT_NAME,
    Extract,
    read_elements,
    seal_reason,
)
from client.verify.judged import require
from client.verify.verdict import Verdict
from protocol.directory.page_settings import RELEASED, Setting
from protocol.errors import ErrorCode


def verify_document(
    pdf: bytes,
    root: bytes,
    *,
    typesetter: Typesetter | None = None,
    listed: frozenset[Setting] | None = None,
) -> Verdict:
    """Check a sealed document against a root certificate (DER), trusting nothing else.

    Args:
        pdf: the whole file.
        root: the pinned root, DER.
        typesetter: this machine's.
        listed: the page settings that count by a snapshot newer than the document's; without it, those of the snapshot in the
            document, and where that shows no list, those of this release.

    Call it from a worker thread: it sets pages, and waits for the process that reads the file.

    Raises:
        JinshuError: `verify.…`, the first check that failed; `reason` among the parameters says which part of it.
    """
    used, files = confined(open_sealed, pdf, root, EMBEDDED)
    require(files.keys() == EMBEDDED, ErrorCode.VERIFY_EXTRACT_MALFORMED, "missing")
    elements, extract = read_elements(files[ELEMENTS_NAME]), Extract.parse(files[EXTRACT_NAME])
    evidence = weigh(extract, elements, used, root)
    require(used.reason == seal_reason(elements, extract.number), ErrorCode.VERIFY_PAGES_EDITED, "reason")
    signed = evidence.page_settings if listed is None else listed
    pages = compare_pages(
        pdf,
        used.base,
        elements,
        extract,
        (files[ELEMENTS_NAME], files[EXTRACT_NAME]),
        evidence.seal.name,
        typesetter or own_typesetter(),
        RELEASED if signed is None else signed,
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
        page_check=pages.check,
        setting_listed=pages.setting_listed,
        list_signed=signed is not None,
        pages=pages.count,
        pdf_sha256=hashlib.sha256(pdf).digest(),
        root_sha256=hashlib.sha256(root).digest(),
    )
