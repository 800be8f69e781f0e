"""Keeps the wheel of a release: `python -m tests.ages.make_wheel [TREE]`, run once for every landing, when it is finished.

Fonts and pictures are left out, being most of it and the same in every release: a test lends today's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.ages.people import LENT, WHEELS
from tests.end_to_end.processes import ROOT


def main() -> int:
    tree = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--no-index", "--wheel-dir", folder, str(tree)], check=True)
        built = next(Path(folder).glob("*.whl"))
        WHEELS.mkdir(exist_ok=True)
        kept = WHEELS / built.name
        with zipfile.ZipFile(built) as whole, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
            for item in whole.infolist():
                if not item.filename.startswith(LENT):
                    made.writestr(item, whole.read(item), zipfile.ZIP_DEFLATED)
    sys.stdout.write(f"{kept.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
