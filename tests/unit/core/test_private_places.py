"""Keys and texts stay with their user: not in core files, not in the memory that others may read, not in open folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from client.core.paths import ProfilePaths

# The client's own `main`, with an application that only looks at its process.
PROGRAM = """
import ctypes, resource
import client.__main__ as program

def look(argv):
    print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
    return 7

program.run = look
raise SystemExit(program.main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems decide for themselves")
def test_a_client_leaves_no_core_file_and_nobody_reads_its_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split("\n")[0], done.stderr) == (7, "(0, 0) 0", "")


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_folders_that_a_copy_left_open_are_closed(tmp_path: Path) -> None:
    paths = ProfilePaths(tmp_path / "profile")
    folders = (paths.root, paths.blobs, paths.log)
    for folder in folders:
        folder.mkdir()
        folder.chmod(0o755)
    paths.create()
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3
