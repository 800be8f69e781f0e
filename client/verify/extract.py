"""The signed extract inside an issued document: what it must hold (C3, C9), and how it is embedded beside the elements.

Nothing here is believed: `evidence.py` judges the extract against one root certificate. Kept light, so that whoever makes
an extract does not load what checks one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from client.typesetting.sheet import AssociatedFile
from protocol import payload
from protocol.crypto import cbor
from protocol.documents.model import ELEMENT_FIELDS, Elements, ElementsError, IssueDetails
from protocol.errors import ErrorCode, JinshuError

ELEMENTS_NAME: Final = "elements.cbor"
EXTRACT_NAME: Final = "extract.cbor"
EMBEDDED: Final = frozenset({ELEMENTS_NAME, EXTRACT_NAME})
MAX_EMBEDDED: Final = 8 << 20
# Versions of the extract: in the second, statements of the CA name the log they were signed over (C45). Nothing else differs, but a
# verifier that reads the first alone would take them for forged.
FIRST: Final = 1
DATED: Final = 2
_MEDIA_TYPE: Final = "application/cbor"


def _day(value: Any) -> bool:
    try:
        return type(value) is str and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


PROOF: Final = payload.fields({"index": payload.integer, "path": payload.list_of(payload.HASH, at_most=64)})
_SHAPES: Final[Mapping[str, payload.Shape]] = {
    "sign_off": payload.any_octets,
    "sign_off_certificate": payload.any_octets,
    "number_entry": payload.any_octets,
    "number_certificate": payload.any_octets,
    "number": payload.text,
    "signed_on": _day,
    "printed_on": _day,
    "receipt": payload.any_octets,
    "log_certificate": payload.any_octets,
    "case_head": payload.any_octets,
    "organisation_root": payload.any_octets,
    "organisation_entries": payload.list_of(payload.any_octets, at_most=1000),
    "organisation_proofs": payload.list_of(PROOF, at_most=1000),
    "revocations": payload.any_octets,
    "seal_entry": payload.any_octets,
    "issuing": payload.any_octets,
    "template": payload.HASH,
    "fonts": payload.HASH,
    "engine": payload.text,
}


@dataclass(frozen=True, slots=True)
class Extract:
    """The embedded `extract.cbor`, field by field as PROTOCOL.md has it."""

    v: int
    sign_off: bytes
    sign_off_certificate: bytes
    number_entry: bytes
    number_certificate: bytes
    number: str
    signed_on: str
    printed_on: str
    receipt: bytes
    log_certificate: bytes
    case_head: bytes
    organisation_root: bytes
    organisation_entries: tuple[bytes, ...]
    organisation_proofs: tuple[tuple[int, tuple[bytes, ...]], ...]
    revocations: bytes
    seal_entry: bytes
    issuing: bytes
    template: bytes
    fonts: bytes
    engine: str

    @classmethod
    def parse(cls, data: bytes) -> Extract:
        """Read the embedded file.

        Raises:
            JinshuError: `verify.extract_malformed`, or `verify.newer_needed` for an extract of a later version.
        """
        try:
            value = cbor.decode(data, limit=MAX_EMBEDDED)
            _refuse_newer(value, _SHAPES.keys(), DATED)
            version = value["v"] if isinstance(value, dict) and value.get("v") == DATED else FIRST
            known = payload.check(value | {"v": FIRST} if version == DATED else value, _SHAPES)
        except JinshuError as error:
            if error.code is ErrorCode.VERIFY_NEWER_NEEDED:
                raise
            raise JinshuError(ErrorCode.VERIFY_EXTRACT_MALFORMED, **error.params) from error
        if len(known["organisation_entries"]) != len(known["organisation_proofs"]):
            raise JinshuError(ErrorCode.VERIFY_EXTRACT_MALFORMED, field="organisation_proofs")
        known["organisation_entries"] = tuple(known["organisation_entries"])
        known["organisation_proofs"] = tuple(
            (proof["index"], tuple(proof["path"])) for proof in known["organisation_proofs"]
        )
        return cls(v=version, **known)

    def to_bytes(self) -> bytes:
        """The bytes to embed."""
        value: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        value["organisation_entries"] = list(self.organisation_entries)
        value["organisation_proofs"] = [
            {"index": i, "path": list(path)} for i, path in self.organisation_proofs
        ]
        return cbor.encode(value)

    @property
    def details(self) -> IssueDetails:
        """What is printed beside the elements."""
        day = datetime.date.fromisoformat
        return IssueDetails(self.number, day(self.signed_on), day(self.printed_on))


def seal_reason(elements: Elements, number: str) -> str:
    """What the seal says it was given for; every reader of PDF shows it beside the name of the seal."""
    return f"{elements.issuer_name} {number}"


def elements_bytes(elements: Elements) -> bytes:
    """The elements as they are embedded."""
    return cbor.encode(elements.to_cbor_value())


def read_elements(data: bytes) -> Elements:
    """Read the embedded elements, in the one form they can have.

    Raises:
        JinshuError: `verify.extract_malformed`, or `verify.newer_needed` for elements of a later version.
    """
    try:
        value = cbor.decode(data, limit=MAX_EMBEDDED)
        _refuse_newer(value, ELEMENT_FIELDS, FIRST)
        return Elements.from_cbor_value(value)
    except (JinshuError, ElementsError) as error:
        if isinstance(error, JinshuError) and error.code is ErrorCode.VERIFY_NEWER_NEEDED:
            raise
        raise JinshuError(ErrorCode.VERIFY_EXTRACT_MALFORMED, field="elements") from error


def _refuse_newer(value: Any, known: Iterable[str], newest: int) -> None:
    """What a later version has added cannot be judged here: neither genuine nor forged, and said so (PROTOCOL.md §8)."""
    if not isinstance(value, dict):
        return
    version = value.get("v")
    if (type(version) is int and version > newest) or value.keys() - {"v", *known}:
        raise JinshuError(ErrorCode.VERIFY_NEWER_NEEDED)


def associated_files(elements: bytes, extract: bytes) -> tuple[AssociatedFile, ...]:
    """The files embedded in every issued document: part of its bytes, so the same for whoever sets and whoever checks."""
    return (
        AssociatedFile(ELEMENTS_NAME, _MEDIA_TYPE, "签发的要素", elements),
        AssociatedFile(EXTRACT_NAME, _MEDIA_TYPE, "签发记录", extract),
    )
