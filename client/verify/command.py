"""The command: one file, one root certificate, and an answer; no network, no profile."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from client.verify.check import verify_document
from client.verify.sentences import Language, proved, refused
from client.verify.verdict import Verdict
from protocol.errors import ErrorCode, JinshuError

PROVED: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
NEWER_NEEDED: Final = 3
ROOT_NAME: Final = "root.pem"
_MAX_ROOT: Final = 64 << 10


class UsageError(Exception):
    """The question was put wrongly: Chinese and English."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the verifier."""

    file: Path
    root: Path | None
    language: Language
    machine: bool


def parse_arguments(argv: list[str] | None) -> Question:
    """The arguments; argparse itself ends with 2 on wrong ones."""
    parser = argparse.ArgumentParser(
        prog="jinshu-verify",
        description="离线验证锦书公文：印章、签发记录、页面。 Verifies an official document offline.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.pdf", help="公文 the document")
    parser.add_argument(
        "--root",
        type=Path,
        help=f"根证书（PEM）；不给时取当前目录或公文旁的 {ROOT_NAME}。 The root certificate",
    )
    parser.add_argument("--json", action="store_true", help="只输出 JSON。 Facts for a program")
    parser.add_argument("--lang", choices=[*Language], default=Language.ZH, help="语言 language")
    arguments = parser.parse_args(argv)
    return Question(arguments.file, arguments.root, Language(arguments.lang), arguments.json)


def answer(question: Question, out: TextIO, err: TextIO) -> int:
    """Verify and say so.

    Returns:
        0 proved, 1 refused, 2 there is nothing to verify or nothing to verify against, 3 a later version made it: not judged.
    """
    try:
        root = _read_root(question)
        pdf = _read_file(question.file)
    except UsageError as error:
        err.write(f"jinshu-verify: {error.args[0 if question.language is Language.ZH else 1]}\n")
        return USAGE
    try:
        verdict = verify_document(pdf, root)
    except JinshuError as error:
        return refuse(error, question, out)
    if question.machine:
        out.write(json.dumps(_facts(verdict), ensure_ascii=False) + "\n")
    else:
        out.write("\n".join(proved(verdict, question.language)) + "\n")
    return PROVED


def refuse(error: JinshuError, question: Question, out: TextIO) -> int:
    """Say why not; what only a later version can read is neither proved nor refused."""
    newer = error.code is ErrorCode.VERIFY_NEWER_NEEDED
    lines = refused(error, question.language)
    if question.machine:
        reason = error.params.get("reason")
        said = {
            "result": "newer_needed" if newer else "refused",
            "code": error.code.value,
            "reason": reason,
            "sentences": lines,
        }
        out.write(json.dumps(said, ensure_ascii=False) + "\n")
    else:
        out.write("\n".join(lines) + f"\n（{error.code.value}）\n")
    return NEWER_NEEDED if newer else REFUSED


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"无法读取文件 {path}", f"cannot read {path}") from error


def _read_root(question: Question) -> bytes:
    """The root certificate, DER."""
    places = [question.root] if question.root else [Path(ROOT_NAME), question.file.parent / ROOT_NAME]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        named = places[0]
        raise UsageError(
            f"没有根证书 {named}，请用 --root 指明", f"no root certificate {named}; name it with --root"
        )
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_ROOT)
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} 不是根证书", f"{path} is no root certificate") from error


def _facts(verdict: Verdict) -> dict[str, object]:
    return {
        "result": "proved",
        "title": verdict.title,
        "number": verdict.number,
        "case": verdict.case,
        "issuer": {"id": verdict.issuer_id, "name": verdict.issuer},
        "signed_off": {
            "person": verdict.signer,
            "post": verdict.signer_post,
            "delegated": verdict.delegated,
            "signed_on": verdict.signed_on.isoformat(),
            "received_at": verdict.received_at_ms,
        },
        "sealed": {"seal": verdict.seal_name, "by": verdict.sealed_by, "at": verdict.sealed_at_ms},
        "recipients": list(verdict.recipients),
        "copies": list(verdict.copies),
        "revocations": {"as_of": verdict.revocations_at_ms, "overdue": verdict.revocations_overdue},
        "retypeset": verdict.retypeset,
        "pages": verdict.pages,
        "pdf_sha256": verdict.pdf_sha256.hex(),
        "root_sha256": verdict.root_sha256.hex(),
    }
