"""The command: one file, one root certificate, and an answer; no network, no profile.

A file that says it is a record of a case is judged as one, any other as a sealed document: never by its name.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from client.verify.check import verify_document
from client.verify.compare import own_typesetter
from client.verify.record import is_record
from client.verify.record_check import verify_record
from client.verify.record_sentences import proved_record
from client.verify.record_verdict import RecordVerdict
from client.verify.sentences import Language, proved, refused, unknown_origin
from client.verify.verdict import Verdict
from protocol.documents.page_checks import PageCheck
from protocol.errors import ErrorCode, JinshuError
from protocol.text import Field, shown

PROVED: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
NEWER_NEEDED: Final = 3
UNKNOWN_ORIGIN: Final = 4
WORDS_ONLY: Final = 5
PAGES_UNCHECKED: Final = 6
ROOT_NAME: Final = "root.pem"
_MAX_ROOT: Final = 64 << 10
_MAX_FILE: Final = 256 << 20  # as the client takes them


class Result(StrEnum):
    """The answer, as `--json` has it."""

    PROVED = "proved"
    REFUSED = "refused"
    NEWER_NEEDED = "newer_needed"
    UNKNOWN_ORIGIN = "unknown_origin"
    WORDS_ONLY = "words_only"
    PAGES_UNCHECKED = "pages_unchecked"


_BY_PAGES: Final = {
    PageCheck.PAGE: (Result.PROVED, PROVED),
    PageCheck.WORDS: (Result.WORDS_ONLY, WORDS_ONLY),
    PageCheck.NONE: (Result.PAGES_UNCHECKED, PAGES_UNCHECKED),
}
_STATUSES: Final = """\
退出状态 exit status:
  0  验证通过：印章、签发记录有效，页面逐字节重现；办理证明的每个步骤成立
     proved: every page reproduced byte for byte; of a record, every step holds
  1  验证未通过                                     refused
  2  没有可验证的文件，或用法有误                   nothing to verify, or wrong usage
  3  由更新的版本制发，本版本不能判断               made by a later version, not judged
  4  来源未知：本机没有本市的根证书                 unknown origin, no root is pinned here
  5  仅文字相符：图形和版式未经核对                 words only, the looks of the pages were not compared
  6  页面未核对：本机排不出签发的内容               pages not checked, what was signed off cannot be set here
只有 0 能证明页面的样子。 Only 0 proves how the pages look.
办理证明（.jinshu-record）只有 0、1、3、4。 Of a record of a case there is only 0, 1, 3 and 4.
"""


@dataclass(frozen=True, slots=True)
class Root:
    """A root certificate, DER; `pinned`: it did not come with the document."""

    certificate: bytes
    pinned: bool


class UsageError(Exception):
    """The question was put wrongly: Chinese and English."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the verifier."""

    file: Path
    root: Path | None
    language: Language
    machine: bool


class _ShowSetting(argparse.Action):
    """Prints what this machine sets pages with, and ends."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        sys.stdout.write(f"{own_typesetter().setting()}\n")
        parser.exit(PROVED)


def parse_arguments(argv: list[str] | None) -> Question:
    """The arguments; argparse itself ends with 2 on wrong ones."""
    parser = argparse.ArgumentParser(
        prog="jinshu-verify",
        description="离线验证锦书公文（印章、签发记录、页面）和办理证明。 "
        "Verifies an official document, or the record of a case, offline.",
        epilog=_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--setting",
        action=_ShowSetting,
        help="只输出本机的排版版本，供管理员列入认可清单。 What this machine sets pages with, for the city's list",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="公文或办理证明 the document or the record")
    parser.add_argument(
        "--root",
        type=Path,
        help="本市根证书（PEM）；不给时只认随程序安装的那一份。 The city's root certificate; else the installed one",
    )
    parser.add_argument("--json", action="store_true", help="只输出 JSON。 Facts for a program")
    parser.add_argument("--lang", choices=[*Language], default=Language.ZH, help="语言 language")
    arguments = parser.parse_args(argv)
    return Question(arguments.file, arguments.root, Language(arguments.lang), arguments.json)


def answer(question: Question, out: TextIO, err: TextIO) -> int:
    """Verify and say so.

    Returns:
        The exit status, as `--help` has them.
    """
    try:
        root = _find_root(question)
        data = _read_file(question.file)
    except UsageError as error:
        said = error.args[0 if question.language is Language.ZH else 1]
        err.write(
            f"jinshu-verify: {shown(said, Field.NOTE)}\n"
        )  # it names a file, and whoever sent that named it
        return USAGE
    if root is None:
        return _say_unknown(None, question, out)
    try:
        judged = _judge(data, root.certificate)
    except JinshuError as error:
        return refuse(error, question, out)
    if not root.pinned:
        return _say_unknown(judged, question, out)
    if isinstance(judged, RecordVerdict):
        lines = proved_record(judged, question.language)
        _say(out, question, lines, _record_facts(Result.PROVED, judged))
        return PROVED
    result, status = _BY_PAGES[judged.page_check]
    _say(out, question, proved(judged, question.language), _facts(result, judged))
    return status


def _judge(data: bytes, root: bytes) -> Verdict | RecordVerdict:
    return verify_record(data, root) if is_record(data) else verify_document(data, root)


def refuse(error: JinshuError, question: Question, out: TextIO) -> int:
    """Say why not; what only a later version can read is neither proved nor refused."""
    newer = error.code is ErrorCode.VERIFY_NEWER_NEEDED
    lines = refused(error, question.language)
    said = {
        "result": Result.NEWER_NEEDED if newer else Result.REFUSED,
        "code": error.code.value,
        "reason": error.params.get("reason"),
        **({"step": error.params["step"]} if "step" in error.params else {}),
        "sentences": lines,
    }
    _say(out, question, [*lines, f"（{error.code.value}）"], said)
    return NEWER_NEEDED if newer else REFUSED


def installed_roots() -> list[Path]:
    """Where the city's root may be installed with the program: only who may install programs can write there."""
    own = [Path(sys.prefix) / "etc" / "jinshu" / ROOT_NAME]
    return own if sys.platform == "win32" else [*own, Path("/etc/jinshu") / ROOT_NAME]


def _say_unknown(verdict: Verdict | RecordVerdict | None, question: Question, out: TextIO) -> int:
    result = Result.UNKNOWN_ORIGIN
    facts: Mapping[str, object] = {"result": result}
    if verdict is not None:
        facts = (
            _record_facts(result, verdict) if isinstance(verdict, RecordVerdict) else _facts(result, verdict)
        )
    root = None if verdict is None else verdict.root_sha256
    _say(out, question, unknown_origin(root, question.language), facts)
    return UNKNOWN_ORIGIN


def _say(out: TextIO, question: Question, lines: list[str], facts: Mapping[str, object]) -> None:
    text = json.dumps(facts, ensure_ascii=False) if question.machine else "\n".join(lines)
    out.write(text + "\n")


def _read_file(path: Path) -> bytes:
    try:
        if not path.is_file():  # a device or a pipe may never end
            raise UsageError(f"{path} 不是文件", f"{path} is no file")
        with path.open("rb") as stream:
            data = stream.read(_MAX_FILE + 1)
    except OSError as error:
        raise UsageError(f"无法读取文件 {path}", f"cannot read {path}") from error
    if len(data) > _MAX_FILE:
        raise UsageError(
            f"{path} 过大，不可能是公文或办理证明",
            f"{path} is too large for an official document or a record",
        )
    return data


def _find_root(question: Question) -> Root | None:
    """The root named or installed; else one that lies with the document, which proves nothing about its origin."""
    if question.root is not None:
        if not question.root.is_file():
            raise UsageError(f"没有根证书 {question.root}", f"no root certificate {question.root}")
        return Root(_read_root(question.root), pinned=True)
    beside = [Path(ROOT_NAME), question.file.parent / ROOT_NAME]
    places = [*((place, True) for place in installed_roots()), *((place, False) for place in beside)]
    found = next(((place, pinned) for place, pinned in places if place.is_file()), None)
    return None if found is None else Root(_read_root(found[0]), found[1])


def _read_root(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_ROOT)
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} 不是根证书", f"{path} is no root certificate") from error


def _facts(result: Result, verdict: Verdict) -> dict[str, object]:
    return {
        "result": result,
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
        "retypeset": verdict.reproduced,
        "page_check": verdict.page_check,
        "setting": {"listed": verdict.setting_listed, "list": "site" if verdict.list_signed else "release"},
        "pages": verdict.pages,
        "pdf_sha256": verdict.pdf_sha256.hex(),
        "root_sha256": verdict.root_sha256.hex(),
    }


def _record_facts(result: Result, verdict: RecordVerdict) -> dict[str, object]:
    return {
        "result": result,
        "case": verdict.case,
        "procedure": {
            "name": verdict.procedure,
            "hash": verdict.procedure_hash.hex(),
            "called": verdict.called,
            "listed_in": verdict.listed_in,
        },
        "whole": verdict.whole,
        "phase": verdict.phase,
        "steps": [
            {
                "entry": each.entry_id.hex(),
                "step": each.step,
                "object": each.object,
                "person": each.person,
                "post": each.post,
                "body": each.body,
                "delegated": each.delegated,
                "offline": each.offline,
                "signed_at": each.signed_at_ms,
                "received_at": each.received_at_ms,
                "org_seq": each.org_seq,
                "revoked_since": each.revoked_since,
            }
            for each in verdict.steps
        ],
        "log_as_of": verdict.head_at_ms,
        "organisation": {"org_seq": verdict.org_seq, "at": verdict.organisation_at_ms},
        "revocations": {"as_of": verdict.revocations_at_ms, "overdue": verdict.overdue},
        "file_sha256": verdict.file_sha256.hex(),
        "root_sha256": verdict.root_sha256.hex(),
    }
