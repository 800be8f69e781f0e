"""`jinshu --self-test`: the checks on a terminal, as aligned text in Chinese and English, or as one JSON object."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from client.core.clock import Clock, SystemClock
from client.core.paths import ProfilePaths
from client.core.profile import is_held, read_facts
from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.runner import SelfTest
from client.self_test.surroundings import Surroundings
from client.ui.base.catalogue import LanguageName, remark_text
from protocol.errors import JinshuError
from protocol.release import RELEASE
from protocol.text import Field, shown

PASSED: Final = 0
FAILED: Final = 1
USAGE: Final = 2
_BOTH: Final = (LanguageName.CHINESE, LanguageName.ENGLISH)
_OUTCOME_WIDTH: Final = 17
_TITLE_WIDTH: Final = 32
_MOST_ROOT: Final = 64 << 10
_STATUSES: Final = """\
退出状态 exit status:
  0  没有故障；“注意”“未检查”不算故障      nothing failed; warnings and what was not tried do not count
  1  至少一项故障                           at least one check failed
  2  用法有误                               wrong usage
不读公文、消息、密钥，不登录服务器。 It reads no document, message or key, and does not sign in.
"""


class _UsageError(Exception):
    """The question was put wrongly: what to say of it."""


@dataclass(frozen=True, slots=True)
class _Question:
    profile: Path | None
    server: str
    root: Path | None
    media_port: int
    languages: tuple[LanguageName, ...]
    machine: bool
    output: Path | None


def run_self_test(argv: Sequence[str], out: TextIO, err: TextIO, clock: Clock | None = None) -> int:
    """Make the checks and print them.

    Args:
        argv: the command line without the program's name, `--self-test` in it.
        clock: measures how long each check may take; this computer's if not given.

    Returns:
        The exit status, as `--self-test --help` has them.
    """
    question = _parse(argv)
    try:
        surroundings = _surroundings(question)
        if question.output is not None:
            with _opened(question.output) as file:
                return _answer(question, surroundings, file, clock or SystemClock())
    except _UsageError as error:
        err.write(f"jinshu: {shown(str(error), Field.NOTE)}\n")
        return USAGE
    return _answer(question, surroundings, out, clock or SystemClock())


def _opened(path: Path) -> TextIO:
    try:
        return path.open("x", encoding="utf-8")
    except OSError as error:
        there = isinstance(error, FileExistsError)
        said = "已经存在。 It is there already." if there else "不能写入。 It cannot be written."
        raise _UsageError(f"{path} {said}") from None


def _answer(question: _Question, surroundings: Surroundings, out: TextIO, clock: Clock) -> int:
    printed = _Printer(out, question.languages)

    def tell(row: CheckRow) -> None:
        if not question.machine:
            printed.row(row)

    rows = asyncio.run(SelfTest(surroundings, clock).run(tell))
    if question.machine:
        out.write(json.dumps(_as_json(rows), ensure_ascii=False, indent=1) + "\n")
    else:
        printed.summary(rows)
    return FAILED if any(row.outcome is Outcome.FAILED for row in rows) else PASSED


def _parse(argv: Sequence[str]) -> _Question:
    parser = argparse.ArgumentParser(
        prog="jinshu",
        description="检查本机能否正常使用锦书。 Checks whether Jinshu works on this computer.",
        epilog=_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--self-test", action="store_true", required=True, help="自检 make the checks")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON 对象 one JSON object")
    parser.add_argument("--profile", type=Path, help="本机数据目录 the profile's folder")
    parser.add_argument("--server", default="", help="服务器地址；不给时用本机登记的 else the profile's")
    parser.add_argument(
        "--root", type=Path, help="本市根证书（PEM）；不给时用随程序安装的 else the installed one"
    )
    parser.add_argument(
        "--media-port", type=int, default=0, metavar="PORT", help="会议 UDP 端口 the meeting's UDP port"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="写入新文件，不在屏幕上显示 into a new file"
    )
    parser.add_argument("--lang", choices=[*LanguageName], help="只用一种语言 one language alone")
    given = parser.parse_args(argv)
    if not 0 <= given.media_port <= 65_535:
        parser.error("--media-port: 1–65535")
    languages = _BOTH if given.lang is None else (LanguageName(given.lang),)
    return _Question(
        given.profile, given.server, given.root, given.media_port, languages, given.json, given.output
    )


def _surroundings(question: _Question) -> Surroundings:
    # Deferred: with libraries missing, the checks still have to say so.
    import platformdirs

    profile = question.profile or Path(platformdirs.user_data_dir("jinshu", False)) / "profile"
    server = question.server or _server_of(profile)
    return Surroundings(profile.absolute(), server, _root(question.root), question.media_port)


def _server_of(profile: Path) -> str:
    """The server of a profile that nobody has open; the row of the profile says why there is none."""
    paths = ProfilePaths(profile)
    try:
        return "" if is_held(paths.lock) else read_facts(paths.profile).server
    except (JinshuError, OSError):
        return ""


def _root(named: Path | None) -> str:
    """SHA-256 of the root certificate that is named or installed, in hexadecimal digits; empty without one."""
    # Deferred, as above.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from client.verify.command import installed_roots

    place = named or next((each for each in installed_roots() if each.is_file()), None)
    if place is None:
        return ""
    try:
        with place.open("rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read(_MOST_ROOT))
    except (OSError, ValueError):
        raise _UsageError(f"{place} 不是根证书。 It is no root certificate.") from None
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


class _Printer:
    def __init__(self, out: TextIO, languages: tuple[LanguageName, ...]) -> None:
        self._out = out
        self._languages = languages

    def row(self, row: CheckRow) -> None:
        outcome = self._joined(Remark(f"outcome.{row.outcome.value}"))
        title = self._joined(Remark(f"{row.name}.title"))
        head = f"{_padded(outcome, _OUTCOME_WIDTH)}{_padded(title, _TITLE_WIDTH)}"
        lines = [remark_text(row.found, language) for language in self._languages]
        if row.advice is not None and row.outcome is not Outcome.OK:
            lines += [f"→ {remark_text(row.advice, language)}" for language in self._languages]
        lines += [f"· {shown(text, Field.NOTE)}" for text in row.private if row.outcome is not Outcome.OK]
        blank = " " * (_OUTCOME_WIDTH + _TITLE_WIDTH)
        for number, line in enumerate(lines):
            self._out.write(f"{blank if number else head}{line}\n")
        self._out.flush()

    def summary(self, rows: Sequence[CheckRow]) -> None:
        counts = Counter(row.outcome for row in rows)
        told = {outcome.value: counts[outcome] for outcome in Outcome}
        remark = Remark.of("summary", count=len(rows), **told)
        for language in self._languages:
            self._out.write(f"{remark_text(remark, language)}\n")

    def _joined(self, remark: Remark) -> str:
        return " ".join(remark_text(remark, language) for language in self._languages)


def _as_json(rows: Sequence[CheckRow]) -> dict[str, object]:
    return {
        "release": RELEASE,
        "passed": not any(row.outcome is Outcome.FAILED for row in rows),
        "checks": [
            {
                "name": row.name,
                "outcome": row.outcome.value,
                "found": _texts(row.found),
                "advice": None if row.advice is None else _texts(row.advice),
                "facts": dict(row.facts),
                "private": list(row.private),
            }
            for row in rows
        ],
    }


def _texts(remark: Remark) -> dict[str, object]:
    said = {language.value: remark_text(remark, language) for language in LanguageName}
    return {"key": remark.key, "params": dict(remark.params), **said}


def _padded(text: str, width: int) -> str:
    """With blanks up to a width in columns of a terminal, where a Chinese character takes two; one blank at least."""
    taken = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(1, width - taken)


def main(argv: Sequence[str]) -> int:
    """Print to the standard output, whatever encoding the terminal claims; a program of Windows' desktop has none."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    return run_self_test(argv, sys.stdout or io.StringIO(), sys.stderr or io.StringIO())
