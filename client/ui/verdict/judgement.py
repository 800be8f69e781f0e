"""What `jinshu-verify` says of a file, for a window instead of a console: the same code, the same words."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from client.ui.base.catalogue import LanguageName
from client.ui.base.theme import Tone
from client.verify.command import (
    PAGES_UNCHECKED,
    PROVED,
    REFUSED,
    UNKNOWN_ORIGIN,
    USAGE,
    WORDS_ONLY,
    Question,
    answer,
    installed_roots,
    refuse,
)
from client.verify.sentences import Language
from protocol.errors import ErrorCode, JinshuError

_log = logging.getLogger(__name__)
_TONES: Final = {
    PROVED: Tone.DONE,
    REFUSED: Tone.SEAL,
    USAGE: Tone.WAITING,
    UNKNOWN_ORIGIN: Tone.WAITING,
    WORDS_ONLY: Tone.WAITING,
    PAGES_UNCHECKED: Tone.WAITING,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`status`: the exit status `jinshu-verify` would have; `lines`: its sentences, the first of which says it all."""

    status: int
    lines: tuple[str, ...]

    @property
    def tone(self) -> Tone:
        return _TONES.get(self.status, Tone.WAITING)


def judge(file: Path, own_root: Path, language: LanguageName) -> Judgement:
    """Judge a file. Blocks, and waits for the process that reads it.

    Args:
        own_root: the root this user enrolled under, which counts where none was installed with the program.
    """
    installed = any(place.is_file() for place in installed_roots())
    root = own_root if not installed and own_root.is_file() else None
    said, wrong = io.StringIO(), io.StringIO()
    question = Question(file, root, Language.ZH if language is LanguageName.CHINESE else Language.EN, False)
    try:
        status = answer(question, said, wrong)
    except Exception as error:  # the last place: a file may surprise us, and must then be refused
        _log.error("a file could not be judged: %s", type(error).__name__)
        said = io.StringIO()
        status = refuse(JinshuError(ErrorCode.CLIENT_INTERNAL), question, said)
    lines = [line for line in (said.getvalue() or _bare(wrong.getvalue())).splitlines() if line]
    return Judgement(status, tuple(lines))


def _bare(complaint: str) -> str:
    """Without the name of the command, which nobody typed here."""
    return complaint.removeprefix("jinshu-verify: ")
