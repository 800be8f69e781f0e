"""The one presenter of errors: an exception becomes what happened, what to do, and a code to quote."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from client.core.errors import as_jinshu_error
from client.ui.base.language import error_text, tr
from client.ui.base.theme import Tone
from protocol.errors import ErrorCode

_log = logging.getLogger(__name__)


@runtime_checkable
class CodedError(Protocol):
    """What JinshuError offers; the interface needs no more of it."""

    @property
    def code(self) -> str: ...
    @property
    def params(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice bar shows."""

    what: str
    do: str = ""
    code: str = ""
    tone: Tone = Tone.SEAL

    @property
    def sentence(self) -> str:
        """What and what to do in one, for the line below a field."""
        return tr("{what} {do}", what=self.what, do=self.do) if self.do else self.what


class NoticePlace(Protocol):
    """Where notices are shown: a page's own bar, or the window's."""

    def show_notice(self, notice: Notice) -> None: ...
    def clear_notice(self) -> None: ...


def code_notice(code: str, params: Mapping[str, object] | None = None, *, tone: Tone = Tone.SEAL) -> Notice:
    """The notice for a code that came as an event rather than as an exception."""
    text = error_text(code, params)
    return Notice(text.what, text.do, str(code), tone)


def present(error: BaseException) -> Notice:
    """The notice for an exception; one without code is our fault and goes to the log with its traceback."""
    if isinstance(error, CodedError):
        return code_notice(error.code, error.params)
    known = as_jinshu_error(error)
    if known.code is ErrorCode.CLIENT_INTERNAL:
        _log.error("unexpected failure", exc_info=error)
    return code_notice(known.code, known.params)
