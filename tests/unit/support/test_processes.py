"""A process of the story that dies ends every wait at once, and its log says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.processes import Background, StoryError, environment


def test_who_waits_for_one_hears_that_another_has_died(tmp_path: Path) -> None:
    # Waits at its prompt, which is no line.
    silent = Background("silent", "code", [], tmp_path / "silent.log", environment())
    dying = Background("dying", "json.tool", ["no-such-file"], tmp_path / "dying.log", environment())
    try:
        with pytest.raises(StoryError, match=r"(?s)dying ended with [12]\n.*no-such-file"):
            silent.line()
    finally:
        dying.stop()
        silent.stop()


def test_who_was_stopped_is_not_missed(tmp_path: Path) -> None:
    stopped = Background("stopped", "code", [], tmp_path / "stopped.log", environment())
    stopped.stop()
    ending = Background("ending", "json.tool", ["no-such-file"], tmp_path / "ending.log", environment())
    try:
        with pytest.raises(StoryError, match="ending ended"):
            ending.line()
    finally:
        ending.stop()
