"""A locked store whose secrets are lost is moved beside, whole, and the profile is as new."""

from __future__ import annotations

import os
from pathlib import Path

from client.core.profile import Profile, Stage


def locked(folder: Path) -> Profile:
    """A profile as it lies locked on a disk."""
    profile = Profile.open(folder, os.urandom)
    profile.change(stage=Stage.READY, server="127.0.0.1:1", label="电脑")
    for name in ("store.db", "store.db-wal", "slots.json", "blobs/ab"):
        (folder / name).write_text(name)
    return profile


def test_everything_that_was_locked_lies_beside(tmp_path: Path) -> None:
    profile = locked(tmp_path)
    aside = profile.set_aside()
    assert {path.relative_to(aside).as_posix() for path in aside.rglob("*") if path.is_file()} == {
        "store.db",
        "store.db-wal",
        "slots.json",
        "blobs/ab",
    }
    assert not profile.paths.store.exists()
    assert list(profile.paths.blobs.iterdir()) == []
    facts = profile.facts
    # The newcomer of the second time finds his server filled in.
    assert (facts.stage, facts.server, facts.label) == (Stage.NEW, "127.0.0.1:1", "")
    assert aside.stat().st_mode & 0o077 == 0
    profile.close()


def test_the_second_time_takes_a_folder_of_its_own(tmp_path: Path) -> None:
    locked(tmp_path).set_aside()
    (tmp_path / "lock").unlink()
    again = locked(tmp_path)
    assert again.set_aside().name == "set-aside-2"
    assert (tmp_path / "set-aside-1" / "store.db").exists()


def test_a_crash_between_leaves_it_locked_and_loses_nothing(tmp_path: Path) -> None:
    profile = locked(tmp_path)
    (tmp_path / "set-aside-1").mkdir()
    # As far as a power cut let it come.
    (tmp_path / "slots.json").rename(tmp_path / "set-aside-1" / "slots.json")
    profile.close()
    opened = Profile.open(tmp_path, os.urandom)
    stages = [opened.facts.stage]
    opened.set_aside()
    assert [*stages, opened.facts.stage] == [Stage.READY, Stage.NEW]
    kept = {path.name for path in tmp_path.glob("set-aside-*/*")}
    assert {"slots.json", "store.db", "store.db-wal"} <= kept
