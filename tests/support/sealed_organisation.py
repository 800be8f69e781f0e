"""The organisation of the city whose documents the verifier is tried on: two bodies that seal, and who may do what in them."""

from __future__ import annotations

import datetime
from typing import Final

from protocol.directory.organisation import (
    Body,
    Delegation,
    Duty,
    Entry,
    Holding,
    Person,
    Post,
    Seal,
)
from protocol.identifiers import IdKind, new_id
from tests.support.sample_documents import NOW_MS

HOUR_MS: Final = 3_600_000
# 2026-11-18 16:10 UTC: past midnight in China.
SIGNED_AT: Final = NOW_MS + 18_200_000
SIGNED_ON: Final = datetime.date(2026, 11, 19)
RECEIVED_AT: Final = SIGNED_AT + 1200
SEALED_AT: Final = SIGNED_AT + 2 * HOUR_MS
BODY_NAME: Final = "锦川市发展和改革委员会"


def made_id(kind: IdKind, number: int) -> str:
    return new_id(kind, number.to_bytes(16, "big"))


BUREAU, FINANCE, OFFICE = (made_id(IdKind.BODY, n) for n in (1, 2, 3))
LEADER_POST, CLERK_POST, READER_POST, FINANCE_POST = (made_id(IdKind.POST, n) for n in (1, 2, 3, 4))
LEADER, CLERK, READER, STRANGER = (made_id(IdKind.PERSON, n) for n in (1, 2, 3, 4))
SEAL, FINANCE_SEAL = made_id(IdKind.SEAL, 1), made_id(IdKind.SEAL, 2)
LENT, LENT_TOO_LITTLE = made_id(IdKind.DELEGATION, 1), made_id(IdKind.DELEGATION, 2)
CASE, OTHER_CASE = made_id(IdKind.CASE, 1), made_id(IdKind.CASE, 2)

ENTRIES: Final[tuple[Entry, ...]] = (
    Body(BUREAU, "fgw", BODY_NAME, "市发展改革委", None, 1, "锦发改", "bureau", None),
    Body(FINANCE, "czj", "锦川市财政局", "市财政局", None, 2, "锦财", "bureau", None),
    Body(OFFICE, "zfb", "锦川市人民政府办公室", "市政府办公室", None, 3, "锦政办", "office", None),
    Post(LEADER_POST, BUREAU, "主任", (Duty.SIGN,), 1),
    Post(CLERK_POST, BUREAU, "文秘科文书", (Duty.NUMBER, Duty.REGISTRY, Duty.SEAL), 2),
    Post(READER_POST, BUREAU, "综合科科员", (Duty.DRAFT,), 3),
    Post(FINANCE_POST, FINANCE, "局长", (Duty.NUMBER, Duty.SEAL, Duty.SIGN), 4),
    Person(LEADER, "周正", 1),
    Person(CLERK, "王芳", 2),
    Person(READER, "李明", 3),
    Person(STRANGER, "赵敏", 4),
    *(
        Holding(made_id(IdKind.HOLDING, n), person, post, NOW_MS)
        for n, (person, post) in enumerate(
            (
                (LEADER, LEADER_POST),
                (CLERK, CLERK_POST),
                (READER, READER_POST),
                (STRANGER, FINANCE_POST),
            ),
            start=1,
        )
    ),
    # The reader still stands among the keepers, but no longer holds a post with the duty.
    Seal(SEAL, BUREAU, BODY_NAME, (CLERK, READER)),
    Seal(FINANCE_SEAL, FINANCE, "锦川市财政局", (STRANGER,)),
    Delegation(LENT, LEADER_POST, READER, (Duty.SIGN,), SIGNED_AT),
    Delegation(LENT_TOO_LITTLE, LEADER_POST, READER, (Duty.SIGN,), SIGNED_AT - 1),
)
