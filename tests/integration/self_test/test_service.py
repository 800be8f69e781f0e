"""What the page of the settings starts: all checks, for the profile this program has open, and the bundle of them."""

from __future__ import annotations

from pathlib import Path

from client.core.clock import SystemClock
from client.core.profile import Profile
from client.core.self_check import CheckRow, Outcome
from client.self_test.service import Diagnostics
from client.ui.base.catalogue import LanguageName


async def test_all_checks_are_made_while_the_profile_is_open_here(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path / "王芳", bytes)

    async def root() -> str:
        return "ab" * 32

    checks = Diagnostics(
        profile.paths.root, profile.paths.log, lambda: "", root, "Linux, Python, Qt", SystemClock()
    )
    told: list[CheckRow] = []
    try:
        rows = await checks.run(told.append)
    finally:
        profile.close()
    assert tuple(row.name for row in rows) == checks.names
    assert list(rows) == told
    assert [row for row in rows if row.outcome is Outcome.FAILED] == []
    found = {row.name: row.found.key for row in rows}
    assert found["profile"] == "profile.found"
    assert found["verification"] == "verification.found"
    bundle = await checks.bundle(rows, LanguageName.CHINESE)
    for row in rows:
        assert f"({row.name})" in bundle
    for private in ("王芳", str(tmp_path), str(Path.home())):
        assert private not in bundle
