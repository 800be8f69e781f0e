"""What a second start tells the first, and what the first makes of callers who are none."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.ui.desktop import second_start
from client.ui.desktop.first_start import FirstStart
from client.ui.desktop.handed import ANSWER, MOST, GarbledError, Handed, Inbox, encode
from client.ui.desktop.meeting_point import meeting_point
from client.ui.desktop.second_start import hand_over, to_hand_over
from protocol.errors import ErrorCode

LINK = "jinshu://enrol?server=https://10.0.0.1:8443"


# The message


@given(
    st.builds(Handed, st.text(max_size=200), st.text(max_size=50), st.text(max_size=50)), st.integers(1, 40)
)
def test_it_arrives_whole_in_whatever_pieces(handed: Handed, size: int) -> None:
    data, inbox = encode(handed), Inbox()
    came = [inbox.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert came[-1] == handed
    assert came[:-1] == [None] * (len(came) - 1)


@given(st.binary(max_size=300))
def test_whatever_else_comes_is_refused_or_waited_for(data: bytes) -> None:
    try:
        assert Inbox().feed(data) is None
    except GarbledError:
        assert not data.startswith(b"jinshu\x01") or len(data) >= 11


def framed(body: bytes, length: int | None = None) -> bytes:
    return b"jinshu\x01" + (len(body) if length is None else length).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"jinshu\x02" + bytes(4),
        framed(b"", MOST + 1),
        framed(b"{}") + b"more",
        framed(b"{"),
        framed(b"[]"),
        framed(b'{"invitation": 7}'),
        framed(b"[" * 5000),
        framed(b"\xff\xfe"),
    ],
)
def test_each_kind_of_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(GarbledError):
        Inbox().feed(data)


def test_members_of_a_later_version_are_not_read() -> None:
    assert Inbox().feed(framed(json.dumps({"token": "t", "later": [1]}).encode())) == Handed(token="t")


# Where they meet


def test_two_profiles_have_two_places_and_one_has_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    places = [meeting_point(tmp_path / name, {}) for name in ("a", "b", "link")]
    assert places[0] == places[2] != places[1]


def test_the_sessions_own_folder_is_used_if_it_is_this_users_alone(tmp_path: Path) -> None:
    (run := tmp_path / "run").mkdir(mode=0o700)
    there = meeting_point(tmp_path / "profile", {"XDG_RUNTIME_DIR": str(run)})
    assert there is not None
    assert Path(there).parent == run
    run.chmod(0o755)
    here = meeting_point(tmp_path / "profile", {"XDG_RUNTIME_DIR": str(run)})
    assert here is not None
    assert Path(here).parent == tmp_path / "profile"


def test_a_profile_that_lies_too_deep_has_none(tmp_path: Path) -> None:
    assert meeting_point(tmp_path / ("deep" * 30), {}) is None
    assert hand_over(tmp_path / ("deep" * 30), Handed(), lambda: True) is False


def test_an_invitation_is_read_where_its_path_means_something(tmp_path: Path) -> None:
    (tmp_path / "i.jinshu").write_text(LINK, "ascii")
    assert to_hand_over(str(tmp_path / "i.jinshu"), {}) == Handed(invitation=LINK)
    assert to_hand_over(LINK, {"DESKTOP_STARTUP_ID": "x_1"}) == Handed(invitation=LINK, token="x_1")
    assert to_hand_over(None, {"XDG_ACTIVATION_TOKEN": "w"}) == Handed(token="w")
    unreadable = to_hand_over(str(tmp_path / "none.jinshu"), {})
    assert unreadable == Handed(fault=ErrorCode.AUTH_INVITATION_UNREADABLE.value)


# Both


@dataclass
class Started:
    """A first start, and what it was handed."""

    first: FirstStart
    profile: Path
    place: str
    handed: list[Handed] = field(default_factory=list)


@pytest.fixture
def started(tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    (run := tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    place = meeting_point(tmp_path / "profile", os.environ)
    assert place is not None
    made = Started(FirstStart(tmp_path / "profile"), tmp_path / "profile", place)
    made.first.handed.connect(made.handed.append)
    yield made
    made.first.close()
    delete(made.first)


Aside = Callable[[Path, Handed], Callable[[], int | None]]
_PROGRAM = """
import sys
from pathlib import Path
from client.ui.desktop.handed import Handed
from client.ui.desktop.second_start import hand_over
raise SystemExit(not hand_over(Path(sys.argv[1]), Handed(*sys.argv[2:]), lambda: True))
"""


@pytest.fixture
def aside() -> Iterator[Aside]:
    """A second start is a process of its own: Qt's waits hold the interpreter. Its exit code, None until it has ended."""
    processes: list[subprocess.Popen[bytes]] = []

    def run(profile: Path, handed: Handed) -> Callable[[], int | None]:
        command = [
            sys.executable,
            "-c",
            _PROGRAM,
            str(profile),
            handed.invitation,
            handed.fault,
            handed.token,
        ]
        processes.append(subprocess.Popen(command))
        return processes[-1].poll

    yield run
    for process in processes:
        process.wait()


def test_the_first_takes_it_and_says_so(started: Started, qtbot: QtBot, aside: Aside) -> None:
    answer = aside(started.profile, Handed(invitation=LINK, token="t"))
    qtbot.waitUntil(lambda: answer() is not None)
    assert answer() == 0
    assert started.handed == [Handed(invitation=LINK, token="t")]


def test_only_this_user_may_speak_to_it(started: Started) -> None:
    assert stat.S_IMODE(Path(started.place).stat().st_mode) & 0o077 == 0


def test_what_a_crash_left_behind_is_no_hindrance(started: Started, qapp: QApplication) -> None:
    started.first.close()
    Path(started.place).touch()
    again = FirstStart(started.profile)
    assert again._server.isListening()
    again.close()
    delete(again)
    assert not Path(started.place).exists()


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", framed(b"", MOST + 1), framed(b"{")])
def test_who_talks_nonsense_is_let_go_and_the_next_is_heard(
    started: Started,
    qtbot: QtBot,
    aside: Aside,
    data: bytes,
) -> None:
    caller = QLocalSocket()
    caller.connectToServer(started.place)
    caller.write(data)
    qtbot.waitUntil(lambda: caller.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    assert started.handed == []
    answer = aside(started.profile, Handed())
    qtbot.waitUntil(lambda: answer() is not None)
    assert started.handed == [Handed()]


def test_who_says_nothing_is_let_go(started: Started, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.ui.desktop.first_start._PATIENCE_MS", 1)
    caller = QLocalSocket()
    caller.connectToServer(started.place)
    qtbot.waitUntil(lambda: caller.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    assert started.first.findChildren(QLocalSocket) == []


# Nobody is there, or nobody answers


def test_a_first_start_that_has_ended_meanwhile_is_not_waited_for(tmp_path: Path) -> None:
    held = iter((True, False))
    assert hand_over(tmp_path, Handed(), lambda: next(held)) is False


def test_one_that_does_not_listen_yet_is_waited_for(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(second_start, "_BETWEEN_MS", 1)
    came: list[Handed] = []
    asked = 0
    parent = QObject()

    def held() -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            FirstStart(tmp_path, parent).handed.connect(came.append)
        return True

    monkeypatch.setattr(second_start, "_ANSWER_MS", 1)
    # It listens and its loop does not run: it was reached, and does not answer in time.
    assert hand_over(tmp_path, Handed(), held) is False
    assert asked == 3
    for first in parent.findChildren(FirstStart):
        first.close()
    delete(parent)


def test_who_answers_something_else_is_not_the_first_start(
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    aside: Aside,
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    place = meeting_point(tmp_path, {})
    assert place is not None
    server = QLocalServer()
    assert server.listen(place)
    calls: list[QLocalSocket] = []

    def on_call() -> None:
        socket = server.nextPendingConnection()
        assert socket is not None
        calls.append(socket)
        socket.write(b"x" * len(ANSWER))

    server.newConnection.connect(on_call)
    answer = aside(tmp_path, Handed())
    qtbot.waitUntil(lambda: answer() is not None)
    assert answer() == 1
    server.close()
