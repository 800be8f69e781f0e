"""How long an act takes from one official's hand into another's store: real processes, 50 devices connected.

`python -m tests.benchmarks.act_latency`; the last line printed is one JSON object. Server and both clients are processes
of their own; the other devices hold their push channels open. `committed_ms`: from the act (留言) on one client, signing
and its own store included, to the commit in the other's store, the entry verified, opened and folded. `told_ms`: until the
one who acted is told that it is safe on his disk. `cpu_ms`: processor time an act costs, which other programs on the machine
do not change: of both clients together (one acts, both take it in) and of the server. With a folder as argument the clients' profiles are left there.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.benchmarks import _act_client
from tests.benchmarks._act_city import MeasuredCity

DEVICES, CASES, ACTS = 50, 10, 24
AIM_P50_MS = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds: for each act, and of processor time for all of them."""

    told: list[float]
    committed: list[float]
    clients_cpu: float
    server_cpu: float


def main() -> int:
    profiles = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        city = MeasuredCity(Path(folder), DEVICES - 2)
        try:
            report(asyncio.run(measure(city, Path(folder), profiles)))
        finally:
            city.close()
    return 0


async def measure(city: MeasuredCity, folder: Path, profiles: Path | None) -> Measured:
    await city.enrol(folder / "clerk", city.clerk)
    await city.enrol(folder / "office", city.office)
    async with city.listening():
        # The loop must run on meanwhile: it answers the server's pings for the idle devices.
        return await asyncio.to_thread(act_all, city, folder, profiles)


def act_all(city: MeasuredCity, folder: Path, profiles: Path | None) -> Measured:
    made = Measured([], [], 0, 0)
    with client(folder, "clerk", profiles) as clerk, client(folder, "office", profiles) as office:
        for number in range(CASES + 1):
            title = f"关于第{number}号工作的通知"
            case = ask(clerk, "submit", title)
            assert ask(office, "waits", title) == case
            before = spent(city, clerk, office)
            times = []
            for turn in range(ACTS):
                actor, reader = (clerk, office) if turn % 2 else (office, clerk)
                # 拟稿 and 送核 were the first two entries.
                times.append(act(actor, reader, case, turn + 3))
            after = spent(city, clerk, office)
            if number == 0:
                continue  # the first case warms everybody up
            made = Measured(
                made.told + [told for told, _ in times],
                made.committed + [committed for _, committed in times],
                made.clients_cpu + after[0] - before[0],
                made.server_cpu + after[1] - before[1],
            )
    return made


def spent(city: MeasuredCity, *clients: Connection) -> tuple[float, float]:
    """Milliseconds of processor time of the clients and of the server so far."""
    return 1000 * sum(ask(each, "cpu") for each in clients), 1000 * city.cpu()


def act(actor: Connection, reader: Connection, case: str, place: int) -> tuple[float, float]:
    pressed, told = ask(actor, "opinion", case, f"意见{place}")
    committed = ask(reader, "received", case, place)
    ask(actor, "received", case, place)  # the next act begins when all is quiet
    return 1000 * (told - pressed), 1000 * (committed - pressed)


@contextmanager
def client(folder: Path, name: str, profiles: Path | None) -> Iterator[Connection]:
    """A client process, ready and online."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    profiled = profiles / f"{name}.prof" if profiles is not None else None
    process = context.Process(target=_act_client.run, args=(folder / name, theirs, profiled))
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


def ask(pipe: Connection, name: str, *arguments: object) -> Any:
    pipe.send((name, arguments))
    return pipe.recv()


def report(measured: Measured) -> None:
    committed, acts = percentiles(measured.committed), len(measured.committed)
    result = {
        "benchmark": "act_latency",
        "devices": DEVICES,
        "acts": acts,
        "committed_ms": committed,
        "told_ms": percentiles(measured.told),
        "cpu_ms": {
            "clients": round(measured.clients_cpu / acts, 1),
            "server": round(measured.server_cpu / acts, 1),
        },
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"committed_p50_ms": AIM_P50_MS},
        "reached": committed["p50"] <= AIM_P50_MS,
    }
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {name: round(cuts[at - 1], 1) for name, at in (("p50", 50), ("p95", 95), ("p99", 99))}


if __name__ == "__main__":
    raise SystemExit(main())
