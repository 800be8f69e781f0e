"""The checks by name, in the order in which they are made, each with the time it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from client.core.self_check import CheckRow
from client.self_test import desktop, machine, network, pages, vault
from client.self_test.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `seconds`: after that many it counts as hanging; ten times what the slowest supported machine took."""

    name: str
    make: Callable[[Surroundings], CheckRow]
    seconds: float


ALL: Final = (
    Check("interpreter", machine.check_interpreter, 20),
    Check("libraries", machine.check_libraries, 120),
    Check("disk", machine.check_disk, 30),
    Check("profile", vault.check_profile, 20),
    Check("store", vault.check_store, 60),
    Check("keyring", vault.check_keyring, 30),
    Check("page_fonts", pages.check_fonts, 60),
    Check("typesetting", pages.check_typesetting, 120),
    Check("sealing", pages.check_sealing, 180),
    Check("verification", pages.check_verification, 180),
    Check("display", desktop.check_display, 30),
    Check("input_method", desktop.check_input_method, 30),
    Check("screen_fonts", desktop.check_screen_fonts, 30),
    Check("cameras", desktop.check_cameras, 30),
    Check("microphones", desktop.check_microphones, 30),
    Check("loudspeakers", desktop.check_loudspeakers, 30),
    Check("server", network.check_server, 60),
    Check("root", network.check_root, 60),
    Check("server_clock", network.check_clock, 60),
    Check("media_port", network.check_media_port, 30),
)
