"""The table attack × object for documents (C8–C13): its cells, and why some are empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from protocol.errors import ErrorCode
from tests.security.desk import Run, Trick
from tests.security.world import Attack

__all__ = ("CASE_HEAD", "ENTRY", "ISSUED", "LEDGER", "OBJECTS", "RECEIPT", "WRAPS", "Attack", "trick")

ENTRY: Final = "document entry"
WRAPS: Final = "wraps of an entry"
RECEIPT: Final = "server receipt"
CASE_HEAD: Final = "case head"
LEDGER: Final = "number ledger"
ISSUED: Final = "issued PDF and extract"
OBJECTS: Final = (ENTRY, WRAPS, RECEIPT, CASE_HEAD, LEDGER, ISSUED)

TRICKS: list[Trick] = []


def trick(target: str, attack: Attack, code: ErrorCode, *, held: bool = True) -> Callable[[Run], Run]:
    """Enter an attack into the table."""

    def enter(run: Run) -> Run:
        TRICKS.append(Trick(target, attack, code, run, held))
        return run

    return enter


# Where a lie of that kind cannot be told of that object, or changes nothing, and why.
EMPTY: Mapping[tuple[str, Attack], str] = {
    (
        WRAPS,
        Attack.WITHHELD,
    ): "the reader cannot open the entry and shows it closed: nothing false is believed",
    (
        WRAPS,
        Attack.SPLIT_VIEW,
    ): "every principal has a wrap of its own, named by its hash in the signed entry",
    (WRAPS, Attack.REORDERED): "the entry signs a set of hashes: their order says nothing",
    (RECEIPT, Attack.INJECTED): "there is one in a record",
    (
        CASE_HEAD,
        Attack.SPLIT_VIEW,
    ): "a head over the asker's nonce is for him alone: a false one convicts the server, whose receipts say otherwise",
    (CASE_HEAD, Attack.REORDERED): "there is one answer to one nonce",
    (ISSUED, Attack.SPLIT_VIEW): "the signed entry names one hash for all readers: see swapped",
    (
        ISSUED,
        Attack.ROLLBACK,
    ): "an issue has one file for ever; its 撤销 is an entry: see document entry, withheld",
    (ISSUED, Attack.REORDERED): "there is one file",
}
# Where the test is elsewhere.
_VERIFY = "tests/integration/verify/test_documents.py"
ELSEWHERE: Mapping[tuple[str, Attack], str] = {
    (
        ISSUED,
        Attack.INJECTED,
    ): f"{_VERIFY}::test_an_edited_page_is_refused_though_the_keeper_seals_it_again",
    (
        ISSUED,
        Attack.REPLAY,
    ): f"{_VERIFY}::test_the_extract_of_another_document_is_refused_though_the_keeper_seals_it",
}
