"""The journal is append-only and says so when it was altered."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_stub.ca.faults import CaError
from server_stub.ca.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    ticks = iter(range(1000, 2000))
    return Journal(tmp_path / "journal.jsonl", lambda: next(ticks))


def test_lines_follow_each_other(journal: Journal) -> None:
    journal.append("device", device="dev_a")
    journal.append("code", person="prs_b")
    first, second = journal.lines()
    assert (first.n, second.n, second.previous) == (1, 2, first.digest())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"dev_a", b"dev_x"),
        lambda data: b"\n".join(data.split(b"\n")[1:]),
        lambda data: data.split(b"\n")[1] + b"\n" + data.split(b"\n")[0] + b"\n",
        lambda data: b"{}\n" + data,
    ],
    ids=["edited", "first line removed", "order swapped", "line inserted"],
)
def test_an_altered_journal_is_noticed(journal: Journal, tmp_path: Path, spoil: object) -> None:
    journal.append("device", device="dev_a")
    journal.append("device", device="dev_b")
    path = tmp_path / "journal.jsonl"
    assert callable(spoil)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(CaError, match="line"):
        journal.lines()


def test_half_a_line_of_a_crash_is_dropped(journal: Journal, tmp_path: Path) -> None:
    journal.append("device", device="dev_a")
    path = tmp_path / "journal.jsonl"
    with path.open("ab") as file:
        file.write(b'{"n":2,"at"')
    journal.append("device", device="dev_b")
    assert [line.facts["device"] for line in journal.lines()] == ["dev_a", "dev_b"]
