"""What a request does not spend time on."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In a process of its own: in this one somebody may have imported httpx before.
_ASKED = "import client.core.connection.plain_httpx, importlib, sys; importlib.import_module(sys.argv[1])"


@pytest.mark.parametrize("name", ["httpx._main", "sniffio"])
def test_what_is_not_wanted_is_not_looked_for(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", _ASKED, name], capture_output=True, text=True, check=False)
    assert f"ModuleNotFoundError: import of {name} halted" in done.stderr
