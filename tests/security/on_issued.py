"""Attacks on the sealed file itself (C9): nothing is shown as sealed that is not what the entry names and proves itself."""

from __future__ import annotations

import hashlib
import os

from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.security.desk import Blow, Desk
from tests.security.tricks import ISSUED, Attack, trick
from tests.support.document_town import digest


def unsealed() -> bytes:
    """A file of its own for each attack: a client remembers what it has checked."""
    return b"%PDF-1.7\n% not a page that anybody sealed " + os.urandom(8).hex().encode() + b"\n%%EOF\n"


async def shown(desk: Desk, sha256: bytes | None = None, *, blob: str | None = None) -> Blow:
    """A sealed case whose file is other bytes than it should be; the victim opens its pages."""
    file = unsealed()
    sha256 = sha256 or hashlib.sha256(file).digest()
    stored = await desk.client.blobs.encrypt_bytes(file)
    case = desk.case()
    case.until(Phase.SEALING)
    pdf = {"blob": blob or stored.id, "key": stored.key, "sha256": sha256, "size": len(file)}
    case.do(Step.SEAL, head={"pdf_hash": sha256}, hides={"pdf": pdf})
    await desk.follow()
    return Blow(lambda: desk.documents.reader.pages(case.case, 400))


@trick(ISSUED, Attack.FORGED, ErrorCode.VERIFY_NOT_JINSHU, held=False)
async def a_file_without_a_seal_stands_for_a_sealed_one(desk: Desk) -> Blow:
    return await shown(desk)


@trick(ISSUED, Attack.SWAPPED, ErrorCode.BLOBS_HASH_MISMATCH, held=False)
async def another_file_is_handed_over_than_the_entry_names(desk: Desk) -> Blow:
    return await shown(desk, digest("the file that was sealed"))


@trick(ISSUED, Attack.WITHHELD, ErrorCode.BLOBS_UNKNOWN, held=False)
async def the_file_is_kept_back(desk: Desk) -> Blow:
    return await shown(desk, blob="cd" * 32)


@trick(ISSUED, Attack.FORGED, ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH, held=False)
async def other_words_are_sealed_than_were_signed(desk: Desk) -> Blow:
    """A leader who colludes signs the hash of words the draft does not have."""
    case, others = desk.case(), {"element_hash": digest("other words")}
    case.until(Phase.SIGNING)
    case.do(Step.SIGN_OFF, head=others)
    case.do(Step.RECHECK_PASS, head=others)
    case.until(Phase.SEALING)
    await desk.follow()
    pen, post = await desk.pen(case)
    return Blow(lambda: desk.documents.issuance.seal(pen, post, None))
