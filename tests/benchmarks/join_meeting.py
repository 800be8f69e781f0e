"""From pressing 进入会议 to the other's picture and voice, with everything the product does in between: the signed JOIN, the server's
admission, ICE, DTLS, the epoch that lets the newcomer in, its secret over the device channel, and the first key frame.

`python -m tests.benchmarks.join_meeting`; the last line printed is one JSON object. The speaker is a client in a process of his own,
server and SFU worker are theirs; the joiner's media engine is imported, as it is when the devices were tried, and nothing is connected.
Stages are milliseconds since the press: `joined` (the server's reply was taken in), `connected`, `keyed` (holds the epoch in force),
`picture` (decoded), `sound` (heard). `join_time` measures the media engine alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from client.meetings.rows import LiveState
from tests.end_to_end.city import City
from tests.end_to_end.processes import Background, environment
from tests.integration.meetings.attendees import CLOCK, Attendee, Venue, nonce_of, read_nonce

JOINS: Final = 12
PAUSE_SECONDS: Final = 1.0
AIM_MS: Final = 500
_LOOK_SECONDS: Final = 0.002
_LONGEST_SECONDS: Final = 20.0


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        city = City(Path(folder) / "city")
        city.folder.mkdir()
        city.found()
        city.open()
        watcher = city.watch()
        try:
            joins = asyncio.run(measure(city, Path(folder)))
        finally:
            watcher.stop()
            city.stop()
    both = [max(join["picture"], join["sound"]) for join in joins]
    stages = {name: round(statistics.median(join[name] for join in joins), 1) for name in joins[0]}
    result: dict[str, Any] = {
        "benchmark": "join_meeting",
        "joins": len(joins),
        "ms": {**stages, "both": {"p50": round(statistics.median(both), 1), "most": round(max(both), 1)}},
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"p50": AIM_MS},
        "reached": statistics.median(both) <= AIM_MS,
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


async def measure(city: City, folder: Path) -> list[dict[str, float]]:
    venue = Venue(city, folder)
    await venue.come("chair", "second")
    chair, joiner = venue.people(2)
    meeting = await venue.called(chair, joiner)
    await venue.hall.closed(chair.talker)
    speaker = Background(
        chair.name,
        "tests.integration.meetings.attendee_process",
        [str(folder / chair.name), meeting, chair.name],
        folder / "speaker.log",
        environment(),
    )
    try:
        assert await asyncio.to_thread(speaker.line) == "in"
        await join(joiner, chair, meeting)  # the first of a process warms its codecs
        joins = []
        for _ in range(JOINS):
            await asyncio.sleep(PAUSE_SECONDS)
            joins.append(await join(joiner, chair, meeting))
        return joins
    finally:
        await asyncio.to_thread(speaker.stop)
        await venue.close()


async def join(joiner: Attendee, speaker: Attendee, meeting: str) -> dict[str, float]:
    """Milliseconds of each stage."""
    joiner.ear.blocks.clear()
    pressed = CLOCK.monotonic()
    stages: dict[str, float] = {}
    await joiner.meetings.join(meeting, microphone=None, camera=None, loudspeaker=joiner.ear)
    stages["joined"] = 1000 * (CLOCK.monotonic() - pressed)
    while not stages.keys() >= {"connected", "keyed", "picture", "sound"}:
        assert CLOCK.monotonic() - pressed < _LONGEST_SECONDS, stages
        for name, there in (
            ("connected", joiner.live.state is LiveState.IN),
            ("keyed", any(row.me and row.confirmed for row in joiner.live.participants)),
            ("picture", sees(joiner, speaker)),
            ("sound", any(block.any() for block in joiner.ear.blocks)),
        ):
            if there:
                stages.setdefault(name, 1000 * (CLOCK.monotonic() - pressed))
        await asyncio.sleep(_LOOK_SECONDS)
    await joiner.meetings.leave()
    return stages


def sees(joiner: Attendee, speaker: Attendee) -> bool:
    """Whether some tile shows the speaker's picture; asked of the slots, which are there before their rows."""
    attendance = joiner.meetings._attendance
    assert attendance is not None
    assert attendance._driver is not None
    pictures = (newest.take() for newest in attendance._driver.peer.pictures.values())
    return any(each is not None and read_nonce(each) == nonce_of(speaker.name) for each in pictures)


if __name__ == "__main__":
    raise SystemExit(main())
