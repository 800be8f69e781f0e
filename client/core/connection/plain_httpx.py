"""httpx as the client imports it, without its command line."""

import sys

# httpx takes it in when rich happens to be installed: 0.1 s and 10 MB of every start for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx  # noqa: E402

__all__ = ["httpx"]
