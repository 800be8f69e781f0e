"""What a request does not spend time on."""

from __future__ import annotations

import importlib

import pytest

import client.core.connection.plain_httpx  # noqa: F401


@pytest.mark.parametrize("name", ["httpx._main", "sniffio"])
def test_what_is_not_wanted_is_not_looked_for(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="halted"):
        importlib.import_module(name)
