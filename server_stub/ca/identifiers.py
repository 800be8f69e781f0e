"""Fresh ids for the CA's own objects, from the operating system's randomness."""

from __future__ import annotations

import os

from protocol.identifiers import IdKind, new_id


def fresh_id(kind: IdKind) -> str:
    return new_id(kind, os.urandom(16))
