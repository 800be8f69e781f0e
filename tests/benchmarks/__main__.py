"""`make bench`: runs every benchmark, or those named, in a process of its own and collects the JSON each prints last.

`python -m tests.benchmarks [NAME...]`; what others measured before stays in the results.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "results.json"


def main(named: list[str]) -> int:
    there = benchmarks()
    unknown = sorted(set(named).difference(there))
    if unknown:
        sys.stderr.write(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(there)}\n")
        return 2
    results: dict[str, object] = json.loads(OUT.read_bytes()) if named and OUT.exists() else {}
    failed = 0
    for name in named or there:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{name}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            failed += 1
            sys.stdout.write(f"{name}: failed\n{done.stderr[-2000:]}\n")
            continue
        results[name] = json.loads(lines[-1])
        sys.stdout.write(f"{name}: {lines[-1]}\n")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


def benchmarks() -> list[str]:
    """What several of them share lies beside them and measures nothing itself."""
    found = sorted(Path(__file__).parent.glob("[!_]*.py"))
    return [path.stem for path in found if "def main(" in path.read_text(encoding="utf-8")]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
