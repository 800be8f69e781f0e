"""The line of a ledger that comes beside an entry must be the one the entry names (C12)."""

from __future__ import annotations

from protocol.cases.entries import LATER, DocumentEntry
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.documents.numbering import NumberEntry
from protocol.errors import ErrorCode, RemoteProtocolError


def check_line(signed: Signed, entry: DocumentEntry, beside: bytes | None, key: VerifyingKey) -> None:
    """Return if an entry that gives a number (编号, 登记) brings the line it names, of the same hand, and no other entry brings one.

    Args:
        signed, entry: the entry of a case of 公文.
        beside: what came with it.
        key: its author's.

    Raises:
        JinshuError: `documents.head_field` or `signature.*`.
    """
    fault = RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number_entry")
    later = entry.step == LATER
    if not later and (beside is not None) != ("number_entry" in entry.head):
        raise fault
    if beside is None:
        return
    told = Signed.parse(beside, SignedType.NUMBER_ENTRY)
    if told.cert_hash != signed.cert_hash:
        raise fault
    verify(told, key, SignedType.NUMBER_ENTRY)
    if later:
        return
    if told.entry_id != entry.head["number_entry"]:
        raise fault
    said = NumberEntry.parse(told.value())
    expected = (entry.body, entry.post, entry.case, entry.head["number"], "used")
    if (said.body, said.post, said.case, said.text, said.state) != expected:
        raise fault
