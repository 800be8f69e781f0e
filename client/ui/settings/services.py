"""What the settings ask the core for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from client.core.self_check import CheckRow
from client.core.tokens.rows import TokenRow
from client.directory.rows import PendingMember, PersonCard, RecoveryRow, TrustRow
from client.documents.rows import SealRow
from client.ui.base.catalogue import LanguageName
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.services import Devices
from client.updates.rows import UpdateRow


class Secrets(Protocol):
    """What opens the store (client.core.login.Login)."""

    @property
    def has_keyring_slot(self) -> bool: ...
    @property
    def keyring_available(self) -> bool: ...
    async def change_passphrase(self, old: str, new: str) -> None: ...
    async def add_keyring(self, passphrase: str) -> None: ...
    async def remove_keyring(self) -> None: ...
    @property
    def has_token_slot(self) -> bool: ...
    @property
    def token_label(self) -> str: ...
    async def tokens(self, driver: str = "") -> tuple[TokenRow, ...]: ...
    async def add_token(
        self, passphrase: str, row: TokenRow, pin: str, *, last_try: bool = False
    ) -> None: ...
    async def remove_token(self) -> None: ...


class OwnDevices(Protocol):
    """My devices and my keys (client.directory.service.DirectoryService)."""

    async def me(self) -> PersonCard: ...
    async def pending_members(self) -> tuple[PendingMember, ...]: ...
    async def confirm(self, member: PendingMember, /) -> None: ...
    async def recovery(self) -> RecoveryRow: ...
    async def recover(self, code: str, /) -> None: ...
    async def start_anew(self) -> None: ...
    async def trust(self) -> TrustRow: ...


class Seals(Protocol):
    """The seals I keep (client.documents.seals.SealKeys)."""

    async def rows(self) -> tuple[SealRow, ...]: ...
    async def tokens(self, driver: str = "") -> tuple[TokenRow, ...]: ...
    async def ask_in_token(
        self, seal_id: str, row: TokenRow, pin: str, *, last_try: bool = False
    ) -> None: ...
    async def ask_here(self, seal_id: str) -> None: ...


class SelfChecks(Protocol):
    """The checks of this installation (client.self_test.service.Diagnostics)."""

    @property
    def names(self) -> tuple[str, ...]: ...
    async def run(self, on_row: Callable[[CheckRow], None], /) -> tuple[CheckRow, ...]: ...
    async def bundle(self, rows: Sequence[CheckRow], language: LanguageName, /) -> str: ...


class NewerVersions(Protocol):
    """Newer versions (client.updates.updates.Updates)."""

    async def state(self) -> UpdateRow: ...
    async def check(self) -> UpdateRow: ...
    async def fetch(self) -> UpdateRow: ...
    async def put_off(self) -> None: ...


class Autostart(Protocol):
    """Whether the desktop starts Jinshu at the sign-in (client.ui.desktop.autostart)."""

    @property
    def on(self) -> bool: ...
    def choose(self, *, on: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Desktop:
    """What this desktop can do: `has_tray`, whether there is a tray now; `autostart`, None where it is not ours to switch;
    `tells_lock`, whether it says that its screen is locked."""

    has_tray: Callable[[], bool]
    autostart: Autostart | None
    tells_lock: bool


@dataclass(frozen=True, slots=True)
class About:
    """This program and where it lives; `set_detailed` makes the log tell each step, or no longer, `open_guide` shows the guide."""

    version: str
    system: str
    server: str
    profile: Path
    log: Path
    set_detailed: Callable[[bool], None]
    open_guide: Callable[[], None]


@dataclass(frozen=True, slots=True)
class SettingsServices:
    """All of them."""

    secrets: Secrets
    own_devices: OwnDevices
    seals: Seals
    devices: Devices
    device_choice: DeviceChoice
    about: About
    checks: SelfChecks
    updates: NewerVersions
    desktop: Desktop
