"""`jinshu`: the desktop client; with `--self-test`, the checks of this installation, without a window."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from client.core.memory import keep_memory_private

if TYPE_CHECKING:
    from client.app import Application

_SELF_TEST: Final = "--self-test"


def begin(argv: Sequence[str]) -> Application:
    """Load and build everything; its loop does not run yet."""
    # What start-up makes stays until the end: looking for garbage among it again and again would cost a tenth of it.
    gc.disable()
    from client.app import start  # deferred, so that loading it is part of what is hurried here

    application = start(argv)
    gc.freeze()
    gc.enable()
    return application


def main() -> int:
    """Run the client; returns its exit code."""
    keep_memory_private()
    if _SELF_TEST in sys.argv[1:]:
        from client.self_test import command  # deferred: no start of the program pays for it

        return command.main(sys.argv[1:])
    return begin(sys.argv[1:]).run()


if __name__ == "__main__":
    raise SystemExit(main())
