"""The story's conversations: two people, then three, one of them away while two messages and a file are sent."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.officials import CLERK, FINANCE, LEADER
from tests.end_to_end.processes import Client
from tests.end_to_end.report import Report
from tests.support.blind_search import Needle, text_needle

_ANSWER: Final = "收到，下午三点前报送"
_WHILE_AWAY: Final = ("请主任看一下值班安排", "另附上最新的点位图")
GROUP: Final = "汛期值守工作组"


class Talk:
    """Moves the clients; what was sent, and what arrived where after how long, goes into the report."""

    def __init__(
        self, nonce: str, file: Path, clients: dict[str, Client], report: Report, folder: Path
    ) -> None:
        self._nonce = nonce
        self._file = file
        self._clients = clients
        self._report = report
        self._folder = folder
        self._sent: list[str] = []
        self._arrived: dict[str, list[dict[str, Any]]] = {}

    @property
    def first(self) -> str:
        return f"请于今天报送汛期值班表 {self._nonce}"

    def needles(self) -> list[Needle]:
        """Everything said, for the search of the server."""
        return [text_needle(text) for text in (self.first, _ANSWER, *_WHILE_AWAY, GROUP)]

    def between_two(self) -> None:
        clerk, finance = self._clients[CLERK.key], self._clients[FINANCE.key]
        with self._report.step("消息：两人会话"):
            self._start(clerk, FINANCE.name)
            self._say(clerk, self.first, FINANCE.key)
            self._open(finance, CLERK.name)
            self._see(finance, FINANCE.key, self.first)
            self._say(finance, _ANSWER, CLERK.key)
            self._see(clerk, CLERK.key, _ANSWER)
            self._shoot("conversation", clerk)

    def leave_messages(self) -> None:
        """The leader's client is closed: what is said now waits for it."""
        clerk = self._clients[CLERK.key]
        with self._report.step("消息：三人会话，一人离线"):
            self._start(clerk, LEADER.name, FINANCE.name, title=GROUP)
            for text in _WHILE_AWAY:
                self._say(clerk, text, FINANCE.key)
            clerk.do("drop", "输入消息", paths=[str(self._file)])
            clerk.do("click", "确认发送")
            clerk.do("row", "消息", text=self._file.name)

    def catch_up(self, leader: Client) -> None:
        """The leader is back: everything is there, in order."""
        with self._report.step("消息：离线者上线后收齐"):
            self._open(leader, GROUP)
            for text in (*_WHILE_AWAY, self._file.name):
                self._see(leader, LEADER.key, text)
            self._shoot("messages", leader)
        self._report.facts["messages"] = {"sent": self._sent, "arrived": self._arrived}

    def _start(self, client: Client, *people: str, title: str = "") -> None:
        client.do("click", "消息")
        client.do("click", "发起会话")
        for person in people:
            client.do("click_row", "选择人员", text=person, check=True)
        if title:
            client.do("type", "会话名称", text=title)
        client.do("click", "开始会话")
        client.do("enabled", "输入消息")

    def _open(self, client: Client, title: str) -> None:
        client.do("click", "消息")
        client.do("click_row", "会话列表", text=title)
        client.do("enabled", "输入消息")

    def _say(self, client: Client, text: str, receiver: str) -> None:
        del receiver
        client.do("type", "输入消息", text=text)
        self._said_at = time.monotonic()
        client.do("click", "发送")
        client.do("row", "消息", text=text)
        self._sent.append(text)

    def _see(self, client: Client, receiver: str, text: str) -> None:
        client.do("row", "消息", text=text)
        after = round((time.monotonic() - self._said_at) * 1000)
        self._arrived.setdefault(receiver, []).append({"text": text, "after_ms": after})

    def _shoot(self, page: str, client: Client) -> None:
        path = self._folder / "screenshots" / f"{page}.png"
        client.do("screenshot", path=str(path))
        self._report.facts["screenshots"][page] = self._report.relative(path)
