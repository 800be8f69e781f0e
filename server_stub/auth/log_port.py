"""What a session asks of the directory log: only whom it believes now. The log itself stands above, in `server_stub.directory`."""

from __future__ import annotations

from typing import Protocol

from protocol.directory.state import DirectoryState


class LogPort(Protocol):
    """The newest verified state; it is another object after each append."""

    @property
    def state(self) -> DirectoryState: ...
