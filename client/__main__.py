"""`jinshu`: the desktop client."""

from __future__ import annotations

from client.app import main

if __name__ == "__main__":
    raise SystemExit(main())
