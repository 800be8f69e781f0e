"""From a picture handed to the camera's source to its number read in the receiver's slot, through our SFU, sealed.

`python -m tests.benchmarks.glass_to_glass`; the last line printed is one JSON object. Sender, receiver and server are processes of
their own that share the machine's monotonic clock; pictures are numbered in their pixels, encoded (VP8, 640×360 and the low layer),
sealed, sent over ICE, DTLS and SRTP, forwarded, opened, decoded and taken by a thread that is woken as a window is. A microphone
sends meanwhile. What a camera, a compositor and a screen add is not in it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Final

from tests.benchmarks import _media_person
from tests.benchmarks._media_server import open_server
from tests.benchmarks._spawned import ask, spawned

FPS: Final = 25.0
FRAMES: Final = 300
WARM_FRAMES: Final = 25
AIM_P50_MS: Final = 120


def main() -> int:
    with (
        open_server(doors=2) as server,
        spawned(_media_person.run, server.doors[0], server.address, 0, [1]) as sender,
        spawned(_media_person.run, server.doors[1], server.address, 1, [0]) as receiver,
    ):
        ask(sender, "join", "glass")
        ask(receiver, "join", "glass")
        ask(sender, "speak", FPS)
        ask(receiver, "first")
        time.sleep((FRAMES + WARM_FRAMES) / FPS)
        seen, unreadable = ask(receiver, "seen"), ask(receiver, "unreadable")
        taken = ask(sender, "taken")
        for person in (receiver, sender):
            ask(person, "leave")
    report(taken, seen, unreadable)
    return 0


def report(taken: dict[int, float], seen: dict[int, float], unreadable: int) -> None:
    first = min(seen) + WARM_FRAMES
    last = max(seen)
    delays = sorted(1000 * (seen[each] - taken[each]) for each in seen if each >= first)
    p50, p95 = (round(delays[len(delays) * part // 100], 1) for part in (50, 95))
    result: dict[str, Any] = {
        "benchmark": "glass_to_glass",
        "frames": len(delays),
        "ms": {"p50": p50, "p95": p95, "most": round(delays[-1], 1), "least": round(delays[0], 1)},
        "not_shown": last - first + 1 - len(delays),
        "unreadable": unreadable,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"p50": AIM_P50_MS},
        "reached": p50 <= AIM_P50_MS,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
