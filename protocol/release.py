"""Which program this is: its release, and the version of the protocol it speaks."""

from __future__ import annotations

from typing import Final

RELEASE: Final = "0.4.0"
# Raised whenever a release learns to read something new: a feature, a leaf of the directory, a route (PROTOCOL.md §8).
PROTOCOL_VERSION: Final = 4
# What both ends still speak with each other; a snapshot of the CA may ask for more (`lowest_client`).
LOWEST_PROTOCOL: Final = 2
