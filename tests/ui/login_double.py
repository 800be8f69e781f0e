"""Written doubles for pages: a login that remembers, a directory of a few people, a runner that works at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any, TypeVar

from client.core.events import LoginState
from client.directory.rows import BodyRow, DeviceRow, PendingMember, PersonCard, PersonRow, PostRow, TrustRow
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

    async def protect(self, passphrase: str, *, use_keyring: bool = False) -> None:
        self.asked.append((passphrase,))
        self.state = LoginState.OPEN

    async def unlock(self, passphrase: str) -> None:
        if passphrase != "right passphrase":
            raise JinshuError(ErrorCode.KEYS_WRONG_PASSPHRASE)
        self.state = LoginState.OPEN

    async def unlock_with_recovery(self, code: str) -> None:
        if code != self.recovery_code():
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
        self.state = LoginState.OPEN


CLERK = PersonRow("prs_clerk", "发改委文书", ("市发展改革委 文秘科文书",), True, False)
LEADER = PersonRow("prs_leader", "发改委主任", ("市发展改革委 主任",), False, False)
WAITING = PendingMember("bdy_b", "云江市发展和改革委员会", "prs_x", "dev_x", "第二文书 · 办公电脑", False)


class DirectoryDouble:
    """Two bodies, two people, one who waits."""

    def __init__(self) -> None:
        self.confirmed: list[PendingMember] = []

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

    async def trust(self) -> TrustRow:
        return TrustRow(15, 1_790_000_000_000, 2, "", "00" * 32)
