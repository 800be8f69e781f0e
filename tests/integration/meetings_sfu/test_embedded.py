"""The embedded SFU keeps the contract of backends; and what is its own: processes that come, go, die and leave nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator

import psutil
import pytest

from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import SystemClock
from server_stub.meetings.backend import MeetingBackend
from server_stub.meetings.sfu import pipe, process
from server_stub.meetings.sfu.embedded import EmbeddedSfu
from server_stub.tasks import Tasks
from tests.integration.meetings_media.room import Participant
from tests.support.backend_contract import MEETING, BackendContract, Hall, hears, sees, show, speak
from tests.support.light_peer import LightPeer
from tests.support.waiting import until

pytestmark = pytest.mark.alone


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    tasks = Tasks()
    yield tasks
    await tasks.stop()


@pytest.fixture
async def sfu(tasks: Tasks) -> AsyncIterator[EmbeddedSfu]:
    sfu = EmbeddedSfu(["127.0.0.1"], 0, 1, tasks, SystemClock())
    await sfu.start()
    yield sfu
    await sfu.stop()


class TestEmbeddedSfu(BackendContract):
    """All of it."""

    @pytest.fixture
    def backend(self, tasks: Tasks) -> MeetingBackend:
        return EmbeddedSfu(["127.0.0.1"], 0, 1, tasks, SystemClock())


def pids(sfu: EmbeddedSfu) -> list[int]:
    """Of the workers that run now."""
    return [worker.pid for worker in sfu._workers if worker.pid is not None]


async def join(sfu: EmbeddedSfu, name: str, meeting: str = MEETING) -> LightPeer:
    peer = LightPeer(name)
    answers = await sfu.join(meeting, name, [await peer.offer()])
    await peer.answer(answers[0])
    await until(lambda: peer.open)
    return peer


async def test_it_takes_one_offer_and_starts_nothing_before_it_is_needed(sfu: EmbeddedSfu) -> None:
    assert sfu.transports == 1
    assert pids(sfu) == []
    assert await sfu.figures() == []


@pytest.mark.parametrize("addresses", [[], ["example.org"], ["0.0.0.0"], ["::"], ["10.0.0.1", "fd00::1"]])
def test_addresses_that_no_client_could_use_are_refused_at_once(addresses: list[str]) -> None:
    with pytest.raises(ValueError, match=r"address|appear"):
        EmbeddedSfu(addresses, 0, 1, Tasks(), SystemClock())


async def test_an_address_of_a_router_before_us_is_offered_as_told(tasks: Tasks) -> None:
    sfu = EmbeddedSfu(["192.0.2.7"], 0, 1, tasks, SystemClock())
    await sfu.start()
    peer = LightPeer("anna")
    (answer,) = await sfu.join(MEETING, "anna", [await peer.offer()])
    assert {line.split()[4] for line in answer.splitlines() if line.startswith("a=candidate:")} == {
        "192.0.2.7"
    }
    await peer.close()
    await sfu.stop()


async def test_the_process_of_a_worker_runs_no_thread_but_its_loop(sfu: EmbeddedSfu) -> None:
    hall = Hall(sfu)
    anna, boris = await hall.join_all("anna", "boris")
    nonce = show(anna)
    speak(anna, 440.0)
    await until(lambda: sees(boris, nonce) is not None and hears(boris, 440.0))
    (figures,) = await sfu.figures()
    assert (figures.participants, figures.meetings, figures.faults) == (2, 1, 0)
    assert figures.forwarded > 10
    assert figures.threads == ["MainThread"]
    # Those of libraries included.
    assert psutil.Process(figures.pid).num_threads() == 1
    await hall.close()


@pytest.mark.expects_logs("a meeting worker died")
async def test_a_worker_that_dies_loses_its_people_and_another_takes_over(sfu: EmbeddedSfu) -> None:
    hall = Hall(sfu)
    await hall.join_all("anna", "boris")
    await sfu.silence(MEETING, "boris", True)
    (pid,) = pids(sfu)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: sorted(hall.lost) == [(MEETING, "anna"), (MEETING, "boris")])
    anna, boris = await hall.join("anna"), await hall.join("boris")
    hall.share()
    assert pids(sfu) not in ([], [pid])
    nonce = show(boris)
    speak(boris, 440.0)
    speak(anna, 880.0)
    await until(lambda: sees(anna, nonce) is not None and hears(boris, 880.0))
    # Who was silenced stays so.
    assert anna.ear.loudest() == 0
    await sfu.silence(MEETING, "boris", False)
    await until(lambda: hears(anna, 440.0))
    assert len(hall.lost) == 2
    await hall.close()


@pytest.mark.expects_logs("a meeting worker died")
async def test_a_worker_that_does_not_answer_is_replaced(
    sfu: EmbeddedSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []
    sfu.on_lost(lambda _, participant: lost.append(participant))
    peer, late = await join(sfu, "anna"), LightPeer("boris")
    (pid,) = pids(sfu)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(process, "_ANSWER_SECONDS", 0.3)
    offer = await late.offer()
    with pytest.raises(JinshuError) as refused:
        await sfu.join(MEETING, "boris", [offer])
    assert refused.value.code is ErrorCode.MEETINGS_UNAVAILABLE
    monkeypatch.undo()
    await until(lambda: lost == ["anna"] and not psutil.pid_exists(pid))
    await late.answer((await sfu.join(MEETING, "boris", [offer]))[0])
    await until(lambda: late.open)
    await peer.close()
    await late.close()


async def test_meetings_are_spread_over_the_workers(tasks: Tasks) -> None:
    sfu = EmbeddedSfu(["127.0.0.1"], 0, 2, tasks, SystemClock())
    await sfu.start()
    peers = [await join(sfu, "anna", "one"), await join(sfu, "boris", "two"), await join(sfu, "carla", "one")]
    figures = await sfu.figures()
    assert sorted(each.participants for each in figures) == [1, 2]
    assert len({each.pid for each in figures}) == len({each.port for each in figures}) == 2
    for peer in peers:
        await peer.close()
    await sfu.stop()
    assert not any(psutil.pid_exists(each.pid) for each in figures)


async def test_ports_follow_the_first(tasks: Tasks) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sfu = EmbeddedSfu(["127.0.0.1"], port, 1, tasks, SystemClock())
    await sfu.start()
    peer = LightPeer("anna")
    (answer,) = await sfu.join(MEETING, "anna", [await peer.offer()])
    candidates = {line.split()[5] for line in answer.splitlines() if line.startswith("a=candidate:")}
    assert candidates == {str(port)}
    await peer.close()
    await sfu.stop()


@pytest.mark.expects_logs("a meeting worker died")
async def test_a_port_that_is_taken_makes_meetings_unavailable_and_nothing_else(tasks: Tasks) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        sfu = EmbeddedSfu(["127.0.0.1"], taken.getsockname()[1], 1, tasks, SystemClock())
        await sfu.start()
        peer = LightPeer("anna")
        offer = await peer.offer()
        with pytest.raises(JinshuError) as refused:
            await sfu.join(MEETING, "anna", [offer])
        assert refused.value.code is ErrorCode.MEETINGS_UNAVAILABLE
        await peer.close()
        await sfu.stop()


async def test_stopping_leaves_no_process_thread_or_file(tasks: Tasks) -> None:
    async def once() -> None:
        sfu = EmbeddedSfu(["127.0.0.1"], 0, 1, tasks, SystemClock())
        await sfu.start()
        peer = await join(sfu, "anna")
        (pid,) = pids(sfu)
        await sfu.stop()
        await sfu.stop()
        await peer.close()
        assert not psutil.pid_exists(pid)

    await once()
    gc.collect()
    threads, files, running = set(threading.enumerate()), _open_files(), asyncio.all_tasks()
    await once()
    await until(lambda: _open_files() <= files and asyncio.all_tasks() == running)
    assert set(threading.enumerate()) <= threads


def test_a_worker_ends_when_its_server_is_gone() -> None:
    ours, theirs = socket.socketpair()
    settings = json.dumps({"addresses": ["127.0.0.1"], "port": 0})
    with ours, theirs:
        worker = subprocess.Popen(
            [sys.executable, "-m", "server_stub.meetings.sfu.worker", settings], stdin=theirs.fileno()
        )
        theirs.close()
        assert b"Ready" in ours.recv(1000)
        ours.close()
        assert worker.wait() == 0


async def test_an_interrupt_at_the_terminal_is_not_for_the_worker(sfu: EmbeddedSfu) -> None:
    peer = await join(sfu, "anna")
    (pid,) = pids(sfu)
    os.kill(pid, signal.SIGINT)
    other = await join(sfu, "boris")
    assert pids(sfu) == [pid]
    await peer.close()
    await other.close()


async def test_a_hundred_comings_and_goings_leave_a_worker_as_it_was(sfu: EmbeddedSfu) -> None:
    async def come_and_go(count: int) -> None:
        for number in range(count):
            peer = await join(sfu, f"p{number % 5}", f"m{number % 3}")
            if number % 2:
                await sfu.leave(f"m{number % 3}", f"p{number % 5}")
            await peer.close()

    stayer = await join(sfu, "anna", "m0")
    await come_and_go(20)
    worker = psutil.Process(pids(sfu)[0])
    await _settled(sfu, 1)
    files, memory = worker.num_fds(), worker.memory_info().rss
    await come_and_go(100)
    await _settled(sfu, 1)
    assert worker.num_fds() == files
    # A seat weighs 700 kB: a hundred that stayed would be 70 MB.
    assert worker.memory_info().rss - memory < 8_000_000
    (figures,) = await sfu.figures()
    assert (figures.meetings, figures.participants, figures.faults) == (1, 1, 0)
    await stayer.close()


async def test_messages_of_the_pipe_are_what_they_were() -> None:
    said: list[pipe.Said] = [
        pipe.Join(1, "m", "p", "sdp 会议", True),
        pipe.Leave("m", "p"),
        pipe.Silence("m", "p", False),
        pipe.Close("m"),
        pipe.Ask(2),
        pipe.Ready(3),
        pipe.Joined(4, "answer"),
        pipe.Refused(5, ErrorCode.MEETINGS_OFFER_REFUSED),
        pipe.Lost("m", "p"),
        pipe.Figures(6, 1, 2, 3, 4, ["MainThread"], 5, 6, 7, 8, 9, [0.5, 1.0]),
    ]
    reader = asyncio.StreamReader()
    for message in said:
        reader.feed_data(pipe.pack(message))
    assert [await pipe.read(reader) for _ in said] == said
    reader.feed_data((1 << 30).to_bytes(4, "big"))
    with pytest.raises(ValueError, match="small"):
        await pipe.read(reader)
    body = b'["Leave", {"meeting": "m"}]'
    reader.feed_data(len(body).to_bytes(4, "big") + body)
    with pytest.raises(ValueError, match="not a message"):
        await pipe.read(reader)
    reader.feed_eof()
    assert await pipe.read(reader) is None


async def test_a_flood_of_joins_of_one_does_not_starve_another(sfu: EmbeddedSfu) -> None:
    flooder = Participant("eve", 0)
    offer = await flooder.peer.offer()
    flood = [sfu.join(MEETING, f"eve{number}", [offer]) for number in range(60)]
    running = asyncio.gather(*flood, return_exceptions=True)
    peer = await join(sfu, "anna", "other")
    await running
    await peer.close()
    await flooder.peer.close()


async def _settled(sfu: EmbeddedSfu, participants: int) -> None:
    """Whoever has gone is forgotten."""

    async def gone() -> bool:
        return (await sfu.figures())[0].participants == participants

    await until(gone)


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
