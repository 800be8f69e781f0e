"""Makes what an official installs, in `build/packages/`: `python packaging/make_packages.py [amd64] [arm64] [win64=PYTHON.zip]`.

Needs Debian 12 (its source packages are what the interpreter is built from), dpkg-dev, patchelf and binutils, nsis for
Windows, and the project's own environment. `win64` takes the path of python.org's embeddable zip of Python 3.11.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bundle import binaries, deb, libraries, windows
from bundle.wheels import AMD64, ARM64, Target

PROJECT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = PROJECT / "build"
_PROCESSOR: Final = {"amd64": "x86_64", "arm64": "aarch64"}


def main(arguments: list[str]) -> int:
    """Make the packages named, or the one for this machine."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(PROJECT))
    from protocol.release import RELEASE  # the project is found only now

    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or _last_commit())
    targets = {"amd64": AMD64, "arm64": ARM64}
    for argument in arguments or ["amd64"]:
        name, _, zipped = argument.partition("=")
        if name == "win64":
            python = interpreter("amd64") / "bin" / "python3.11"
            package = windows.build(PROJECT, Path(zipped), python, RELEASE, epoch, BUILD / "packages")
        else:
            package = make(targets[name], RELEASE, epoch)
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        sys.stdout.write(
            f"{package.relative_to(PROJECT)}  {package.stat().st_size / 1e6:.1f} MB  sha256 {digest}\n"
        )
    return 0


def make(target: Target, version: str, epoch: int) -> Path:
    """One Debian package, looked through for symbols that its systems lack.

    Raises:
        SystemExit: something in it would not load where glibc is as old as the target's.
    """
    native = interpreter("amd64")
    fetched = BUILD / "archive" / target.name
    _run("packaging/fetch.sh", "libraries", str(fetched), target.name, *libraries.OF_X)
    small = BUILD / "libraries" / target.name
    libraries.gather(fetched, small)
    parts = deb.Parts(PROJECT, interpreter(target.name), native / "bin" / "python3.11", small)
    folder = BUILD / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    package = deb.build(parts, target, version, epoch, folder)
    late = binaries.above(folder / package.stem, target.glibc)
    if late:
        raise SystemExit(
            "\n".join(f"{file}: GLIBC_{'.'.join(map(str, needs))}" for file, needs in late.items())
        )
    return package


def interpreter(architecture: str) -> Path:
    """The interpreter's folder, built if it is not there."""
    prefix = BUILD / "interpreter" / architecture
    if (prefix / "bin" / "python3.11").exists():
        return prefix
    sources = BUILD / "archive" / "sources"
    _run("packaging/fetch.sh", "sources", str(sources))
    command = ["packaging/interpreter/build.sh", str(sources), str(prefix), _zig(), _PROCESSOR[architecture]]
    if architecture != "amd64":
        command.append(str(interpreter("amd64") / "bin" / "python3.11"))
    _run(*command)
    return prefix


def _zig() -> str:
    """The compiler, in a folder of its own: nothing of the project imports it."""
    builders = BUILD / "builders"
    if not (builders / "ziglang" / "zig").exists():
        uv = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--target",
            str(builders),
        ]
        _run(*uv, "-r", "packaging/builders.lock")
    return str(builders / "ziglang" / "zig")


def _last_commit() -> str:
    told = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=PROJECT, check=True, capture_output=True, text=True
    )
    return told.stdout.strip()


def _run(*command: str) -> None:
    subprocess.run(command, cwd=PROJECT, check=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
