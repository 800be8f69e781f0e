"""The settings' services, written out: secrets with one right passphrase, a person with devices, and where things lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from client.core.self_check import CheckRow, Outcome, Remark
from client.core.tokens.rows import PinState, TokenName, TokenRow
from client.directory.rows import DeviceRow, PendingMember, PersonCard, RecoveryRow, TrustRow
from client.documents.rows import SealRow, SealStanding
from client.ui.base.catalogue import LanguageName
from client.ui.base.window_state import WindowState
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.settings.services import About, Desktop, OwnDevices, SettingsServices
from client.updates.rows import UpdateRow, UpdateStage
from protocol.errors import ErrorCode, JinshuError
from tests.ui.login_double import CLERK
from tests.ui.meetings_double import DevicesDouble

NOW = 1_790_000_000_000
DAY = 24 * 3600 * 1000
RIGHT = "three springs 17"
CODE = "gijtc-ayn3q-6xysi-sbloi-uhxaa-7asvo-6ifc5-25huw-imsbl-ehig4-x4fxq-f"
HERE = DeviceRow("dev_a", "办公电脑", "first", 1_790_000_000_000, False, True, "3f9a 01c2 77de 40b8")
LAPTOP = DeviceRow(
    "dev_b", "出差用笔记本", "on_ca_word", 1_790_500_000_000, False, False, "c01d 8e55 9a3b 12f7"
)
OLD = DeviceRow("dev_c", "旧电脑", "consented", 1_760_000_000_000, True, False, "77aa 10ff 2b3c 9d0e")
ASKS = PendingMember("prs_clerk", "王芳", "prs_clerk", "dev_b", "王芳 · 出差用笔记本", True, LAPTOP.check)


UKEY = TokenRow(
    "/usr/lib/opensc-pkcs11.so",
    TokenName("发改委文书 王芳", "38f3e0ea7ed57f2e", "Feitian", "ePass"),
    PinState.FINE,
)


class SecretsDouble:
    """Remembers the passphrase in force, and whether a keyring has the key."""

    def __init__(self, *, keyring_available: bool = True) -> None:
        self.passphrase = RIGHT
        self.has_keyring_slot = False
        self.keyring_available = keyring_available
        self.token_label = ""
        self.plugged_in: tuple[TokenRow, ...] = (UKEY,)
        self.asked: list[tuple[object, ...]] = []

    async def change_passphrase(self, old: str, new: str) -> None:
        self._prove(old)
        self.passphrase = new

    async def add_keyring(self, passphrase: str) -> None:
        self._prove(passphrase)
        self.has_keyring_slot = True

    async def remove_keyring(self) -> None:
        self.has_keyring_slot = False

    @property
    def has_token_slot(self) -> bool:
        return bool(self.token_label)

    async def tokens(self, driver: str = "") -> tuple[TokenRow, ...]:
        if driver.endswith("bad.so"):
            raise JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_FAILED, file="bad.so")
        return self.plugged_in

    async def add_token(self, passphrase: str, row: TokenRow, pin: str, *, last_try: bool = False) -> None:
        self._prove(passphrase)
        self.asked.append((row.name.label, pin, last_try))
        if pin != "654321":
            raise JinshuError(ErrorCode.KEYS_TOKEN_WRONG_PIN if last_try else ErrorCode.KEYS_TOKEN_LAST_TRY)
        self.token_label = row.name.label

    async def remove_token(self) -> None:
        self.token_label = ""

    def _prove(self, passphrase: str) -> None:
        if passphrase != self.passphrase:
            raise JinshuError(ErrorCode.KEYS_WRONG_PASSPHRASE)


class SealsDouble:
    """Keeps what it is asked for; the PIN is 654321. Nothing is kept unless a test puts a seal in."""

    def __init__(self, *rows: SealRow) -> None:
        self.kept = rows
        self.plugged_in: tuple[TokenRow, ...] = (UKEY,)
        self.asked: list[tuple[object, ...]] = []

    async def rows(self) -> tuple[SealRow, ...]:
        return self.kept

    async def tokens(self, driver: str = "") -> tuple[TokenRow, ...]:
        del driver
        return self.plugged_in

    async def ask_in_token(self, seal_id: str, row: TokenRow, pin: str, *, last_try: bool = False) -> None:
        self.asked.append((seal_id, row.name.label, pin, last_try))
        if pin != "654321":
            raise JinshuError(ErrorCode.KEYS_TOKEN_WRONG_PIN if last_try else ErrorCode.KEYS_TOKEN_LAST_TRY)
        self._move(seal_id, row.name.label)

    async def ask_here(self, seal_id: str) -> None:
        self.asked.append((seal_id,))
        self._move(seal_id, "")

    def _move(self, seal_id: str, token: str) -> None:
        self.kept = tuple(
            replace(each, standing=SealStanding.MOVING, asked_token=token) if each.id == seal_id else each
            for each in self.kept
        )


class OwnDevicesDouble:
    """Three devices, one of which asks; or a device without its person's keys."""

    def __init__(self, *, recoverable: bool = False, may_start_anew: bool = False) -> None:
        self.waiting: tuple[PendingMember, ...] = (ASKS,)
        self.row = RecoveryRow(recoverable, may_start_anew)
        self.done: list[str] = []

    async def me(self) -> PersonCard:
        return PersonCard(CLERK, (HERE, LAPTOP, OLD))

    async def pending_members(self) -> tuple[PendingMember, ...]:
        return self.waiting

    async def confirm(self, member: PendingMember, /) -> None:
        self.done.append(member.device)
        self.waiting = ()

    async def recovery(self) -> RecoveryRow:
        return self.row

    async def recover(self, code: str, /) -> None:
        if code != CODE:
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
        self.done.append("recovered")
        self.row = RecoveryRow(False, False)

    async def start_anew(self) -> None:
        self.done.append("started anew")
        self.row = RecoveryRow(False, False)

    async def trust(self) -> TrustRow:
        return TrustRow(15, 1_790_000_000_000, 2, "", "ab12cd34" * 8)


ROWS = (
    CheckRow("store", Outcome.OK, Remark("store.found")),
    CheckRow("keyring", Outcome.WARNING, Remark("keyring.none"), Remark("keyring.passphrase")),
    CheckRow(
        "page_fonts",
        Outcome.FAILED,
        Remark("page_fonts.other"),
        Remark("reinstall"),
        (("engine", "typst 0.99"),),
    ),
    CheckRow("microphones", Outcome.OK, Remark.of("microphones.found", count=1), None, (), ("王芳的耳机",)),
    CheckRow("server", Outcome.NOT_TRIED, Remark("server.unconfigured")),
)


class ChecksDouble:
    """These rows, each time; the bundle says how many it was given."""

    def __init__(self, rows: Sequence[CheckRow] = ROWS) -> None:
        self.rows = tuple(rows)
        self.runs = 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(row.name for row in self.rows)

    async def run(self, on_row: Callable[[CheckRow], None], /) -> tuple[CheckRow, ...]:
        self.runs += 1
        for row in self.rows:
            on_row(row)
        return self.rows

    async def bundle(self, rows: Sequence[CheckRow], language: LanguageName, /) -> str:
        return "\n".join([f"jinshu 0.1.0 {language.value}", *(row.name for row in rows)]) + "\n"


class UpdatesDouble:
    """One row, which looking and fetching change as a test says."""

    def __init__(self, row: UpdateRow | None = None) -> None:
        self.row = row or UpdateRow(UpdateStage.CURRENT, "0.4.0", checked_at=NOW, expires_at=NOW + 30 * DAY)
        self.after_check: UpdateRow | JinshuError | None = None
        self.after_fetch: UpdateRow | JinshuError | None = None
        self.put_offs = 0

    async def state(self) -> UpdateRow:
        return self.row

    async def check(self) -> UpdateRow:
        return self._become(self.after_check)

    async def fetch(self) -> UpdateRow:
        return self._become(self.after_fetch)

    async def put_off(self) -> None:
        self.put_offs += 1
        self.row = replace(self.row, put_off=True)

    def _become(self, found: UpdateRow | JinshuError | None) -> UpdateRow:
        if isinstance(found, JinshuError):
            raise found
        self.row = found or self.row
        return self.row


class AutostartDouble:
    """Remembers what was chosen, unless the computer does not let it."""

    def __init__(self, fault: OSError | None = None) -> None:
        self.on = False
        self.fault = fault

    def choose(self, *, on: bool) -> None:
        if self.fault is not None:
            raise self.fault
        self.on = on


def settings_services(
    state: WindowState,
    own: OwnDevices | None = None,
    secrets: SecretsDouble | None = None,
    devices: DevicesDouble | None = None,
    checks: ChecksDouble | None = None,
    updates: UpdatesDouble | None = None,
    desktop: Desktop | None = None,
    seals: SealsDouble | None = None,
) -> SettingsServices:
    """All of them, with what a test wants to look at."""
    return SettingsServices(
        secrets or SecretsDouble(),
        own or OwnDevicesDouble(),
        seals or SealsDouble(),
        devices or DevicesDouble(),
        DeviceChoice(state),
        About(
            "0.1.0",
            "Linux-5.10.0-uos-x86_64-with-glibc2.28, Python 3.11.7, Qt 6.9.3",
            "https://10.20.30.40:8443",
            Path("/home/wangfang/.local/share/jinshu/profile"),
            Path("/home/wangfang/.local/share/jinshu/profile/log"),
            lambda _on: None,
            lambda: None,
        ),
        checks or ChecksDouble(),
        updates or UpdatesDouble(),
        desktop or Desktop(lambda: True, AutostartDouble(), tells_lock=True),
    )
