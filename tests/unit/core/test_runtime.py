"""The core's thread, its supervised tasks, its bus, and the folder one process holds."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from client.core.bus import EventBus
from client.core.clock import SystemClock
from client.core.durable import DurablePoints, write_whole
from client.core.events import DraftsChanged, Event, Locked
from client.core.profile import Profile, Stage
from client.core.runtime import CoreRuntime
from client.core.sync.backoff import Backoff
from client.core.tasks import TaskSupervisor, wait_at_most
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock, settle


def test_work_runs_on_the_core_thread_and_its_error_comes_back() -> None:
    runtime = CoreRuntime()
    runtime.start()

    async def where() -> str:
        return threading.current_thread().name

    async def fail() -> None:
        raise ValueError("typed")

    assert runtime.submit(where()).result() == "core"
    with pytest.raises(ValueError, match="typed"):
        runtime.submit(fail()).result()
    runtime.stop()
    assert not runtime.running


def test_stopping_cancels_what_still_runs() -> None:
    runtime = CoreRuntime()
    runtime.start()
    started, ended = threading.Event(), threading.Event()

    async def forever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    runtime.submit(forever())
    assert started.wait()
    runtime.stop()
    assert ended.is_set()


@pytest.mark.expects_logs
async def test_a_failing_task_is_reported_once_and_others_go_on() -> None:
    reports: list[tuple[str, str]] = []
    tasks = TaskSupervisor(lambda name, error: reports.append((name, str(error))))

    async def fail() -> None:
        raise ValueError("no")

    tasks.start("failing", fail())
    other = tasks.start("waiting", asyncio.Event().wait())
    await settle()
    assert reports == [("failing", "no")]
    assert not other.done()
    await tasks.stop()
    assert other.cancelled()


async def test_waiting_ends_by_the_event_or_by_the_clock() -> None:
    clock, tasks = ManualClock(), TaskSupervisor()
    event = asyncio.Event()
    late = tasks.start("late", wait_at_most(event, clock, 5))
    await settle()
    await clock.advance(5)
    assert await late is False
    early = tasks.start("early", wait_at_most(event, clock, 5))
    event.set()
    assert await early is True
    await tasks.stop()


@pytest.mark.expects_logs
def test_a_failing_subscriber_does_not_silence_the_next(caplog: pytest.LogCaptureFixture) -> None:
    bus = EventBus()
    heard: list[Event] = []

    def fail(event: Event) -> None:
        raise ValueError("no")

    bus.subscribe(fail)
    leave = bus.subscribe(heard.append)
    bus.publish(Locked())
    leave()
    bus.publish(DraftsChanged())
    assert heard == [Locked()]
    assert "a subscriber failed on Locked" in caplog.text
    caplog.clear()


def test_a_second_process_on_one_profile_is_refused(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, os.urandom)
    with pytest.raises(JinshuError) as caught:
        Profile.open(tmp_path, os.urandom)
    assert caught.value.code is ErrorCode.PROFILE_IN_USE
    script = (
        "import os,sys;from pathlib import Path;from client.core.profile import Profile;"
        "from protocol.errors import JinshuError\n"
        "try: Profile.open(Path(sys.argv[1]), os.urandom)\n"
        "except JinshuError as error: sys.exit(error.code.value)"
    )
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert "profile.in_use" in done.stderr
    profile.close()
    Profile.open(tmp_path, os.urandom).close()


def test_what_a_profile_remembers_is_there_again(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, os.urandom)
    profile.change(stage=Stage.WAITING, server="127.0.0.1:8443", label="值班室电脑")
    facts = profile.facts
    profile.close()
    again = Profile.open(tmp_path, os.urandom)
    assert again.facts == facts
    again.close()


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 1, "id": "x", "stage": "?"}'])
def test_a_damaged_profile_is_named_and_not_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "profile.json").write_text(text)
    with pytest.raises(JinshuError) as caught:
        Profile.open(tmp_path, os.urandom)
    assert caught.value.code is ErrorCode.PROFILE_DAMAGED
    assert (tmp_path / "profile.json").read_text() == text


def test_a_store_without_its_profile_is_not_started_over(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"x")
    with pytest.raises(JinshuError) as caught:
        Profile.open(tmp_path, os.urandom)
    assert caught.value.code is ErrorCode.PROFILE_DAMAGED


def test_a_profile_of_a_newer_client_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text('{"format": 2}')
    with pytest.raises(JinshuError) as caught:
        Profile.open(tmp_path, os.urandom)
    assert caught.value.code is ErrorCode.PROFILE_TOO_NEW


class Stop(Exception):
    """Stands for the end of the process."""


def test_a_file_cut_short_before_its_rename_leaves_the_old_one(tmp_path: Path) -> None:
    class Points(DurablePoints):
        def before_rename(self, name: str) -> None:
            raise Stop

    path = tmp_path / "file"
    write_whole(path, b"old", DurablePoints())
    with pytest.raises(Stop):
        write_whole(path, b"new", Points())
    assert path.read_bytes() == b"old"


def test_delays_double_to_a_cap_and_spread() -> None:
    assert [Backoff(lambda: 1.0, first=1, most=8).next() for _ in range(1)] == [1.0]
    backoff = Backoff(lambda: 0.0, first=1, most=8)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    for _ in range(2000):
        assert backoff.next() == 4.0
    backoff.reset()
    assert backoff.next() == 0.5


async def test_the_system_clock_tells_the_time_and_sleeps() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before
    assert clock.now_ms() > 1_600_000_000_000
