"""Where drivers of tokens (PKCS #11 modules) are found, and which files are loaded at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode, JinshuError

# Where the packages of distributions and vendors register their modules (p11-kit, pkcs11.conf(5)).
_REGISTERED: Final = (Path("/usr/share/p11-kit/modules"), Path("/etc/pkcs11/modules"))
_LIBRARIES: Final = tuple(
    Path(folder)
    for folder in (
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib/loongarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
    )
)
_ON_LINUX: Final = ("opensc-pkcs11.so", "softhsm/libsofthsm2.so")
_ON_WINDOWS: Final = (
    r"OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
    r"SoftHSM2\lib\softhsm2-x64.dll",
)
_MOST_BYTES: Final = 1 << 16  # of a registration


def known_drivers(registered: tuple[Path, ...] = _REGISTERED) -> tuple[str, ...]:
    """The paths of the modules this computer has in known places, each once, by what they really are."""
    found: dict[Path, str] = {}
    for path in _candidates(registered):
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):
            continue
        found.setdefault(real, str(path))
    return tuple(found.values())


def check_driver(driver: str) -> None:
    """Return if a file may be loaded: whoever can write it decides what runs beside this user's PIN.

    Raises:
        JinshuError: `keys.token_driver_missing`; or `keys.token_driver_unsafe`: others than its user and the system's own could
            have written the file or its folder.
    """
    path = Path(driver)
    name = path.name
    try:
        real = path.resolve(strict=True)
        facts = real.stat()
    except (OSError, RuntimeError, ValueError):
        raise JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_MISSING, file=name) from None
    if not path.is_absolute() or not stat.S_ISREG(facts.st_mode):
        raise JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_MISSING, file=name)
    if sys.platform != "win32" and not (_is_kept(facts) and _is_kept(real.parent.stat())):
        raise JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_UNSAFE, file=name)


def _is_kept(facts: os.stat_result) -> bool:
    """Whether only its owner writes there, and he is root or this user. (Windows: the system's access lists decide.)"""
    return facts.st_uid in (0, os.getuid()) and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _candidates(registered: tuple[Path, ...]) -> Iterator[Path]:
    if sys.platform == "win32":
        for root in (os.environ.get("PROGRAMFILES"), os.environ.get("SYSTEMDRIVE", "C:") + "\\"):
            yield from (Path(root) / name for name in _ON_WINDOWS if root)
        return
    for folder in registered:
        for file in sorted(folder.glob("*.module")):
            yield from _registered_in(file)
    yield from (folder / name for folder in _LIBRARIES for name in _ON_LINUX)


def _registered_in(file: Path) -> Iterator[Path]:
    """The module a registration names; one that only hands out trusted roots is no token's."""
    try:
        lines = file.read_text("utf-8", "replace")[:_MOST_BYTES].splitlines()
    except OSError:
        return
    said = {
        name.strip(): value.strip()
        for name, colon, value in (line.partition(":") for line in lines if not line.startswith("#"))
        if colon
    }
    module = Path(said.get("module", ""))
    if said.get("trust-policy") == "yes" or not module.name:
        return
    # A bare name is looked for where p11-kit's packages put modules.
    yield from ([module] if module.is_absolute() else [folder / "pkcs11" / module for folder in _LIBRARIES])
