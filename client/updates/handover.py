"""The version that was replaced starts the new one and stays until it has started: what is broken cannot watch over itself.

The new process holds one end of a pipe and writes to it when it has started (`UpdateJournal.complete`); if it dies, the other end
reads the end of the file. Nothing is asked again and again, and no time is waited for.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from client.updates.installers import Installer
from client.updates.journal import UpdateJournal
from client.updates.rollback import DEATHS, UpdatePhase
from protocol.errors import JinshuError

_log = logging.getLogger(__name__)
_PIPE: Final = "JINSHU_STARTED_PIPE"


class StartedSignal:
    """The new process's end of the pipe, if somebody watches over it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        number = environment.get(_PIPE, "")
        self._descriptor = int(number) if number.isdecimal() else None
        os.environ.pop(_PIPE, None)
        if self._descriptor is not None:
            try:
                # What this process starts must not hold it open after its end.
                os.set_inheritable(self._descriptor, False)
            except OSError:
                self._descriptor = None

    def give(self) -> None:
        """It has started; said once."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                os.write(descriptor, b"s")
                os.close(descriptor)
            except OSError:
                _log.info("who started this version is gone")


def hand_over(journal: UpdateJournal, installer: Installer, arguments: Sequence[str]) -> int:
    """Run what was installed in this version's place, and this version again when that one dies twice.

    Args:
        journal: the profile's; nothing holds the profile any more.
        installer: which has just installed.
        arguments: of the command line, for whichever version runs.

    Returns the exit code of this process; does not return where the former version goes on in its place.
    """
    for _ in range(DEATHS):
        if _started([*installer.command(), *arguments], journal):
            return 0
    journal.died_unseen()
    return go_back(journal, installer, arguments)


def go_back(journal: UpdateJournal, installer: Installer | None, arguments: Sequence[str]) -> int:
    """Put the former version in its place again and run it in this process's stead.

    Returns 1 where that is not possible.
    """
    state = journal.state
    try:
        if installer is None:
            raise FileNotFoundError
        installer.put_back(Path(state.former) if state.former else None, state.good)
        command = [*installer.command(), *arguments]
        if sys.platform == "win32":
            subprocess.Popen(command)
            return 0
        os.execv(command[0], command)
    except (JinshuError, OSError) as error:
        _log.error("the former version cannot be brought back: %s", type(error).__name__)
        return 1


def _started(command: Sequence[str], journal: UpdateJournal) -> bool:
    """Whether it has started, or was closed in order; False: it died."""
    if sys.platform == "win32":  # nothing is inherited there; a version that dies counts its own deaths
        subprocess.Popen(list(command))
        return True
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as end:
        try:
            child = subprocess.Popen(
                list(command),
                pass_fds=(theirs,),
                env={**os.environ, _PIPE: str(theirs)},
                start_new_session=True,
            )
        except OSError as error:
            _log.error("the new version cannot be run: %s", type(error).__name__)
            return False
        finally:
            os.close(theirs)
        if end.read(1):
            # It outlives this process on purpose; Popen would complain of a child that nobody waits for.
            child.returncode = 0
            return True
    # It ended. In order is also who was closed at the login page; who ended well without having begun is no version of ours.
    phase = journal.state.phase
    return phase is UpdatePhase.SETTLED or (child.wait() == 0 and phase is not UpdatePhase.INSTALLING)
