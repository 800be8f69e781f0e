"""`make bench`: runs every benchmark in a process of its own and collects the JSON each prints last."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    results: dict[str, object] = {}
    failed = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        # What several benchmarks share lies beside them and measures nothing itself.
        if path.stem.startswith("_") or "def main(" not in path.read_text(encoding="utf-8"):
            continue
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{path.stem}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            failed += 1
            sys.stdout.write(f"{path.stem}: failed\n{done.stderr[-2000:]}\n")
            continue
        results[path.stem] = json.loads(lines[-1])
        sys.stdout.write(f"{path.stem}: {lines[-1]}\n")
    out = ROOT / "build" / "bench" / "results.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
