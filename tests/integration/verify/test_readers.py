"""Two processes read the files of others: a hostile one holds one of them, once, and never the reading of every other file."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from client import confinement
from client.confinement import Confinement, Limits, Readers
from protocol.errors import ErrorCode, JinshuError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits and named pipes")

_left_behind: list[bytes] = []


@pytest.fixture
def readers() -> Iterator[Readers]:
    made = Readers(Limits(cpu_seconds=1, memory=512 << 20))
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that any process was asked for, in order."""
    told: list[str] = []
    real = Confinement.run

    def run(self: Confinement, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        told.append(function.__name__)
        return real(self, function, *args, **kwargs)

    monkeypatch.setattr(Confinement, "run", run)
    return told


# What is called over there


def length(file: bytes) -> int:
    return len(file)


def process(file: bytes) -> int:
    return os.getpid()


def hold(file: bytes, folder: str) -> int:
    """Say that it has begun, and go on when it is let."""
    Path(folder, "begun").write_bytes(b".")
    Path(folder, "let").read_bytes()
    return os.getpid()


def burn(file: bytes, width: int = 0, other: int = 0) -> int:
    if width < 100:
        return width
    while True:
        pass


def crash(file: bytes) -> None:
    os.abort()


def spare(file: bytes) -> None:
    """As a system without memory ends it."""
    os.kill(os.getpid(), signal.SIGKILL)


def fill(file: bytes) -> None:
    raise MemoryError


def leave_behind(file: bytes) -> None:
    _left_behind.append(file)


def fill_beside_others(file: bytes) -> int:
    if _left_behind:
        raise MemoryError
    return len(file)


def code(readers: Readers, *call: Any) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        readers.run(*call)
    return caught.value.code


# One file holds one of them


class Held:
    """A file that is being read, until it is let go."""

    def __init__(self, readers: Readers, threads: ThreadPoolExecutor, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        for name in ("begun", "let"):
            os.mkfifo(folder / name)
        self.answer = threads.submit(readers.run, hold, b"hostile", str(folder))

    def begun(self) -> None:
        assert (self._folder / "begun").read_bytes() == b"."

    def let(self) -> None:
        (self._folder / "let").write_bytes(b".")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def test_another_file_is_read_while_one_holds_its_process(
    readers: Readers, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    held = Held(readers, threads, tmp_path / "one")
    held.begun()
    assert readers.run(length, b"another") == 7
    assert not held.answer.done()
    beside = readers.run(process, b"another")
    held.let()
    assert held.answer.result() != beside


def test_one_file_never_has_both(
    readers: Readers, threads: ThreadPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Held(readers, threads, tmp_path / "one")
    first.begun()
    came: SimpleQueue[bool] = SimpleQueue()
    real = readers._changed.wait_for

    def wait_for(predicate: Callable[[], bool]) -> bool:
        came.put(predicate())
        return real(predicate)

    monkeypatch.setattr(readers._changed, "wait_for", wait_for)
    again = Held(readers, threads, tmp_path / "two")
    assert came.get() is False, "the same file waits for its turn"
    assert readers.run(length, b"another") == 7
    first.let()
    again.begun()
    again.let()
    assert again.answer.result() > 0


def test_a_second_process_is_started_only_when_there_is_work_for_two(readers: Readers) -> None:
    assert len({readers.run(process, bytes([number])) for number in range(4)}) == 1


# What was too heavy is not read again


@pytest.mark.parametrize("call", [(burn, b"%PDF", 100), (crash, b"%PDF"), (fill, b"%PDF")])
def test_a_file_that_was_too_heavy_is_refused_at_once_from_then_on(
    readers: Readers, asked: list[str], call: tuple[Any, ...]
) -> None:
    assert code(readers, *call) is ErrorCode.VERIFY_TOO_HEAVY
    assert len(asked) == 1
    assert code(readers, *call) is ErrorCode.VERIFY_TOO_HEAVY
    assert len(asked) == 1, "nobody was asked again"
    assert readers.run(length, b"%PDF") == 4, "what else is read of it may be light"
    assert code(readers, call[0], b"another", *call[2:]) is ErrorCode.VERIFY_TOO_HEAVY
    assert asked == [call[0].__name__, "length", call[0].__name__]


def test_whoever_waited_for_a_file_that_proves_too_heavy_does_not_read_it_again(
    readers: Readers, asked: list[str], threads: ThreadPoolExecutor
) -> None:
    together = threading.Barrier(3)

    def read() -> ErrorCode:
        together.wait()
        return code(readers, burn, b"%PDF", 100)

    answers = [threads.submit(read) for _ in range(3)]
    assert {each.result() for each in answers} == {ErrorCode.VERIFY_TOO_HEAVY}
    assert asked == ["burn"]


def test_pages_too_heavy_in_one_width_are_so_in_a_larger_and_tried_in_a_smaller(
    readers: Readers, asked: list[str]
) -> None:
    assert code(readers, burn, b"%PDF", 500, 0) is ErrorCode.VERIFY_TOO_HEAVY
    assert code(readers, burn, b"%PDF", 501, 0) is ErrorCode.VERIFY_TOO_HEAVY
    assert code(readers, burn, b"%PDF", 500, 1) is ErrorCode.VERIFY_TOO_HEAVY
    assert len(asked) == 1
    assert readers.run(burn, b"%PDF", 99, 0) == 99
    assert code(readers, burn, b"%PDF", 200, 0) is ErrorCode.VERIFY_TOO_HEAVY
    assert code(readers, burn, b"%PDF", 300, 0) is ErrorCode.VERIFY_TOO_HEAVY
    assert asked == ["burn"] * 3


def test_a_process_ended_from_outside_is_not_laid_to_its_file(readers: Readers, asked: list[str]) -> None:
    for _ in range(2):
        assert code(readers, spare, b"%PDF") is ErrorCode.VERIFY_TOO_HEAVY
    assert asked == ["spare", "spare"]


def test_memory_that_others_left_full_is_not_laid_to_a_file(readers: Readers, asked: list[str]) -> None:
    readers.run(leave_behind, b"others")
    assert readers.run(fill_beside_others, b"%PDF") == 4
    assert readers.run(fill_beside_others, b"%PDF") == 4


def test_the_memory_of_what_was_too_heavy_has_an_end(
    readers: Readers, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement, "_REMEMBERED", 2)
    for file in (b"a", b"b", b"c", b"c", b"b"):
        assert code(readers, fill, file) is ErrorCode.VERIFY_TOO_HEAVY
    assert len(asked) == 3
    assert code(readers, fill, b"a") is ErrorCode.VERIFY_TOO_HEAVY
    assert len(asked) == 4, "the one refused longest ago is tried anew"


def test_everything_of_the_client_is_read_by_the_same_two() -> None:
    shared = confinement._readers()
    assert isinstance(shared, Readers)
    assert shared is confinement._readers()
    assert len(shared._all) == 2
