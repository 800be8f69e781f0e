"""From the click on "join" to the first picture and the first sound of somebody who already speaks, through our SFU, sealed.

`python -m tests.benchmarks.join_time`; the last line printed is one JSON object. Nothing is prepared before the click: the media
engine, its connection and its offer are made then. Speaker, joiner and server are processes of their own on one machine, so no
network's round trips are in it. Stages are milliseconds since the click: the offer is made, its answer came from the server, media
can flow, the first picture is decoded and taken, the first sound is played. `ms` is of people who come one by one, a second apart;
`rushed_ms` of joins that follow each other at once, where a key frame asked for too soon after the last has to wait; `first_of_server_ms` of the one whose meeting starts the SFU's worker.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, Final

from tests.benchmarks import _media_person
from tests.benchmarks._media_server import open_server
from tests.benchmarks._spawned import ask, spawned

JOINS: Final = 12
FPS: Final = 25.0
PAUSE_SECONDS: Final = 1.0
AIM_MS: Final = 500


def main() -> int:
    with (
        open_server(doors=2) as server,
        spawned(_media_person.run, server.doors[0], server.address, 0, [1]) as speaker,
        spawned(_media_person.run, server.doors[1], server.address, 1, [0]) as joiner,
    ):
        cold = ask(speaker, "join", "join")
        ask(speaker, "speak", FPS)
        # The first join of a process imports and warms; a user's client has done so by its start.
        first = join(joiner)
        alone, rushed = [], []
        for _ in range(JOINS):
            time.sleep(PAUSE_SECONDS)
            alone.append(join(joiner))
        for _ in range(JOINS):
            rushed.append(join(joiner))
        ask(speaker, "leave")
    report(cold, first, alone, rushed)
    return 0


def join(joiner: Connection) -> dict[str, float]:
    """Milliseconds of each stage."""
    stages: dict[str, float] = ask(joiner, "join", "join") | ask(joiner, "first")
    ask(joiner, "leave")
    return stages


def report(
    cold: dict[str, float],
    first: dict[str, float],
    alone: Sequence[dict[str, float]],
    rushed: Sequence[dict[str, float]],
) -> None:
    result: dict[str, Any] = {
        "benchmark": "join_time",
        "joins": len(alone),
        "ms": figures(alone),
        "rushed_ms": figures(rushed),
        "first_of_process_ms": rounded(first),
        "first_of_server_ms": rounded(cold),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"p50": AIM_MS},
    }
    result["reached"] = result["ms"]["both"]["p50"] <= AIM_MS
    sys.stdout.write(json.dumps(result) + "\n")


def rounded(stages: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in stages.items()}


def figures(joins: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Medians of the stages, and of having both picture and sound."""
    both = [max(each["picture"], each["sound"]) for each in joins]
    stages = {name: round(statistics.median(each[name] for each in joins), 1) for name in joins[0]}
    return {**stages, "both": {"p50": round(statistics.median(both), 1), "most": round(max(both), 1)}}


if __name__ == "__main__":
    raise SystemExit(main())
