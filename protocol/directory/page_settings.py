"""What pages are set with, and which of it counts: templates, fonts and engine, by hash.

Whoever seals names what he set the page with. A name that nobody knows would keep every reader from setting the page again; so
the names that count are a list. The CA signs it into its snapshots where the site has switched `page_checks/1` on; everywhere
else the list that this release ships stands in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from protocol.errors import ErrorCode, RemoteProtocolError

_FORM: Final = re.compile(r"([0-9a-f]{64}) ([0-9a-f]{64}) ([!-~](?:[ -~]{0,62}[!-~])?)")


@dataclass(frozen=True, slots=True)
class Setting:
    """SHA-256 over the templates, SHA-256 over the fonts (32 bytes each), and the engine with its version."""

    template: bytes
    fonts: bytes
    engine: str

    def __str__(self) -> str:
        """As it stands in a list: two hashes in hexadecimal digits and the engine, a blank between them."""
        return f"{self.template.hex()} {self.fonts.hex()} {self.engine}"

    @classmethod
    def parse(cls, text: str) -> Setting:
        """Read a line of a list.

        Raises:
            JinshuError: `wire.malformed`.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="settings")
        return cls(bytes.fromhex(found[1]), bytes.fromhex(found[2]), found[3])


def is_setting(value: Any) -> bool:
    """Whether a decoded value is a line of a list."""
    return type(value) is str and _FORM.fullmatch(value) is not None


# Of every release so far. A line is never taken out: what was sealed with it is checked for ever.
RELEASED: Final = frozenset(
    {
        Setting(
            template=bytes.fromhex("b7688ce5ef5f4d08fa00ddb65022039db0235ecc044a63b386ba205d61b531c6"),
            fonts=bytes.fromhex("6aa22f9c12fc9f9ae93815f81bcb6c0419590da4f514108e10aeb83d3c1b9094"),
            engine="typst 0.15.2",
        )
    }
)
