"""A warning in the log that a test did not expect fails it: what nobody looks at today is tomorrow's fault."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

# Other people's libraries that warn about what is none of our doing.
_FOREIGN = ("pyhanko", "fontTools", "PIL")
# asyncio's debug mode reports slow steps: that says how busy the machine is, not whether the product is right.
_SLOW_STEP = "Executing %s took %.3f seconds"


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_FOREIGN) and record.msg != _SLOW_STEP:
            self.records.append(record)


def unexpected(messages: list[str], allowed: tuple[str, ...]) -> list[str]:
    """The messages that contain none of the allowed texts."""
    return [message for message in messages if not any(text in message for text in allowed)]


@pytest.fixture(autouse=True)
def _no_stray_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on warnings, but for those a mark allows: `expects_logs` any, `expects_logs("text", …)` these."""
    keeper = _Keeper()
    root = logging.getLogger()
    root.addHandler(keeper)
    yield
    root.removeHandler(keeper)
    mark = request.node.get_closest_marker("expects_logs")
    if mark is not None and not mark.args:
        return
    messages = [f"{record.name}: {record.getMessage()}" for record in keeper.records]
    stray = unexpected(messages, () if mark is None else mark.args)
    if stray:
        pytest.fail("unexpected log records:\n" + "\n".join(stray))
