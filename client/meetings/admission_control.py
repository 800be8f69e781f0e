"""Who may be in a meeting: a member of its conversation whom no chair keeps out, and who was in it before it was locked (C26).

The server lets people in; whom the others seal their media to is decided here, by what was signed. Pure: a JOIN comes here
after its signature was verified (`verification.stay_of`), and nothing is asked of anybody.
"""

from __future__ import annotations

from client.meetings.ledger import Kept
from client.meetings.presence import Stay
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError


def check_admitted(kept: Kept, person: str, *, been: bool) -> None:
    """Return if a person may be in the meeting as its chairs have left it; `been`: that person was in it before.

    Raises:
        JinshuError: `meetings.not_admitted`, `meetings.removed` or `meetings.locked`.
    """
    chair = kept.chair
    refusals = (
        (person not in kept.members, ErrorCode.MEETINGS_NOT_ADMITTED),
        (person in chair.removed, ErrorCode.MEETINGS_REMOVED),
        (chair.locked and person not in chair.chairs and not been, ErrorCode.MEETINGS_LOCKED),
    )
    for refused, code in refusals:
        if refused:
            raise RemoteProtocolError(code, meeting=kept.id)


class AdmissionControl:
    """The JOINs of one session, judged by the roster and the chairs' acts as they are known here.

    Made with the session. `kept` is the meeting as last read; `came` the people who were in it in any session of this device:
    the caller keeps that set from one session to the next, and being locked keeps none of them out.
    """

    def __init__(self, kept: Kept, came: set[str]) -> None:
        self.kept = kept
        self._came = came
        self._outside: dict[
            str, bytes
        ] = {}  # device -> signed JOIN that may not be admitted, as far as is known here

    @property
    def outside(self) -> tuple[bytes, ...]:
        """Signed JOINs that were refused by roster or chairs: to be verified and judged again when more is known."""
        return tuple(self._outside.values())

    def admit(self, stay: Stay, data: bytes, *, been: bool) -> None:
        """Return if the participant of a verified JOIN may be in the meeting; else its JOIN stays outside. `been`: somebody
        believed has had that participant in the meeting before.

        Raises:
            JinshuError: as `check_admitted`.
        """
        self._outside[stay.device] = data
        check_admitted(self.kept, stay.person, been=been or stay.person in self._came)
        del self._outside[stay.device]

    def admits(self, person: str) -> bool:
        """Whether somebody who is in the meeting may stay in it."""
        try:
            check_admitted(self.kept, person, been=person in self._came)
        except JinshuError:
            return False
        return True

    def note(self, person: str) -> None:
        """That person has been in it: a lock does not keep who comes back out."""
        self._came.add(person)

    def forget(self, device: str) -> None:
        """A device is gone, by the server's word."""
        self._outside.pop(device, None)
