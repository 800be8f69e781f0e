"""From the click on "join" to the first picture and the first sound of somebody who already speaks, through our SFU, sealed.

`python -m tests.benchmarks.join_time`; the last line printed is one JSON object. Nothing is prepared before the click: the media
engine, its connection and its offer are made then. Speaker, joiner and server are processes of their own on one machine, so no
network's round trips are in it. Stages are milliseconds since the click: the offer is made, its answer came from the server, media
can flow, the first picture is decoded and taken, the first sound is played.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from typing import Any, Final

from tests.benchmarks import _media_person
from tests.benchmarks._media_server import open_server
from tests.benchmarks._spawned import ask, spawned

JOINS: Final = 12
FPS: Final = 25.0
AIM_MS: Final = 500


def main() -> int:
    joins: list[dict[str, float]] = []
    with (
        open_server(doors=2) as server,
        spawned(_media_person.run, server.doors[0], server.address, 0, [1]) as speaker,
        spawned(_media_person.run, server.doors[1], server.address, 1, [0]) as joiner,
    ):
        ask(speaker, "join", "join")
        ask(speaker, "speak", FPS)
        # The first join of a process imports and warms; a user's client has done so by its start.
        for _ in range(JOINS + 1):
            joins.append(ask(joiner, "join", "join") | ask(joiner, "first"))
            ask(joiner, "leave")
        ask(speaker, "leave")
    report(joins)
    return 0


def report(joins: list[dict[str, float]]) -> None:
    first, rest = joins[0], joins[1:]
    stages = {name: round(statistics.median(each[name] for each in rest), 1) for name in first}
    both = [max(each["picture"], each["sound"]) for each in rest]
    result: dict[str, Any] = {
        "benchmark": "join_time",
        "joins": len(rest),
        "median_ms": stages,
        "picture_and_sound_ms": {"p50": round(statistics.median(both), 1), "most": round(max(both), 1)},
        "first_of_process_ms": {name: round(value, 1) for name, value in first.items()},
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"p50": AIM_MS},
        "reached": statistics.median(both) <= AIM_MS,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
