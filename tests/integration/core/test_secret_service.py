"""The keyring of a Linux desktop for real: a Secret Service on a bus of its own, so that the user's own is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_DESKTOP = 'printf "a login password\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" "$@"'
_PROGRAM = """
from client.core.keys.keyring_port import PlatformKeyring
port = PlatformKeyring()
secret = bytes(range(32))
port.put("jinshu:one", secret)
kept = port.get("jinshu:one") == secret and port.get("jinshu:other") is None
port.remove("jinshu:one")
print(port.backend, port.available, kept, port.get("jinshu:one"))
"""


@pytest.mark.skipif(
    shutil.which("gnome-keyring-daemon") is None or shutil.which("dbus-run-session") is None,
    reason="no Secret Service on this machine",
)
def test_a_secret_service_keeps_gives_and_forgets(tmp_path: Path) -> None:
    own = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_RUNTIME_DIR": str(tmp_path)}
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"PYTHON_KEYRING_BACKEND", "DISPLAY"}
    }
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", _DESKTOP, sys.executable, "-c", _PROGRAM],
        env={**inherited, **own, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["keyring.backends.SecretService", "True", "True", "None"]
