"""What a meeting of 50 costs the SFU's one worker: everybody sends sound and two layers, and receives six pictures and three voices.

`python -m tests.benchmarks.meeting_size`; the last line printed is one JSON object. The 50 are real connections (ICE, DTLS, SRTP, the
slots and the data channel of the product) in one generator process with synthetic packets: high layer 25 frames a second of three
packets, low 15 of one, sound 50; all rates times `scale`. `changing`: somebody else begins to speak every two seconds. Lateness is from
one of the generator's sockets to another and so contains the generator's own queue, of which `generator_late_ms` is a measure: how
long after it was due a frame left.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from array import array
from collections.abc import Sequence
from typing import Any, Final

from tests.benchmarks import _meeting
from tests.benchmarks._media_server import Server, open_server
from tests.benchmarks._meeting import PEOPLE, Window
from tests.benchmarks._spawned import ask, family, spawned

# Below 1 where the generator cannot keep up with the rates of the first paragraph.
SCALE: Final = 1.0
STEADY_WINDOWS, STEADY_SECONDS = 3, 5.0
CHANGING_SECONDS: Final = 10.0
WARM_SECONDS: Final = 4.0
AIM_CORE_SHARE: Final = 0.5


def main() -> int:
    with (
        open_server(doors=1) as server,
        spawned(_meeting.run, server.doors[0], server.address, SCALE) as generator,
    ):
        joins = ask(generator, "gather")
        pid = ask(server.pipe, "pid")
        pids = family(pid)
        ask(generator, "window", WARM_SECONDS, pids, False)
        lag(server)
        steady = [ask(generator, "window", STEADY_SECONDS, pids, False) for _ in range(STEADY_WINDOWS)]
        steady_lag = lag(server)
        changing = [ask(generator, "window", CHANGING_SECONDS, pids, True)]
        changing_lag = lag(server)
        result = {
            "benchmark": "meeting_size",
            "people": PEOPLE,
            "scale": SCALE,
            "join_ms": {"p50": round(statistics.median(joins), 1), "most": round(max(joins), 1)},
            "steady": figures(steady, pid) | {"loop_lag_ms": steady_lag},
            "changing": figures(changing, pid) | {"loop_lag_ms": changing_lag},
            "lost_participants": ask(server.pipe, "lost"),
            "generator_trouble": ask(generator, "trouble"),
        }
    report(result)
    return 0


def lag(server: Server) -> dict[str, float]:
    """How long the worker's loop was held up since it was last asked."""
    return dict(zip(("p50", "p99", "most"), ask(server.pipe, "figures")["lag_ms"], strict=True))


def figures(windows: Sequence[Window], pid: int) -> dict[str, Any]:
    late, generator_late = array("I"), array("I")
    for each in windows:
        late.extend(each.late_us)
        generator_late.extend(each.generator_late_us)
    workers = [sum(cpu for of, cpu in each.cpu.items() if of != pid) / each.seconds for each in windows]
    return {
        "worker_core_share": round(statistics.median(workers), 3),
        "server_core_share": round(statistics.median(each.cpu[pid] / each.seconds for each in windows), 3),
        "generator_core_share": round(
            statistics.median(each.generator_cpu / each.seconds for each in windows), 3
        ),
        "in_per_s": round(sum(each.sent for each in windows) / sum(each.seconds for each in windows)),
        "out_per_s": round(sum(each.received for each in windows) / sum(each.seconds for each in windows)),
        "lost": sum(each.lost for each in windows),
        "duplicated": sum(each.duplicated for each in windows),
        "turns": sum(each.turns for each in windows),
        # Fewest and most streams a participant received in a window.
        "videos": [min(each.videos[0] for each in windows), max(each.videos[1] for each in windows)],
        "sounds": [min(each.sounds[0] for each in windows), max(each.sounds[1] for each in windows)],
        "late_ms": percentiles(late),
        "generator_late_ms": percentiles(generator_late),
    }


def percentiles(late_us: array[int]) -> dict[str, float]:
    ordered = sorted(late_us)
    places = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    found = {name: round(ordered[int(len(ordered) * part)] / 1000, 1) for name, part in places.items()}
    return found | {"most": round(ordered[-1] / 1000, 1)}


def report(result: dict[str, Any]) -> None:
    share = result["steady"]["worker_core_share"]
    result |= {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"worker_core_share": AIM_CORE_SHARE},
        "reached": share <= AIM_CORE_SHARE,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
