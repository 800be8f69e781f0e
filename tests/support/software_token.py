"""A token in software (SoftHSM2) in a test's own folder: what a UKey is to the client, PKCS #11 and PIN and all."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

DRIVER = next(
    str(path)
    for path in (Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so"))
    if path.exists()
)
PIN = "654321"
LABEL = "发改委文书 UKey"


@dataclass(frozen=True)
class SoftwareTokens:
    """`folder` holds the tokens; the processes of drivers find it by SOFTHSM2_CONF."""

    folder: Path

    @classmethod
    def at(
        cls, folder: Path, monkeypatch: pytest.MonkeyPatch, *, only: tuple[str, ...] = ()
    ) -> SoftwareTokens:
        """Args:
        only: the mechanisms these tokens offer, if not all.
        """
        made = cls(folder / "tokens")
        made.folder.mkdir(parents=True)
        lines = [f"directories.tokendir = {made.folder}", "objectstore.backend = file", "log.level = ERROR"]
        if only:
            lines.append("slots.mechanisms = " + ",".join(only))
        (folder / "softhsm2.conf").write_text("\n".join(lines) + "\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        return made

    def add(self, label: str = LABEL, pin: str = PIN) -> Path:
        """Plug a fresh one in; its folder."""
        before = set(self.folder.iterdir())
        subprocess.run(
            [
                "softhsm2-util",
                "--init-token",
                "--free",
                "--label",
                label,
                "--so-pin",
                "12345678",
                "--pin",
                pin,
            ],
            check=True,
            capture_output=True,
            env=dict(os.environ),
        )
        (added,) = set(self.folder.iterdir()) - before
        return added

    def pull_out(self, token: Path) -> Path:
        """Its folder, elsewhere; `plug_in` brings it back."""
        away = self.folder.with_name(f"away-{token.name}")
        shutil.move(token, away)
        return away

    def plug_in(self, away: Path) -> None:
        shutil.move(away, self.folder / away.name.removeprefix("away-"))
