"""A test that hangs is ended wherever it hangs: what is tried here is a test run in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_HANGING = {
    "in the callbacks of a busy loop": """
        import asyncio
        async def test_hangs():
            loop = asyncio.get_running_loop()
            def again():
                for _ in range(10_000):
                    pass
                loop.call_soon(again)
            again()
            await asyncio.Event().wait()
    """,
    "in a loop where nothing happens": """
        import asyncio
        async def test_hangs():
            await asyncio.Event().wait()
    """,
    "without a loop": """
        import threading
        def test_hangs():
            while True:
                threading.Event().wait(0.01)
    """,
}


@pytest.mark.parametrize("where", _HANGING)
def test_who_hangs_is_ended(where: str, tmp_path: Path) -> None:
    hanging = tmp_path / "test_hanging.py"
    lines = _HANGING[where].splitlines()
    hanging.write_text("\n".join(line[8:] for line in lines) + "\ndef test_after():\n    pass\n")
    root = Path(__file__).resolve().parents[3]
    options = [
        "-p",
        "tests.support.hang_guard",
        "-p",
        "no:randomly",
        "--timeout",
        "1",
        "-o",
        "asyncio_mode=auto",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", tmp_path, *options, hanging],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "Captured stderr call" in done.stdout, "where it waited is not written out"
