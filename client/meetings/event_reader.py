"""Taking in meetings and acts of their chairs from this device's log: nothing is believed that its author did not sign."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from sqlalchemy import Connection

from client.core.events import Event, MeetingsChanged
from client.core.identity.signer import Identity
from client.core.store.store_port import StorePort
from client.core.sync.copied_back import CopiedBack
from client.core.sync.pull import Apply, LogEvent
from client.core.trust.directory_port import DirectoryPort
from client.core.trust.later import P, read_signed
from client.meetings import ledger
from client.meetings.ledger import Kept
from client.meetings.verification import author
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.meetings import chair
from protocol.meetings.payloads import ChairAct, ChairEntry, Meeting
from protocol.wire.meetings import MeetingRecord


async def _read(
    directory: DirectoryPort, event: LogEvent, kind: SignedType, shape: type[P]
) -> tuple[Signed, P]:
    """What the event brings; of a later form, the core.

    Raises:
        JinshuError: `wire.malformed`, `meetings.unknown_act` and its like: it says what nobody on this site may say.
    """
    try:
        record = MeetingRecord.model_validate(dict(event.body))
    except ValidationError:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=event.kind) from None
    reading = await read_signed(directory, record.signed, kind, shape)
    return reading.signed, reading.believed()


class MeetingEvents:
    """Events of kind "meeting"."""

    kind = "meeting"

    def __init__(
        self, me: Identity, store: StorePort, directory: DirectoryPort, copied_back: CopiedBack
    ) -> None:
        self._me = me
        self._store = store
        self._directory = directory
        self._copied_back = copied_back

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify that a member of its conversation called it, with members as chairs.

        Raises:
            JinshuError: `meetings.not_admitted`, `sync.id_reused`, `signature.*`, …
        """
        signed, meeting = await _read(self._directory, event, SignedType.MEETING, Meeting)
        await author(
            self._directory,
            signed,
            signed.type,
            meeting.person,
            meeting.device,
            meeting.log_size,
            meeting.log_root,
            kept=True,
        )

        if meeting.device == self._me.me.device and not await self._knows(meeting.meeting):
            await self._copied_back.unknown_act(event.n)

        def check(connection: Connection) -> None:
            before = ledger.entry_of(connection, meeting.meeting)
            if before is not None and before != signed.entry_id:
                raise RemoteProtocolError(ErrorCode.SYNC_ID_REUSED, meeting=meeting.meeting)
            # Who came to the conversation later sees meetings of before, whose caller may have gone since.
            people = ledger.ever_members(connection, meeting.conversation)
            if before is None and not people.issuperset(meeting.chairs):
                raise RemoteProtocolError(ErrorCode.MEETINGS_NOT_ADMITTED, meeting=meeting.meeting)

        await self._store.read(check)

        def apply(connection: Connection) -> Iterable[Event]:
            ledger.keep(connection, signed, meeting, ledger.SETTLED)
            return (MeetingsChanged(),)

        return apply

    async def _knows(self, meeting: str) -> bool:
        return await self._store.read(lambda c: ledger.entry_of(c, meeting)) is not None


class ChairEvents:
    """Events of kind "meeting_act"."""

    kind = "meeting_act"

    def __init__(self, store: StorePort, directory: DirectoryPort) -> None:
        self._store = store
        self._directory = directory

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify that a chair acted, after the act before.

        Raises:
            JinshuError: `meetings.act_refused`, `meetings.unknown`, `sync.id_reused`, `signature.*`, …
        """
        signed, entry = await _read(self._directory, event, SignedType.CHAIR_ACT, ChairEntry)
        await author(
            self._directory,
            signed,
            signed.type,
            entry.person,
            entry.device,
            entry.log_size,
            entry.log_root,
            kept=True,
        )
        await self._store.read(lambda c: _check_follows(c, signed, entry))

        def apply(connection: Connection) -> Iterable[Event]:
            ledger.keep_act(connection, signed, entry)
            return (MeetingsChanged(),)

        return apply


def _check_in_turn(kept: Kept, entry: ChairEntry) -> None:
    """What the server delivers must follow already: to its author "outdated" says try again, to a reader it is a lie."""
    try:
        chair.check(kept.chair, entry)
    except JinshuError as error:
        if error.code is not ErrorCode.MEETINGS_ACT_OUTDATED:
            raise
        raise RemoteProtocolError(ErrorCode.MEETINGS_ACT_REFUSED, meeting=entry.meeting) from None


def _check_follows(connection: Connection, signed: Signed, entry: ChairEntry) -> None:
    known = ledger.act_at(connection, entry.meeting, entry.n)
    if known == signed.entry_id:
        return
    kept = ledger.find(connection, entry.meeting)
    if known is not None:
        raise RemoteProtocolError(ErrorCode.SYNC_ID_REUSED, meeting=entry.meeting)
    if kept is None:
        raise RemoteProtocolError(ErrorCode.MEETINGS_UNKNOWN, meeting=entry.meeting)
    _check_in_turn(kept, entry)
    heir = entry.target if entry.act is ChairAct.HAND_OVER else None
    if heir is not None and heir not in ledger.ever_members(connection, kept.conversation):
        raise RemoteProtocolError(ErrorCode.MEETINGS_ACT_REFUSED, meeting=entry.meeting)
