"""`jinshu --verify FILE`, a program of its own beside the client: it opens no profile, and neither waits for the other."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from client.command_line import parse
from client.core.paths import ProfilePaths
from client.core.runtime import CoreRuntime
from client.ui.base.language import set_language
from client.ui.base.qt_application import end_by_signals, make_qt
from client.ui.base.theme import Theme
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import chosen_language, chosen_theme
from client.ui.verdict.window import VerdictWindow
from client.updates.profile_folder import profile_folder


def main(argv: Sequence[str]) -> int:
    """Until the window is closed; returns what `jinshu-verify` would have, or 2 where it was closed before."""
    # What the readers of damaged files have to say is not for the user: our sentences are.
    logging.getLogger().addHandler(logging.NullHandler())
    arguments = parse(argv)
    assert arguments.verify is not None, "who comes here has read it"
    paths = ProfilePaths(profile_folder(argv))
    qt, _input_method = make_qt()
    state = WindowState(paths.root / "window.ini")
    set_language(arguments.language or chosen_language(state))
    Theme(qt, arguments.theme or chosen_theme(state))
    runtime = CoreRuntime()
    runtime.start()
    window = VerdictWindow(arguments.verify, paths.root_certificate, runtime)
    window.show()
    end_by_signals(qt, window)
    code = qt.exec()
    runtime.stop()
    return code or window.status
