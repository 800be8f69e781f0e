"""The signed extract inside an issued document: what it must hold, and what it proves against one root certificate (C3, C9).

Nothing here trusts the PDF around it; `compare.py` ties the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError


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
            JinshuError: `verify.extract_malformed`.
        """
        try:
            value = cbor.decode(data, limit=8 << 20)
            known = {field.name: value.pop(field.name) for field in fields(cls)}
            known["organisation_entries"] = tuple(known["organisation_entries"])
            known["organisation_proofs"] = tuple(
                (p["index"], tuple(p["path"])) for p in known["organisation_proofs"]
            )
        except (JinshuError, KeyError, TypeError, AttributeError) as error:
            raise JinshuError(ErrorCode.VERIFY_EXTRACT_MALFORMED) from error
        if value or known["v"] != 1:
            raise JinshuError(ErrorCode.VERIFY_EXTRACT_MALFORMED)
        return cls(**known)

    def to_bytes(self) -> bytes:
        """The bytes to embed."""
        value: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        value["organisation_entries"] = list(self.organisation_entries)
        value["organisation_proofs"] = [
            {"index": i, "path": list(path)} for i, path in self.organisation_proofs
        ]
        return cbor.encode(value)
