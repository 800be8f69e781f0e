"""What it costs the server to forward a packet: one publisher, 1 to 30 subscribers, our SFU and Janus 1.1.2 by turns.

`python -m tests.benchmarks.sfu_forwarding`; the last line printed is one JSON object. Janus is measured where it is installed
(`apt-get install janus`, Debian 12; set-up does not install it). Publisher (30 frames a second of five packets of 1 kB, and 50
packets of sound) and subscribers are a process of their own at each SFU, behind real ICE, DTLS and SRTP, the same for both; every
packet carries a tag and is counted where it arrives. Processor time is the server's alone, all its processes and threads, in
windows of constant load that the two take by turns, divided by packets received. What a server costs while all are connected and
nobody sends is told apart (`idle_core_share`) and not subtracted.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from tests.benchmarks import _forwarding, _media_janus
from tests.benchmarks._forwarding import Window
from tests.benchmarks._media_peer import local_address
from tests.benchmarks._media_server import open_server
from tests.benchmarks._spawned import ask, family, spawned, tell, told

SUBSCRIBERS: Final = (1, 10, 30)
WINDOWS: Final = 3
SECONDS: Final = 5.0
REST_SECONDS: Final = 2.0
# At 30 subscribers. The lean path alone, at six times this load, was measured at a third.
AIM_OF_JANUS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """One SFU: who loads it, and the process that is the server, with its children."""

    name: str
    generator: Connection
    pid: int


def main() -> int:
    address = local_address() or "127.0.0.1"
    janus = _media_janus.version() if address != "127.0.0.1" else None
    results: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        servers = [stack.enter_context(ours())]
        if janus is not None:
            servers.append(stack.enter_context(beside(address)))
        for each in servers:
            results[each.name] = {}
        for count in SUBSCRIBERS:
            for name, figures in measure(servers, count).items():
                results[name][str(count)] = figures
        for each in servers:
            results[each.name]["generator_trouble"] = ask(each.generator, "trouble")
    report(results, janus)
    return 0


@contextmanager
def ours() -> Iterator[Measured]:
    with (
        open_server(doors=1) as server,
        spawned(_forwarding.at_ours, server.doors[0], server.address) as generator,
    ):
        yield Measured("jinshu", generator, ask(server.pipe, "pid"))


@contextmanager
def beside(address: str) -> Iterator[Measured]:
    with (
        _media_janus.running(address) as janus,
        spawned(_forwarding.at_janus, janus.api, address) as generator,
    ):
        yield Measured("janus", generator, janus.pid)


def measure(servers: Sequence[Measured], count: int) -> dict[str, dict[str, Any]]:
    """Figures of each server with so many subscribers."""
    for each in servers:
        tell(each.generator, "grow", count)
    profiles = {each.name: told(each.generator) for each in servers}
    for each in servers:
        tell(each.generator, "rest", REST_SECONDS, family(each.pid))
    rests = {each.name: told(each.generator) for each in servers}
    windows: dict[str, list[Window]] = {each.name: [] for each in servers}
    for _ in range(WINDOWS):
        for each in servers:
            windows[each.name].append(ask(each.generator, "window", SECONDS, family(each.pid)))
    return {name: figures(windows[name], rests[name], profiles[name]) for name in windows}


def figures(windows: Sequence[Window], rest: float, profile: str) -> dict[str, Any]:
    costs = [1e6 * each.server_cpu / each.received for each in windows]
    return {
        "us_per_packet": round(statistics.median(costs), 1),
        "windows": [round(cost, 1) for cost in costs],
        "expected": sum(each.expected for each in windows),
        "received": sum(each.received for each in windows),
        "lost": sum(each.lost for each in windows),
        "duplicated": sum(each.duplicated for each in windows),
        "idle_core_share": round(rest, 3),
        "core_share": round(statistics.median(each.server_cpu / each.seconds for each in windows), 3),
        "generator_core_share": round(
            statistics.median(each.generator_cpu / each.seconds for each in windows), 3
        ),
        "srtp": profile,
    }


def report(results: dict[str, dict[str, Any]], janus: str | None) -> None:
    result: dict[str, Any] = {
        "benchmark": "sfu_forwarding",
        **results,
        "janus_version": janus or "not installed: measured ours alone",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    if janus is not None:
        most = str(SUBSCRIBERS[-1])
        ratio = results["jinshu"][most]["us_per_packet"] / results["janus"][most]["us_per_packet"]
        result |= {
            "of_janus": round(ratio, 2),
            "aim": {"of_janus": AIM_OF_JANUS},
            "reached": ratio <= AIM_OF_JANUS,
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
