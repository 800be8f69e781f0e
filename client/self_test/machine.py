"""The interpreter, the libraries and the disk."""

from __future__ import annotations

import platform
import shutil
import struct
import sys
import tempfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.surroundings import Surroundings
from protocol.release import RELEASE

_OLDEST_PYTHON: Final = (3, 11)
_OLDEST_GLIBC: Final = (2, 28)
# What the client loads, by the package that brings it. httpx comes through ours, which keeps its command line out.
LIBRARIES: Final = (
    ("aiortc", "aiortc"),
    ("argon2-cffi", "argon2"),
    ("av", "av"),
    ("cbor2", "cbor2"),
    ("chinese-calendar", "chinese_calendar"),
    ("cryptography", "cryptography.hazmat.bindings.openssl.binding"),
    ("httpx", "client.core.connection.plain_httpx"),
    ("keyring", "keyring"),
    ("numpy", "numpy"),
    ("pillow", "PIL.Image"),
    ("platformdirs", "platformdirs"),
    ("pydantic", "pydantic"),
    ("pyhanko", "pyhanko.sign.signers"),
    ("pypdfium2", "pypdfium2"),
    ("PySide6", "PySide6.QtWidgets"),
    ("PySide6", "PySide6.QtSvg"),
    ("PySide6", "PySide6.QtMultimedia"),
    ("python-pkcs11", "pkcs11"),
    ("sqlalchemy", "sqlalchemy"),
    ("sqlcipher3", "sqlcipher3.dbapi2"),
    ("tuf", "tuf.ngclient"),
    ("typst", "typst"),
    ("vodozemac", "vodozemac"),
    ("websockets", "websockets"),
)
_MIB: Final = 1 << 20
# A document with its files may take a quarter of it; below, the store itself may fail to write.
_LOW: Final = 1024 * _MIB
_LEAST: Final = 128 * _MIB


def check_interpreter(_surroundings: Surroundings) -> CheckRow:
    """Python, the system, the processor and the C library it stands on."""
    libc, libc_version = platform.libc_ver()
    facts = (
        ("jinshu", RELEASE),
        ("python", platform.python_version()),
        ("system", platform.platform()),
        ("machine", platform.machine()),
        ("libc", f"{libc} {libc_version}".strip()),
    )
    found = Remark.of("interpreter.found", python=platform.python_version(), system=platform.platform())
    bits = struct.calcsize("P") * 8
    too_old = sys.version_info[:2] < _OLDEST_PYTHON or (
        libc == "glibc" and _numbers(libc_version) < _OLDEST_GLIBC
    )
    if too_old or bits < 64:
        return CheckRow(
            "interpreter", Outcome.FAILED, found, Remark("interpreter.replace"), facts, (sys.executable,)
        )
    return CheckRow("interpreter", Outcome.OK, found, None, facts, (sys.executable,))


def check_libraries(_surroundings: Surroundings) -> CheckRow:
    """Load every library the client uses."""
    facts: dict[str, str] = {}
    missing: list[str] = []
    said: list[str] = []
    for package, module in LIBRARIES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "?"
        try:
            import_module(module)
        except Exception as error:  # a library that cannot be loaded raises what it likes
            missing.append(module)
            said.append(f"{module}: {error}")
    if missing:
        found = Remark.of("libraries.missing", names=", ".join(missing))
        return CheckRow(
            "libraries", Outcome.FAILED, found, Remark("reinstall"), tuple(facts.items()), tuple(said)
        )
    found = Remark.of("libraries.found", count=len(facts))
    return CheckRow("libraries", Outcome.OK, found, None, tuple(facts.items()))


def check_disk(surroundings: Surroundings) -> CheckRow:
    """Room where the profile lies, and whether the folder for temporary files takes a file."""
    place = next(each for each in (surroundings.profile, *surroundings.profile.parents) if each.is_dir())
    free = shutil.disk_usage(place).free
    temporary = Path(tempfile.gettempdir())
    facts = (
        ("free_mib", str(free // _MIB)),
        ("free_temporary_mib", str(shutil.disk_usage(temporary).free // _MIB)),
    )
    private = (str(place), str(temporary))
    try:
        with tempfile.TemporaryFile() as file:
            file.write(bytes(_MIB))
            file.flush()
    except OSError:
        found = Remark("disk.temporary_refused")
        return CheckRow("disk", Outcome.FAILED, found, Remark("disk.make_room"), facts, private)
    found = Remark.of("disk.found", free=f"{free / (1 << 30):.1f}")
    if free < _LOW:
        outcome = Outcome.FAILED if free < _LEAST else Outcome.WARNING
        return CheckRow("disk", outcome, found, Remark("disk.make_room"), facts, private)
    return CheckRow("disk", Outcome.OK, found, None, facts, private)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
