"""A warning in the log that a test did not expect fails it: what nobody looks at today is tomorrow's fault."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

# Other people's libraries that warn about what is none of our doing.
_FOREIGN = ("pyhanko", "fontTools", "faker", "PIL")


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        # How long a step took on a busy machine is no fault: "Executing <Task …> took 0.3 seconds".
        slow = record.name == "asyncio" and str(record.msg).startswith("Executing ")
        if not slow and not record.name.startswith(_FOREIGN):
            self.records.append(record)


@pytest.fixture(autouse=True)
def _no_stray_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on unexpected warnings; a test marked `expects_logs` may cause them."""
    keeper = _Keeper()
    root = logging.getLogger()
    root.addHandler(keeper)
    yield
    root.removeHandler(keeper)
    if keeper.records and request.node.get_closest_marker("expects_logs") is None:
        shown = "\n".join(f"{record.name}: {record.getMessage()}" for record in keeper.records)
        pytest.fail(f"unexpected log records:\n{shown}")
