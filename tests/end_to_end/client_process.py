"""A client as the user starts it, with the story's hands inside: the launcher belongs to the tests, the product has no such path."""

from __future__ import annotations

import sys

from client.app import start
from tests.end_to_end.driver import Hands


def main() -> int:
    """Start the application and let the hands in before its loop begins."""
    application = start(sys.argv[1:])
    Hands(application.qt)
    return application.run()


if __name__ == "__main__":
    raise SystemExit(main())
