"""Trying entries on a case in the fold, and the errors that come of it."""

from __future__ import annotations

from typing import Any

from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile
from protocol.cases.succession import check
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from tests.support.document_builder import CaseBuilder
from tests.support.document_town import body

FINANCE, AUDIT = body("finance"), body("audit")
NOT_ALLOWED = ErrorCode.DOCUMENTS_NOT_ALLOWED
NOT_AUTHORISED = ErrorCode.DOCUMENTS_NOT_AUTHORISED
STALE = ErrorCode.DOCUMENTS_STALE_HEAD
MISMATCH = ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH


def refusal(case: CaseFile, entry: DocumentEntry) -> ErrorCode | None:
    try:
        check(case, entry)
    except JinshuError as error:
        return error.code
    return None


def tried(builder: CaseBuilder, step: Step, who: str | None = None, **said: Any) -> ErrorCode | None:
    return refusal(builder.file, builder.entry(step, who, **said))


def at(phase: Phase, *consult: str) -> CaseBuilder:
    return CaseBuilder().until(phase, consult=consult)


def consulting(*asked: str) -> CaseBuilder:
    builder = at(Phase.REVIEW)
    builder.do(Step.REVIEW_PASS, head={"consult": sorted(asked)})
    for target in asked:
        builder.ask(target)
    return builder
