"""The chain of rosters (attack 1 of 2022: a server that adds a ghost): only a manager changes it, anybody may leave.

Rules (PROTOCOL.md §6):
- Each roster names the entry id of the one before and the next number: a conversation has one line of rosters, and a
  server that shows two members two lines is found out by the heads that messages carry.
- The first is signed by a member; of a conversation of two it names both as managers and nothing changes it any more.
- In a group a manager may change everything; whoever is no manager may leave and change nothing else.
- No roster is empty, and all managers are members.

The server runs this check before it accepts a roster and every client before it believes one; both must stay the same
function. It knows neither signatures nor devices: the caller has verified that `person` signed. Clients encrypt to the
roster they verified, never to a list the server gives.
"""

from __future__ import annotations

from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import Roster


def check_roster(wanted: Roster, last: tuple[bytes, Roster] | None) -> None:
    """Return if a roster may follow the last one (its entry id and content; None: the conversation begins).

    Raises:
        JinshuError: `messaging.roster_refused` or `messaging.roster_outdated`.
    """
    refused = JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED, conversation=wanted.conversation)
    if not wanted.members or not set(wanted.admins) <= set(wanted.members):
        raise refused
    if last is None:
        if (wanted.n, wanted.previous) != (1, None) or wanted.person not in wanted.members:
            raise refused
        if not wanted.group and (len(wanted.members) != 2 or wanted.admins != wanted.members):
            raise refused
        if wanted.group and wanted.person not in wanted.admins:
            raise refused
        return
    entry_id, before = last
    if (wanted.n, wanted.previous) != (before.n + 1, entry_id):
        raise JinshuError(ErrorCode.MESSAGING_ROSTER_OUTDATED, conversation=wanted.conversation)
    if not before.group or not wanted.group or wanted.conversation != before.conversation:
        raise refused
    if wanted.person in before.admins:
        return
    # Whoever is no manager may leave, and change nothing else.
    left = [member for member in before.members if member != wanted.person]
    if wanted.person not in before.members or (wanted.members, wanted.admins) != (left, before.admins):
        raise refused
