"""The city's root certificate beside the store, as it was pinned at the enrolment: what is verified before anybody signs in rests on
it. It is no secret, and lies where this user alone may write."""

from __future__ import annotations

import ssl
from pathlib import Path

from client.core.durable import DurablePoints, write_whole


def keep_root(path: Path, root: bytes) -> None:
    """Write the root (DER) down as PEM, unless it stands there. Blocks.

    Raises:
        OSError: it could not be written.
    """
    text = ssl.DER_cert_to_PEM_cert(root).encode("ascii")
    if not path.is_file() or path.read_bytes() != text:
        write_whole(path, text, DurablePoints())
