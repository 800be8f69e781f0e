"""How long a message takes from one official's hand into another's store: real processes, 50 devices connected.

`python -m tests.benchmarks.message_latency`; the last line printed is one JSON object. `committed_ms`: from pressing 发送 to the
commit in the receiver's store, verified, decrypted and searchable. `cpu_ms`: processor time a message costs, of both clients
together and of the server. `burst_per_s`: durable messages a second one client has acknowledged in one conversation.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.benchmarks import _talk_client
from tests.benchmarks._act_city import MeasuredCity
from tests.benchmarks.act_latency import ask, percentiles, spent

DEVICES, WARM, MESSAGES, BURST = 50, 20, 300, 100
AIM_P50_MS, AIM_P99_MS = 20, 80


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        city = MeasuredCity(Path(folder), DEVICES - 2)
        try:
            result = asyncio.run(measure(city, Path(folder)))
        finally:
            city.close()
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    return 0


async def measure(city: MeasuredCity, folder: Path) -> dict[str, Any]:
    await city.enrol(folder / "clerk", city.clerk)
    await city.enrol(folder / "office", city.office)
    async with city.listening():
        # The loop must run on meanwhile: it answers the server's pings for the idle devices.
        return await asyncio.to_thread(talk, city, folder)


def talk(city: MeasuredCity, folder: Path) -> dict[str, Any]:
    with client(folder, "clerk") as first, client(folder, "office") as second:
        conversation = ask(first, "begin", ask(second, "person"))
        times: list[float] = []
        ask(first, "says", conversation, "开始")
        ask(second, "received", conversation, "开始")
        before = spent(city, first, second)
        for turn in range(WARM + MESSAGES):
            if turn == WARM:
                before = spent(city, first, second)
            sender, reader = (first, second) if turn % 2 else (second, first)
            pressed = ask(sender, "says", conversation, f"消息{turn}")
            committed = ask(reader, "received", conversation, f"消息{turn}")
            ask(sender, "received", conversation, f"消息{turn}")  # the next begins when all is quiet
            ask(sender, "drained")
            times.append(1000 * (committed - pressed))
        after = spent(city, first, second)
        seconds = ask(first, "burst", conversation, BURST)
        return report(times[WARM:], after[0] - before[0], after[1] - before[1], BURST / seconds)


def report(times: list[float], clients: float, server: float, rate: float) -> dict[str, Any]:
    committed, count = percentiles(times), len(times)
    return {
        "benchmark": "message_latency",
        "devices": DEVICES,
        "messages": count,
        "committed_ms": committed,
        "cpu_ms": {"clients": round(clients / count, 1), "server": round(server / count, 1)},
        "burst_per_s": round(rate),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"committed_p50_ms": AIM_P50_MS, "committed_p99_ms": AIM_P99_MS},
        "reached": committed["p50"] <= AIM_P50_MS and committed["p99"] <= AIM_P99_MS,
    }


@contextmanager
def client(folder: Path, name: str) -> Iterator[Connection]:
    """A client process, ready and online."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_talk_client.run, args=(folder / name, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.recv() == "ready"
        yield ours
        ours.send(None)
        process.join(20)
    finally:
        if process.is_alive():
            process.kill()
        ours.close()


if __name__ == "__main__":
    raise SystemExit(main())
