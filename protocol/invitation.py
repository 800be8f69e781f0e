"""An invitation: all that a newcomer's program must know to ask for enrolment, as one line of text.

The same line is the link in a message, the content of a `.jinshu` file and what the QR code on the slip says:

    jinshu://enrol/1?server=https%3A%2F%2F10.0.0.1%3A8443&site=…&person=…&post=…&code=jinshu1…

It holds the secret of an enrolment code, so it is worth as much as the slip of paper. The names in it are what its maker says: no
signature stands behind them, and nothing but what a page shows before the user agrees is taken from them. What is believed of
the server hangs on the fingerprint of the root inside the code alone (PROTOCOL.md §4, THREATS.md §2b).

There is one form for each invitation, and `parse` takes no other: the fields in this order, each once, percent-encoded as
`link` does it. The code stands last because it ends in a checksum: a link that was cut off, or that a scanner is still typing,
is no invitation.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode, JinshuError
from protocol.text import Field, clean, faults

SCHEME: Final = "jinshu://"
SUFFIX: Final = ".jinshu"
# Four names of a hundred characters, each up to nine bytes percent-encoded, do not reach it; no file is read further.
MAX_LENGTH: Final = 4096
_START: Final = "jinshu://enrol/"
_VERSION: Final = "1"
_KEYS: Final = ("server", "site", "person", "post", "code")
_PORT: Final = 8443
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_SERVER: Final = re.compile(
    r"https://(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<host>[^\[\]:/?#@]+))(?::(?P<port>[1-9][0-9]{0,4}))?/?"
)
_PERCENT: Final = re.compile(r"%(?![0-9A-F]{2})")


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to enrol and with which code.

    `server` is `https://host:port`; `site`, `person` and `post` are for people to read, each a clean text of the field NAME
    (`post` may be empty).
    """

    server: str
    site: str
    person: str
    post: str
    code: EnrolmentCode

    @classmethod
    def new(cls, server: str, code: EnrolmentCode, *, site: str, person: str, post: str = "") -> Invitation:
        """Make one of what the CA knows.

        Args:
            server: `https://host` or `https://host:port`.
            post: what the person does there, to tell namesakes apart.

        Raises:
            JinshuError: auth.invitation_malformed: the address or a name cannot stand in one.
        """
        first, second, third = (clean(name, Field.NAME) for name in (site, person, post))
        return cls(
            server_address(server),
            _checked_name(first),
            _checked_name(second),
            _checked_name(third, required=False),
            code,
        )

    @property
    def root_fingerprint(self) -> bytes:
        """SHA-256 of the root certificate (32 bytes): the only root the client may find at `server`."""
        return self.code.root_fingerprint

    def link(self) -> str:
        """The one text of this invitation: printable ASCII without spaces."""
        values = (self.server, self.site, self.person, self.post, self.code.text().replace("-", ""))
        pairs = (f"{key}={quote(value, safe='')}" for key, value in zip(_KEYS, values, strict=True))
        return f"{_START}{_VERSION}?{'&'.join(pairs)}"

    def file(self) -> bytes:
        """The content of a `.jinshu` file."""
        return self.link().encode("ascii") + b"\n"

    @classmethod
    def parse(cls, text: str) -> Invitation:
        """Read a link, or the content of a file; white space that mail programs and editors put in does not matter.

        Raises:
            JinshuError: auth.invitation_malformed; auth.invitation_later when a later program made it; or
                auth.enrolment_code_*, when the code in it is damaged or was cut off.
        """
        if len(text) > MAX_LENGTH:
            raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
        plain = "".join(letter for letter in text if not letter.isspace() and letter != "\ufeff")
        values = _values(plain)
        try:
            server, site, person, post = (unquote_to_bytes(value).decode("utf-8") for value in values[:4])
        except UnicodeDecodeError:
            raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED) from None
        code = EnrolmentCode.parse(values[4])
        read = cls(
            server_address(server),
            _checked_name(site),
            _checked_name(person),
            _checked_name(post, required=False),
            code,
        )
        if read.link() != plain:
            raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
        return read


def server_address(address: str) -> str:
    """`https://host:port` in its one form, of what an operator typed.

    Raises:
        JinshuError: auth.invitation_malformed.
    """
    match = _SERVER.fullmatch(address)
    port = int(match["port"] or _PORT) if match else 0
    if match is None or port > 65535:
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
    if match["six"] is not None:
        try:
            return f"https://[{ipaddress.IPv6Address(match['six']).compressed}]:{port}"
        except ValueError:
            raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED) from None
    host = match["host"].lower()
    if not _HOST.fullmatch(host):
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
    return f"https://{host}:{port}"


def is_link(text: str) -> bool:
    """Whether a text means to be an invitation rather than a code."""
    return text.lstrip("\ufeff \t\r\n").lower().startswith(SCHEME)


def _values(plain: str) -> list[str]:
    """The five values, still percent-encoded."""
    if not plain.startswith(_START) or not plain.isascii():
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
    version, _, query = plain.removeprefix(_START).partition("?")
    if version != _VERSION:
        later = version.isdecimal() and len(version) <= 3 and int(version) > int(_VERSION)
        raise JinshuError(ErrorCode.AUTH_INVITATION_LATER if later else ErrorCode.AUTH_INVITATION_MALFORMED)
    pairs = [pair.partition("=") for pair in query.split("&")]
    if tuple(key for key, _, _ in pairs) != _KEYS or _PERCENT.search(query):
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
    return [value for _, _, value in pairs]


def _checked_name(name: str, *, required: bool = True) -> str:
    """A name as `clean` leaves it, with nothing in it that cannot be shown."""
    if clean(name, Field.NAME) != name or faults(name, Field.NAME) or (required and not name):
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
    return name
