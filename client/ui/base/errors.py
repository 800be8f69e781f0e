"""The one presenter of errors: an exception becomes what happened, what to do, and a code to quote."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from client.core.errors import as_jinshu_error
from client.ui.base.language import error_text, tr
from client.ui.base.theme import Tone
from protocol.errors import ErrorCode, Recovery, recovery_of

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


# What happens in the ordinary course of things: nothing went wrong, and there is nothing to quote to a help desk.
_NEWS: Final = frozenset({ErrorCode.MEETINGS_MUTED, ErrorCode.MEETINGS_ENDED, ErrorCode.BLOBS_CANCELLED})
# Not a fault either, but something is to be waited for or done.
_WAITING: Final = frozenset(
    {
        ErrorCode.AUTH_INVITATION_IDLE,
        ErrorCode.CLIENT_OUTDATED,
        ErrorCode.DIRECTORY_OVERDUE,
        ErrorCode.DOCUMENTS_CASE_HEAD_STALE,
        ErrorCode.DOCUMENTS_STALE_HEAD,
        ErrorCode.MEETINGS_DEVICE_FAILED,
        ErrorCode.MEETINGS_LOCKED,
        ErrorCode.MEETINGS_REMOVED,
        ErrorCode.MEETINGS_SOMEBODY_WAITS,
        ErrorCode.PROFILE_LOCKED,
        ErrorCode.STORE_LOCKED,
        ErrorCode.UPDATES_DECLINED,
        ErrorCode.UPDATES_EXPIRED,
        ErrorCode.UPDATES_MISSING,
        ErrorCode.UPDATES_NO_INSTALLER,
        ErrorCode.UPDATES_WENT_BACK,
        ErrorCode.SYNC_ACT_UNDER_WAY,
    }
)
# These pass, too, but the server's operator should hear of them.
_FAULTS: Final = frozenset({ErrorCode.SERVER_INTERNAL, ErrorCode.NETWORK_SERVER_FAILED})


def tone_of(code: str) -> Tone:
    """Red for what went wrong alone; amber for what passes, or waits for somebody; neutral for what is merely told."""
    if code not in set(ErrorCode):
        return Tone.SEAL
    known = ErrorCode(code)
    if known in _NEWS:
        return Tone.NEUTRAL
    passes = recovery_of(known) in (Recovery.RETRY, Recovery.REAUTHENTICATE) and known not in _FAULTS
    return Tone.WAITING if passes or known in _WAITING else Tone.SEAL


def code_notice(code: str, params: Mapping[str, object] | None = None) -> Notice:
    """The notice for a code that came as an event rather than as an exception; news has no code to quote."""
    text, tone = error_text(code, params), tone_of(code)
    return Notice(text.what, text.do, "" if tone is Tone.NEUTRAL else str(code), tone)


def present(error: BaseException) -> Notice:
    """The notice for an exception; one without code is our fault and goes to the log with its traceback."""
    if isinstance(error, CodedError):
        return code_notice(error.code, error.params)
    known = as_jinshu_error(error)
    if known.code is ErrorCode.CLIENT_INTERNAL:
        _log.error("unexpected failure", exc_info=error)
    return code_notice(known.code, known.params)
