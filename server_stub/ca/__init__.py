"""The site's certificate authority and the commands of its operator."""

import sys

# httpx takes its own command line in when rich happens to be installed: 0.1 s of every command for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
