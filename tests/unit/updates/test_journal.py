"""A profile on a real disk between two versions: copied, spoilt, put back, and cut off in the middle of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.core.durable import DurablePoints
from client.core.profile import ProfileLock
from client.updates import profile_copy
from client.updates.journal import UpdateJournal, begin_or_leave
from client.updates.profile_copy import ProfileCopy
from client.updates.rollback import Deed, UpdatePhase
from protocol.errors import ErrorCode, JinshuError

BLOB = "ab" * 32
FORMER = Path("former.deb")


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    made = tmp_path / "profile"
    (made / "blobs").mkdir(parents=True)
    (made / "log").mkdir()
    (made / "store.db").write_bytes(b"store of 0.4.0")
    (made / "slots.json").write_bytes(b"slots")
    (made / "blobs" / BLOB).write_bytes(b"an attachment")
    (made / "blobs" / f"{BLOB[:-2]}cd.part").write_bytes(b"half")
    (made / "log" / "client.log").write_bytes(b"a line")
    UpdateJournal(made, "0.4.0").complete()
    return made


def contents(profile: Path) -> dict[str, bytes]:
    """All files of a profile but those of its updates, its log and its lock."""
    return {
        str(each.relative_to(profile)): each.read_bytes()
        for each in sorted(profile.rglob("*"))
        if each.is_file() and each.relative_to(profile).parts[0] not in ("updates", "log", "lock")
    }


def spoil(profile: Path) -> None:
    """What a version may have done before it died."""
    (profile / "store.db").write_bytes(b"store of 0.5.0, half way")
    (profile / "store.db-wal").write_bytes(b"a write-ahead log of 0.5.0")
    (profile / "blobs" / BLOB).unlink()
    (profile / "blobs" / f"{BLOB[:-2]}cd.part").unlink()
    (profile / "new.json").write_bytes(b"of a later form")


def test_two_deaths_and_everything_is_as_it_was(profile: Path) -> None:
    before = contents(profile)
    UpdateJournal(profile, "0.4.0").install("0.5.0", FORMER, lambda: None)
    for _ in range(2):
        assert UpdateJournal(profile, "0.5.0").begin() is Deed.GO
        spoil(profile) if (profile / "blobs" / BLOB).exists() else None
    assert UpdateJournal(profile, "0.5.0").begin() is Deed.GO_BACK
    journal = UpdateJournal(profile, "0.4.0")
    assert journal.state.former == str(FORMER)
    assert journal.begin() is Deed.GO
    assert contents(profile) == before
    assert (journal.state.phase, journal.failed()) == (UpdatePhase.SETTLED, frozenset({"0.5.0"}))
    assert (journal.untold(), journal.untold()) == ("0.5.0", "")
    # What the newer version left lies aside until one has started.
    assert (profile / "updates" / "set-aside" / "store.db-wal").exists()
    UpdateJournal(profile, "0.4.0").install("0.6.0", None, lambda: None)
    UpdateJournal(profile, "0.6.0").begin()
    UpdateJournal(profile, "0.6.0").complete()
    assert not (profile / "updates" / "set-aside").exists()
    assert not (profile / "updates" / "copy").exists()


def test_a_version_somebody_else_installed_copies_the_profile_itself(profile: Path) -> None:
    before = contents(profile)
    assert UpdateJournal(profile, "0.5.0").begin() is Deed.GO
    spoil(profile)
    # The administrator puts the former package back: that is enough.
    assert UpdateJournal(profile, "0.4.0").begin() is Deed.GO
    assert contents(profile) == before


def test_a_refused_installation_leaves_no_trace(profile: Path) -> None:
    journal = UpdateJournal(profile, "0.4.0")

    def refuse() -> None:
        raise JinshuError(ErrorCode.UPDATES_DECLINED)

    with pytest.raises(JinshuError):
        journal.install("0.5.0", None, refuse)
    assert (journal.state.phase, journal.state.good) == (UpdatePhase.SETTLED, "0.4.0")
    assert not (profile / "updates" / "copy").exists()


def test_without_room_for_the_copy_nothing_is_installed(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_copy, "_SPARE", 1 << 60)
    installed: list[bool] = []
    with pytest.raises(JinshuError) as refused:
        UpdateJournal(profile, "0.4.0").install("0.5.0", None, lambda: installed.append(True))
    assert refused.value.code is ErrorCode.UPDATES_NO_SPACE
    assert installed == []


@pytest.mark.expects_logs("updates are left alone")
def test_a_profile_in_use_is_left_alone(profile: Path) -> None:
    lock = ProfileLock(profile / "lock")
    before = contents(profile)
    try:
        assert begin_or_leave(UpdateJournal(profile, "0.5.0")) is Deed.GO
    finally:
        lock.release()
    assert contents(profile) == before
    assert not (profile / "updates" / "copy").exists()


@pytest.mark.expects_logs("cannot be read")
@pytest.mark.parametrize("text", ["", "{", "[]", '{"phase": "dancing"}', "\x00" * 100])
def test_a_damaged_state_says_that_nothing_is_under_way(profile: Path, text: str) -> None:
    (profile / "updates" / "state.json").write_text(text)
    assert UpdateJournal(profile, "0.4.0").begin() is Deed.GO
    UpdateJournal(profile, "0.4.0").complete()
    assert json.loads((profile / "updates" / "state.json").read_text())["good"] == "0.4.0"


def test_a_profile_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    assert UpdateJournal(tmp_path / "none", "0.4.0").begin() is Deed.GO
    assert not (tmp_path / "none").exists()


class Cut(Exception):
    """The power is gone."""


class Cutting(DurablePoints):
    def before_rename(self, name: str) -> None:
        raise Cut


@pytest.mark.parametrize("step", range(12))
def test_a_power_cut_while_it_is_put_back_is_made_good_by_the_next_start(
    profile: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = contents(profile)
    UpdateJournal(profile, "0.4.0").install("0.5.0", None, lambda: None)
    UpdateJournal(profile, "0.5.0").begin()
    spoil(profile)
    left = iter(range(step))

    def cutting(name: str) -> None:
        whole = getattr(profile_copy, name)

        def cut(*arguments: Path) -> None:
            if next(left, None) is None:
                raise Cut
            whole(*arguments)

        monkeypatch.setattr(profile_copy, name, cut)

    for name in ("_moved", "_copied_file", "_linked"):
        cutting(name)
    try:
        UpdateJournal(profile, "0.4.0").begin()
    except Cut:
        assert UpdateJournal(profile, "0.4.0").state.phase is UpdatePhase.STARTING
    monkeypatch.undo()
    UpdateJournal(profile, "0.4.0").begin()
    assert contents(profile) == before


def test_a_power_cut_before_the_end_is_written_down_puts_it_back_once_more(profile: Path) -> None:
    before = contents(profile)
    UpdateJournal(profile, "0.4.0").install("0.5.0", None, lambda: None)
    UpdateJournal(profile, "0.5.0").begin()
    spoil(profile)
    with pytest.raises(Cut):
        UpdateJournal(profile, "0.4.0", Cutting()).begin()
    UpdateJournal(profile, "0.4.0").begin()
    assert contents(profile) == before


def test_half_a_copy_is_none(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_arguments: Path) -> None:
        raise Cut

    monkeypatch.setattr(profile_copy, "_linked", cut)
    with pytest.raises(Cut):
        ProfileCopy(profile).make()
    assert not ProfileCopy(profile).exists
    assert UpdateJournal(profile, "0.4.0").state.phase is UpdatePhase.SETTLED
    monkeypatch.undo()
    ProfileCopy(profile).make()
    assert ProfileCopy(profile).exists
