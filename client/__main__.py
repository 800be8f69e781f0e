"""`jinshu`: the desktop client; with `--self-test` the checks of this installation, without a window, and with `--verify` the verdict on a
file, in a small one."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.core.memory import keep_memory_private
from client.core.paths import ProfilePaths
from client.core.profile import is_held
from client.updates.handover import go_back, hand_over
from client.updates.installers import installer_here
from client.updates.journal import UpdateJournal, begin_or_leave
from client.updates.profile_folder import profile_folder
from client.updates.rollback import Deed
from protocol.release import RELEASE

if TYPE_CHECKING:
    from client.app import Application
    from client.core.keys.keyring_port import KeyringPort

_SELF_TEST: Final = "--self-test"
_VERIFY: Final = "--verify"
_HIDDEN: Final = "--hidden"


def begin(argv: Sequence[str], keyring: KeyringPort | None = None) -> Application:
    """Load and build everything; its loop does not run yet."""
    # What start-up makes stays until the end: looking for garbage among it again and again would cost a tenth of it.
    gc.disable()
    from client.app import start  # deferred, so that loading it is part of what is hurried here

    application = start(argv, keyring=keyring)
    gc.freeze()
    gc.enable()
    return application


def run(argv: Sequence[str], keyring: KeyringPort | None = None) -> int:
    """Run the client; returns its exit code. Where it runs already, that one is shown, with what this one was opened with. Where this
    version does not start, the former one is run in its place."""
    if handed_over(argv):
        return 0
    journal, installer = UpdateJournal(profile_folder(argv), RELEASE), installer_here()
    if begin_or_leave(journal) is Deed.GO_BACK:
        go_back(journal, installer, argv)  # returns only where it cannot
    application = begin(argv, keyring)
    code = application.run()
    if application.replaced and installer is not None:
        # Its user saw it being installed.
        return hand_over(journal, installer, [word for word in argv if word != _HIDDEN])
    return code


def handed_over(argv: Sequence[str]) -> bool:
    """Whether another process has this profile open, and took over what was to be shown."""
    lock = ProfilePaths(profile_folder(argv)).lock
    if not _is_held(lock):
        return False
    # Deferred: only a second start needs them, and it needs nothing else.
    from client.command_line import parse
    from client.ui.desktop import second_start

    handed = second_start.to_hand_over(parse(argv).opened, os.environ)
    return second_start.hand_over(lock.parent, handed, lambda: _is_held(lock))


def _is_held(lock: Path) -> bool:
    try:
        return is_held(lock)
    except OSError:
        return False  # whoever opens the profile says what is wrong with it


def main() -> int:
    """Run the client; returns its exit code."""
    keep_memory_private()
    if _SELF_TEST in sys.argv[1:]:
        from client.self_test import command  # deferred: no start of the program pays for it

        return command.main(sys.argv[1:])
    if any(word.split("=")[0] == _VERIFY for word in sys.argv[1:]):
        from client import verdict_program  # deferred, as the client is

        return verdict_program.main(sys.argv[1:])
    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
