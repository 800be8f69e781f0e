"""Runs inside a chroot, by the package's own interpreter: the package's client, moved by the story's hands (`driver.py` beside it)."""

import sys

sys.path.append("/hands")

from client.app import start
from tests.end_to_end.driver import Hands


def main() -> int:
    application = start(sys.argv[1:])
    Hands(application.qt)
    return application.run()


if __name__ == "__main__":
    raise SystemExit(main())
