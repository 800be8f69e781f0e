"""httpx as the client imports it: without its command line, and without looking for what is not there."""

import sys

# httpx takes it in when rich happens to be installed: 0.1 s and 10 MB of every start for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

# httpcore asks it at each of a request's locks which event loop runs, and takes asyncio where it is missing. It is not installed,
# and a module that is not there is looked for on the disk each time: a tenth of what a request cost.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

import httpx  # noqa: E402

__all__ = ["httpx"]
