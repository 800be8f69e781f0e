"""The story's meeting: the clerk calls it, two join, all send a picture that carries a word and a tone of their own."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.officials import CLERK, FINANCE, LEADER, OFFICIALS
from tests.end_to_end.processes import Client
from tests.end_to_end.report import Report

TONES: Final = {CLERK.key: 440.0, LEADER.key: 620.0, FINANCE.key: 880.0}
_FRAMES: Final = 45
_TONE_SECONDS: Final = 3.0
# Asking costs the clients time that their pictures need.
_BETWEEN_QUESTIONS_SECONDS: Final = 0.5


def word_of(nonce: str, key: str) -> str:
    """What somebody's picture carries: the nonce of the story and whose it is."""
    return f"{nonce}/{key}"


class Gathering:
    """Moves the clients; what reached whom goes into the report."""

    def __init__(
        self, nonce: str, title: str, clients: dict[str, Client], report: Report, folder: Path
    ) -> None:
        self._nonce = nonce
        self._title = title
        self._clients = clients
        self._report = report
        self._folder = folder
        self.secrets: dict[str, bytes] = {}

    def run(self) -> None:
        clerk, others = self._clients[CLERK.key], [LEADER, FINANCE]
        with self._report.step("会议：召集并入会"):
            self._call(clerk)
            guest = self._clients[FINANCE.key]
            guest.do("click", "今日")
            guest.do("row", "今日会议", text=self._title)
            self._shoot("today_waiting", guest)
            for other in others:
                self._join(self._clients[other.key])
        with self._report.step("会议：互相看见、听见"):
            figures = self._until_all_arrives()
            self._report.facts["meeting"] = figures
            held = clerk.do("meeting_secrets")
            self.secrets = {f"会议密钥 {n}": bytes.fromhex(secret) for n, secret in enumerate(held)}
        with self._report.step("会议：举手、聊天、结束"):
            self._raise_hand(self._clients[LEADER.key])
            self._show_bar(clerk)
            clerk.do("click", "参会人员")
            clerk.do("row", "参会人员列表", text=LEADER.name)
            self._shoot("meeting", clerk)
            self._shoot("meeting_guest", self._clients[FINANCE.key])
            self._leave(self._clients[FINANCE.key])
            self._end(clerk)
            self._clients[LEADER.key].do("seen", text="会议已结束")

    def _call(self, clerk: Client) -> None:
        clerk.do("click", "会议")
        clerk.do("click", "召集会议")
        clerk.do("click", "某个会话的成员")
        clerk.do("click_row", "可选的会话", text=self._title)
        clerk.do("click", "现在开始")
        clerk.do("click", "召集并入会")
        clerk.do("enabled", "进入会议")
        self._shoot("meeting_check", clerk)
        self._go_in(clerk)

    def _join(self, client: Client) -> None:
        client.do("click", "会议")
        client.do("click_row", "会议", text=self._title)
        client.do("click", "入会")
        self._go_in(client)

    def _go_in(self, client: Client) -> None:
        client.do("enabled", "进入会议")
        for name in ("入会时打开摄像头", "入会时打开麦克风"):
            client.do("tick", name)
        client.do("click", "进入会议")
        client.do("seen", text="离开")

    def _until_all_arrives(self) -> dict[str, Any]:
        """However long it takes: on a busy machine few pictures come, and all that counts is that they are the right ones."""
        figures: dict[str, Any] = {}
        try:
            while not (
                figures and all(_enough(one) for received in figures.values() for one in received.values())
            ):
                time.sleep(_BETWEEN_QUESTIONS_SECONDS)  # figures of other processes can only be asked for
                figures = {official.key: self._figures(official.key) for official in OFFICIALS}
        except BaseException:
            sys.stderr.write(f"so far came in the meeting: {figures}\n")
            raise
        return figures

    def _figures(self, key: str) -> dict[str, Any]:
        others = [official for official in OFFICIALS if official.key != key]
        words = {other.name: word_of(self._nonce, other.key) for other in others}
        tones = {other.name: TONES[other.key] for other in others}
        found = self._clients[key].do("meeting_figures", words=words, tones=tones)
        return {other.key: found[other.name] for other in others}

    def _raise_hand(self, client: Client) -> None:
        self._show_bar(client)
        client.do("click", "举手")

    def _leave(self, client: Client) -> None:
        self._show_bar(client)
        client.do("click", "离开")
        client.do("gone", "离开")

    def _end(self, client: Client) -> None:
        self._show_bar(client)
        client.do("click", "离开")
        client.do("click", "结束会议")
        client.do("gone", "离开")

    @staticmethod
    def _show_bar(client: Client) -> None:
        """It hides while nobody moves."""
        client.do("move")

    def _shoot(self, page: str, client: Client) -> None:
        path = self._folder / "screenshots" / f"{page}.png"
        client.do("screenshot", path=str(path))
        self._report.facts["screenshots"][page] = self._report.relative(path)


def _enough(received: dict[str, Any]) -> bool:
    return bool(received["nonce_frames"] >= _FRAMES and received["seconds_of_tone"] >= _TONE_SECONDS)
