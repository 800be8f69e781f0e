"""The client's log file: causes and codes for the person who helps, never plaintext, keys or tokens."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_FILE_BYTES: Final = 2 << 20
_FILES: Final = 3
# httpx and SQLAlchemy put addresses and bound parameters (rows!) into their lower levels.
_QUIET: Final = ("httpx", "httpcore", "sqlalchemy", "websockets", "asyncio", "keyring")


def start_log(folder: Path, *, level: int = logging.INFO) -> logging.Handler:
    """Write the logs of `client` and of its libraries' warnings under `folder`; returns the handler to
    close."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "client.log", maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("client").setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler


def stop_log(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    handler.close()
