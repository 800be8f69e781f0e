"""The way to the server."""

import sys

# httpx takes its own command line in when rich happens to be installed: 0.1 s and 10 MB of every start for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
