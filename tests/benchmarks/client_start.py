"""How long until the client's main window is painted, and how much memory it takes: real processes on an enrolled profile.

`python -m tests.benchmarks.client_start`; the last line printed is one JSON object. `start_ms` is from the start of the
process to the painted main window, without the time a hand would need to type: the passphrase is typed at once, and its
Argon2id with the product's own cost is in it.
"""

from __future__ import annotations

import asyncio
import compileall
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from client.core.client import CoreClient
from client.core.events import Event, LinkState
from tests.end_to_end.city import City, Official
from tests.end_to_end.processes import ROOT, environment

RUNS = 7
SETTLE_SECONDS = 4.0
PASSPHRASE = "三月春风 brocade 17"
AIM_MS, AIM_MB = 1500, 200


def main() -> int:
    """Enrol one profile against a real server, then start the client on it again and again."""
    for package in ("client", "protocol", "tests"):
        compileall.compile_dir(str(ROOT / package), quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        city = City(Path(folder))
        try:
            city.found()
            city.open()
            profile = Path(folder) / "profile"
            asyncio.run(enrol(city, profile))
            start_once(profile)  # reads the files of Qt and Python into the system's cache
            runs = [start_once(profile) for _ in range(RUNS)]
        finally:
            city.stop()
    report(runs)
    return 0


async def enrol(city: City, profile: Path) -> None:
    """What a user does once: a code, a passphrase, and the first synchronisation."""
    person = city.appoint(Official("clerk", "发改委文书", ("fgw.clerk", "fgw.seal")))
    city.publish()
    client = CoreClient.open(profile)
    await client.login.enrol(city.address, city.code(person), "办公室电脑")
    city.sign_all()
    await client.login.wait()
    client.login.recovery_code()
    await client.login.protect(PASSPHRASE)
    ready = asyncio.Event()

    def look(_event: Event) -> None:
        if client.link.state is LinkState.ONLINE and client.directory.state.generation(person) is not None:
            ready.set()

    client.bus.subscribe(look)
    await client.start()
    await asyncio.wait_for(ready.wait(), 30)
    await client.stop()


def start_once(profile: Path) -> dict[str, float]:
    """One start; times in milliseconds since the process was asked for, memory in MB."""
    command = [sys.executable, "-m", "tests.benchmarks._client_window", PASSPHRASE, str(SETTLE_SECONDS)]
    asked = time.monotonic()
    done = subprocess.run(
        [*command, "--profile", str(profile), "--lang", "zh_CN"],
        env=environment(QT_QPA_PLATFORM="offscreen"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    run = {
        "unlock_page_ms": 1000 * (said["unlock"] - asked),
        "unlocking_ms": 1000 * (said["window"] - said["typed"]),
        "start_ms": 1000 * (said["window"] - asked),
        "start_cpu_ms": 1000 * said["window_cpu"],
        "peak_mb": said["peak_kib"] / 1024,
        "steady_mb": said["steady_kib"] / 1024,
        "modules": said["modules"],
    }
    sys.stdout.write(json.dumps({name: round(value) for name, value in run.items()}) + "\n")
    return run


def report(runs: list[dict[str, float]]) -> None:
    """Medians, and whether they are what we want."""
    medians = {name: round(statistics.median(run[name] for run in runs)) for name in runs[0]}
    result = {
        "benchmark": "client_start",
        "runs": len(runs),
        **medians,
        "worst_start_ms": round(max(run["start_ms"] for run in runs)),
        "aim": {"start_ms": AIM_MS, "peak_mb": AIM_MB},
        "reached": medians["start_ms"] <= AIM_MS and medians["peak_mb"] <= AIM_MB,
    }
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
