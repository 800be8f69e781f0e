"""Written doubles for pages: a login that remembers, a directory of a few people, a runner that works at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any, TypeVar

from client.core.events import LoginState
from client.core.tokens.rows import PinState
from client.directory.rows import (
    BodyRow,
    DeviceRow,
    PendingMember,
    PersonCard,
    PersonRow,
    PostRow,
    RecoveryRow,
    TrustRow,
)
from protocol.directory.age import LogAge, Stage
from protocol.errors import ErrorCode, JinshuError

T = TypeVar("T")


class AtOnce:
    """Runs what is submitted to its end, on this thread."""

    def submit(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        try:
            future.set_result(asyncio.run(work))
        except JinshuError as error:
            future.set_exception(error)
        return future


class LoginDouble:
    """Says what it was asked; one passphrase is right."""

    def __init__(self, state: LoginState = LoginState.NEW) -> None:
        self.state = state
        self.needs_code = False
        self.server = ""
        self.has_keyring_slot = False
        self.keyring_available = False
        self.keyring_opens = True
        self.token_label = ""
        self.pin_state = PinState.FINE
        self.token_refusal: ErrorCode | None = None
        self.recoverable = False
        self.passphrase_forgotten = False
        self.asked: list[tuple[str, ...]] = []

    async def enrol(self, server: str, code: str, label: str) -> None:
        if not code.startswith("jinshu1"):
            raise JinshuError(ErrorCode.AUTH_ENROLMENT_CODE_MALFORMED)
        self.asked.append((server, code, label))
        self.state = LoginState.WAITING

    async def wait(self) -> None:
        self.state = LoginState.UNPROTECTED

    async def abandon(self) -> None:
        self.state = LoginState.NEW

    def recovery_code(self) -> str:
        return "gijtc-ayn3q-6xysi-sbloi-uhxaa-7asvo-6ifc5-25huw-imsbl-ehig4-x4fxq-f"

    async def protect(
        self, passphrase: str, *, use_keyring: bool = False, known_code: str | None = None
    ) -> None:
        if known_code is not None and known_code != self.recovery_code():
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
        kept = ("keyring",) if use_keyring else ()
        self.asked.append((passphrase, *kept, *(() if known_code is None else (known_code,))))
        self.state = LoginState.OPEN

    async def unlock(self, passphrase: str) -> None:
        if passphrase != "right passphrase":
            raise JinshuError(ErrorCode.KEYS_WRONG_PASSPHRASE)
        self.state = LoginState.OPEN

    async def unlock_with_recovery(self, code: str) -> None:
        if code != self.recovery_code():
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
        self.state = LoginState.OPEN
        self.passphrase_forgotten = True

    async def unlock_with_keyring(self) -> bool:
        if self.keyring_opens:
            self.state = LoginState.OPEN
        return self.keyring_opens

    @property
    def has_token_slot(self) -> bool:
        return bool(self.token_label)

    async def token_state(self) -> PinState:
        if self.token_refusal is not None:
            raise JinshuError(self.token_refusal, token=self.token_label)
        return self.pin_state

    async def unlock_with_token(self, pin: str, *, last_try: bool = False) -> None:
        self.asked.append((pin, *(("last try",) if last_try else ())))
        if self.pin_state is PinState.LAST_TRY and not last_try:
            raise JinshuError(ErrorCode.KEYS_TOKEN_LAST_TRY)
        if pin != "654321":
            raise JinshuError(ErrorCode.KEYS_TOKEN_WRONG_PIN)
        self.state = LoginState.OPEN

    async def replace_passphrase(self, new: str) -> None:
        self.asked.append((new,))
        self.passphrase_forgotten = False

    def keep_passphrase(self) -> None:
        self.passphrase_forgotten = False

    async def set_aside(self) -> None:
        self.state = LoginState.NEW


CLERK = PersonRow("prs_clerk", "发改委文书", ("市发展改革委 文秘科文书",), True, False)
LEADER = PersonRow("prs_leader", "发改委主任", ("市发展改革委 主任",), False, False)
WAITING = PendingMember("bdy_b", "云江市发展和改革委员会", "prs_x", "dev_x", "第二文书 · 办公电脑", False)


CURRENT = LogAge(Stage.CURRENT, (), 0, None, 1_790_000_000_000, clock_differs=False)


class DirectoryDouble:
    """Two bodies, two people, one who waits."""

    def __init__(self, age: LogAge = CURRENT) -> None:
        self.confirmed: list[PendingMember] = []
        self.shown_age = age
        self.clock_confirmed = False

    async def bodies(self) -> tuple[BodyRow, ...]:
        clerk = PostRow("pst_c", "bdy_b", "文秘科文书", ("draft", "registry"), (CLERK,))
        leader = PostRow("pst_l", "bdy_b", "主任", ("sign",), (LEADER,))
        return (
            BodyRow("bdy_a", "云江市人民政府", "市政府", None, 0, (), False),
            BodyRow("bdy_b", "云江市发展和改革委员会", "市发展改革委", "bdy_a", 1, (clerk, leader), True),
        )

    async def card(self, _person: str, /) -> PersonCard:
        return PersonCard(CLERK, (DeviceRow("dev_a", "办公电脑", "first", 1_790_000_000_000, False, False),))

    async def pending_members(self) -> tuple[PendingMember, ...]:
        return () if self.confirmed else (WAITING,)

    async def confirm(self, member: PendingMember, /) -> None:
        self.confirmed.append(member)

    async def age(self) -> LogAge:
        return self.shown_age

    async def confirm_clock(self) -> None:
        self.clock_confirmed = True

    async def trust(self) -> TrustRow:
        return TrustRow(15, 1_790_000_000_000, 2, "", "00" * 32)

    async def me(self) -> PersonCard:
        return await self.card(CLERK.id)

    async def recovery(self) -> RecoveryRow:
        return RecoveryRow(False, False)

    async def recover(self, _code: str, /) -> None:
        raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)

    async def start_anew(self) -> None:
        raise JinshuError(ErrorCode.PROFILE_LOCKED)
