"""The client's log: one JSON object a line in the profile's `log` folder, rotated, for the person who helps.

It holds causes and codes, never content. What the house logs is made of constant sentences with codes, kinds, ids and
numbers (a lint holds that); of a library's record only where it came from is kept, since its text may quote a row or a
message; of an exception its type, its code and the lines it passed, never its text.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

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
        handler.setFormatter(_formatter())
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


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[
            _keep_only_place,
            _tell_fault,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _keep_only_place(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Of what a library says, only where it said it: the text is its own, and may quote what it worked on."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] not in _OURS:
        event["event"] = f"{record.module}:{record.lineno}"
    return event


def _tell_fault(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Types, codes and places in the stead of a traceback, whose last line is the exception's text."""
    event.pop("stack_info", None)
    fault: ExcInfo | None = event.pop("exc_info", None)
    if fault and fault[1] is not None:
        event["fault"] = _chain(fault[1])
    return event


def _chain(error: BaseException) -> list[dict[str, object]]:
    """The exception and those that led to it, the last one first."""
    told: list[dict[str, object]] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        code = {"code": at.code.value} if isinstance(at, JinshuError) else {}
        told.append({"type": type(at).__qualname__, **code, "at": _places(at.__traceback__)})
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return told


def _places(trace: TracebackType | None) -> list[str]:
    places: list[str] = []
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "?"))
        places.append(f"{module}:{trace.tb_lineno} {trace.tb_frame.f_code.co_name}")
        trace = trace.tb_next
    return places[-_LINES:]
