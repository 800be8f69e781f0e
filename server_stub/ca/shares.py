"""A records office's private seed in two shares, one for each officer: either alone says nothing (XOR)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError

VERSION = 1
OFFICERS = 2


@dataclass(frozen=True, slots=True, repr=False)
class OfficerShare:
    """One officer's half; `public` is the hash of the public key, so that halves of two bodies never mix."""

    body: str
    body_name: str
    officer: int
    share: bytes
    public: str

    def __repr__(self) -> str:
        return f"OfficerShare(body={self.body!r}, officer={self.officer})"

    def write(self, path: Path) -> None:
        document = {
            "version": VERSION,
            "body": self.body,
            "body_name": self.body_name,
            "officer": self.officer,
            "public_sha256": self.public,
            "share": base64.b64encode(self.share).decode(),
        }
        write_durably(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(), mode=0o600)

    @classmethod
    def read(cls, path: Path) -> OfficerShare:
        try:
            document = json.loads(path.read_bytes())
            if document["version"] != VERSION:
                raise ValueError("version")
            return cls(
                str(document["body"]),
                str(document["body_name"]),
                int(document["officer"]),
                base64.b64decode(document["share"], validate=True),
                str(document["public_sha256"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CaError(f"分存文件读不出：{path}", f"the share cannot be read: {path}") from error


def split_seed(body: str, body_name: str, seed: bytes, public: bytes) -> tuple[OfficerShare, OfficerShare]:
    pad = os.urandom(len(seed))
    digest = hashlib.sha256(public).hexdigest()
    return (
        OfficerShare(body, body_name, 1, pad, digest),
        OfficerShare(body, body_name, 2, _xor(pad, seed), digest),
    )


def join_seed(first: OfficerShare, second: OfficerShare) -> bytes:
    """The seed again; the caller checks that it derives the public key of the body's entry.

    Raises:
        CaError: the shares are of one officer, or of different bodies.
    """
    if first.officer == second.officer or len(first.share) != len(second.share):
        raise CaError("需要两位保管人各自的分存文件", "the shares of both officers are needed")
    if (first.body, first.public) != (second.body, second.public):
        raise CaError("两份分存不属于同一机关", "the shares belong to different bodies")
    return _xor(first.share, second.share)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
