"""The small X libraries that Qt needs and a stock desktop lacks, out of Debian's own packages."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

OF_X: Final = (
    "libatomic1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-util1",
    "libxcb-xkb1",
)


def gather(fetched: Path, folder: Path) -> None:
    """Take the libraries out of the packages in `fetched`, under the name by which they are asked for, each looking beside itself first.

    Raises:
        LookupError: a package is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for package in OF_X:
        found = sorted(fetched.glob(f"{package}_*.deb"))
        if not found:
            raise LookupError(f"{package} was not fetched")
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run(["dpkg-deb", "-x", str(found[-1]), scratch], check=True)
            for link in sorted(Path(scratch).rglob("*.so.*")):
                # The name others ask by is the shorter one, which Debian makes a link.
                if link.is_symlink():
                    place = folder / link.name
                    place.write_bytes(link.resolve().read_bytes())
                    place.chmod(0o755)
                    subprocess.run(["patchelf", "--set-rpath", "$ORIGIN", str(place)], check=True)
