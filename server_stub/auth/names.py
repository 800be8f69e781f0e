"""The names under which clients reach a server: those of its TLS certificate and its own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class ServerNames:
    """Host names and addresses, compared as TLS compares them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(_plain(name) for name in names)

    def __contains__(self, name: str) -> bool:
        plain = _plain(name)
        # A wildcard stands for one label, the first.
        _, dot, rest = plain.partition(".")
        return plain in self._names or (bool(dot) and f"*.{rest}" in self._names)


def _plain(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return name.rstrip(".").lower()
