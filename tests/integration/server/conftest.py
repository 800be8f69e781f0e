"""A small city for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.small_city import SmallCity


@pytest.fixture
def city(tmp_path: Path) -> Iterator[SmallCity]:
    made = SmallCity(tmp_path)
    yield made
    made.close()
