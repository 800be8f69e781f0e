"""The process of a worker: its own loop, one UDP port, and a socket to the server instead of standard input."""

from __future__ import annotations


def main() -> None:
    """Serve until the server's end of the socket closes."""


if __name__ == "__main__":
    main()
