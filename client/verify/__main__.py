"""`jinshu-verify FILE`: whether an official document or the record of a case is genuine, with nothing but the city's root
certificate."""

from __future__ import annotations

import io
import logging
import sys

from client.verify.command import answer, parse_arguments, refuse
from protocol.errors import ErrorCode, JinshuError


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status, see `answer`."""
    # What the readers of damaged files have to say is not for the user: our sentences are.
    for library in ("pyhanko", "pyhanko_certvalidator", "pypdfium2"):
        logging.getLogger(library).addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may lack a character of a title
    question = parse_arguments(argv)
    try:
        return answer(question, sys.stdout, sys.stderr)
    except Exception:  # the last place: a file may surprise us, and must then be refused
        return refuse(JinshuError(ErrorCode.CLIENT_INTERNAL), question, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
