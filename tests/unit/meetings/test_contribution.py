"""What one contributes, whatever the devices and the chairs do meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from client.media.sources import Samples
from client.meetings.contribution import Contribution


class _Silence:
    async def blocks(self) -> AsyncGenerator[Samples, None]:
        nothing: list[Samples] = []
        for block in nothing:
            yield block


async def _asked() -> None:
    raise AssertionError("the server was asked to take a mute back")


async def test_another_microphone_is_spoken_through_only_by_who_speaks() -> None:
    mine = Contribution(_asked, lambda: None)
    await mine.change_microphone(_Silence())
    assert not mine.doing.microphone
    await mine.start_microphone(_Silence())
    await mine.change_microphone(_Silence())
    assert mine.doing.microphone


async def test_a_change_of_the_microphone_takes_no_mute_back() -> None:
    mine = Contribution(_asked, lambda: None)
    await mine.start_microphone(_Silence())
    assert await mine.fall_silent()
    await mine.change_microphone(_Silence())
    assert mine.silenced
    assert not mine.doing.microphone
