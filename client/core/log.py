"""The client's log: one JSON object a line in the profile's `log` folder, rotated, for the person who helps.

It holds causes and codes, never content. What the house logs is made of constant sentences with codes, kinds, ids and
numbers (a lint holds that); of a library's record only where it came from is kept, since its text may quote a row or a
message; of an exception its type, its code and the lines it passed, never its text.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from protocol.errors import JinshuError

FILE: Final = "client.log"
_FILE_BYTES: Final = 2 << 20
_FILES: Final = 3
_OURS: Final = ("client", "protocol")
_LINES: Final = 24  # of a traceback, the innermost
_log = logging.getLogger(__name__)


class ClientLog:
    """The log of one process, from `open` to `close`; faults that nobody caught go into it as well."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler
        self._former = (sys.excepthook, threading.excepthook)

    @classmethod
    def open(cls, folder: Path) -> ClientLog:
        """Write to `folder`, and let the house say what passes and what fails."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / FILE, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8"
        )
        handler.setFormatter(_JsonLine())
        logging.getLogger().addHandler(handler)
        opened = cls(handler)
        opened.set_detailed(on=False)
        sys.excepthook = opened._on_fault
        threading.excepthook = opened._on_thread_fault
        return opened

    def set_detailed(self, *, on: bool) -> None:
        """Write each step down, for as long as somebody looks for a fault."""
        for name in _OURS:
            logging.getLogger(name).setLevel(logging.DEBUG if on else logging.INFO)

    def close(self) -> None:
        sys.excepthook, threading.excepthook = self._former
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()

    def _on_fault(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.critical("a fault that nobody caught", exc_info=(kind, error, trace))
        self._former[0](kind, error, trace)

    def _on_thread_fault(self, fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            known = (fault.exc_type, fault.exc_value, fault.exc_traceback)
            _log.critical("a fault that nobody caught, in a thread", exc_info=known)
        self._former[1](fault)


class _JsonLine(logging.Formatter):
    """Written by hand: importing structlog for it costs a start more than a tenth of a second."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            # In the stead of a traceback, whose last line is the exception's text.
            line["fault"] = fault_chain(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    """Our own sentence. Of what a library says, only where it said it: its text may quote what it worked on."""
    ours = record.name.partition(".")[0] in _OURS
    return record.getMessage() if ours else f"{record.module}:{record.lineno}"


def fault_chain(error: BaseException) -> list[dict[str, object]]:
    """The exception and those that led to it, the last one first: of each its `type`, its `code` if it has one, and the
    places it passed (`at`), the innermost last. Never its text."""
    chain: list[dict[str, object]] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        code = {"code": at.code.value} if isinstance(at, JinshuError) else {}
        chain.append({"type": type(at).__qualname__, **code, "at": _places(at.__traceback__)})
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return chain


def _places(trace: TracebackType | None) -> list[str]:
    places: list[str] = []
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "?"))
        places.append(f"{module}:{trace.tb_lineno} {trace.tb_frame.f_code.co_name}")
        trace = trace.tb_next
    return places[-_LINES:]
