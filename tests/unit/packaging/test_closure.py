"""What a package holds is what the code imports: nothing it needs is a developer's alone, and the self-test loads all of it."""

from __future__ import annotations

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bundle.closure import imported
from client.self_test.machine import LIBRARIES

_ROOT = Path(__file__).resolve().parents[3]
_CLIENT = [_ROOT / name for name in ("client", "protocol", "resources")]
# Parts of what others bring, and of PySide6, which is three.
_BROUGHT = {
    "asn1crypto": "pyhanko",
    "httpcore": "httpx",
    "pyhanko-certvalidator": "pyhanko",
    "pyside6-addons": "pyside6",
    "pyside6-essentials": "pyside6",
    "shiboken6": "pyside6",
}


def distributions(roots: list[Path]) -> set[str]:
    """The distributions that the code below `roots` imports itself, by the name one asks for."""
    known = packages_distributions()
    found = {canonicalize_name(each) for name in imported(roots) for each in known[name]}
    return {_BROUGHT.get(name, name) for name in found}


def test_everything_the_product_imports_is_installed_with_it() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    brought = {"aioice", "av", "pylibsrtp", "starlette"}  # aiortc and fastapi name which of them they go with
    assert distributions([*_CLIENT, _ROOT / "server_stub"]) - brought <= asked


def test_the_self_test_loads_every_library_of_the_client_and_no_other() -> None:
    assert {canonicalize_name(name) for name, _module in LIBRARIES} == distributions(_CLIENT)
