"""Judging an extract with nothing around it: the right one, and those about other acts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from client.sealing.check import SealFacts
from client.verify.evidence import Evidence, weigh
from client.verify.extract import Extract
from protocol.documents.model import Elements
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import city, elements_of, setter

ELEMENTS = elements_of()


def judge(
    extract: Extract, *, used: SealFacts | None = None, elements: Elements = ELEMENTS, root: bytes = b""
) -> Evidence:
    return weigh(extract, elements, used or city().seal_facts(), root or city().root)


def refusal(extract: Extract, **options: Any) -> tuple[ErrorCode, object]:
    with pytest.raises(JinshuError) as caught:
        judge(extract, **options)
    return caught.value.code, caught.value.params.get("reason")


def right() -> Extract:
    return city().extract(ELEMENTS, setter=setter())


def acted(**changes: Any) -> Extract:
    """An extract about another sign-off, everything else following from it."""
    act = city().sign_off(ELEMENTS, **changes)
    return city().extract(ELEMENTS, setter=setter(), sign_off=act)


def without(extract: Extract, *ids: str) -> Extract:
    """An extract that leaves these entries of the organisation out."""
    kept = [entry.id for entry in city().organisation.entries if entry.id not in ids]
    entries, proofs = city().proofs(kept)
    return replace(extract, organisation_entries=entries, organisation_proofs=proofs)
