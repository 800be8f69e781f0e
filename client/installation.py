"""This installation, as a help desk asks for it and as its updates need it."""

from __future__ import annotations

import platform
import random

from PySide6.QtCore import qVersion

from client.core.client import CoreClient
from client.core.connection.update_requests import UpdateRequests
from client.updates.installers import Installer
from client.updates.journal import UpdateJournal
from client.updates.updates import ThisProgram, Updates
from protocol.release import RELEASE


def system_words() -> str:
    """What runs underneath."""
    return f"{platform.platform()}, Python {platform.python_version()}, Qt {qVersion()}"


def updates_of(core: CoreClient, installer: Installer | None, journal: UpdateJournal) -> Updates:
    """Newer versions, for what `installer` can put in this one's place."""
    program = ThisProgram(
        RELEASE,
        None if installer is None else installer.platform,
        keeps_former=installer is not None and installer.keeps_former,
    )
    return Updates(
        core.directory,
        UpdateRequests(core.api),
        core.settings,
        core.clock,
        core.bus,
        random.random,
        core.paths.root / "updates",
        program,
        journal.failed,
    )
