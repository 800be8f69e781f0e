"""What witnesses say of the directory log (C45): they come by themselves, and a co-signature is all the proof they bring."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from protocol.crypto.certificates import public_key_of
from protocol.directory.age import LogAge, cosigned_at, log_age
from protocol.directory.cosignatures import Cosignature, listed, origin_of
from protocol.directory.state import SKEW_MS, DirectoryState
from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.database.tables import COSIGNATURES
from server_stub.directory.log_store import DirectoryLog


class Witnessing:
    """Takes co-signatures of the witnesses that the site's snapshot lists."""

    def __init__(self, database: Database, log: DirectoryLog, clock: Clock) -> None:
        self._database = database
        self._log = log
        self._clock = clock

    async def take(self, said: Cosignature) -> None:
        """Keep what a witness says, if it says more than it did.

        Raises:
            JinshuError: `directory.not_authorised`, it is none of this site's; `directory.cosignature_invalid`;
                `directory.split_view`, it saw another log; `clock.skew`.
        """
        self._check(said)
        await self._database.write(lambda connection: _keep(connection, said))

    async def newest(self) -> list[Cosignature]:
        return await self._database.read(newest)

    def _check(self, said: Cosignature) -> None:
        witnesses = listed(self._log.state.organisation.log_policy.witnesses)
        if said.witness not in witnesses:
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        origin = origin_of(public_key_of(self._log.trust.log_certificate))
        witnesses[said.witness].verify(said, origin)
        if said.size > self._log.size or self._log.root(said.size) != said.root:
            raise JinshuError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=said.size)
        # What a witness said long ago, carried here by somebody else, must not pass for its word of today.
        if abs(said.at_s * 1000 - self._clock.now_ms()) > SKEW_MS:
            raise JinshuError(ErrorCode.CLOCK_SKEW)


def newest(connection: Connection) -> list[Cosignature]:
    """The last word of each witness, of those no longer listed too."""
    rows = connection.execute(select(COSIGNATURES).order_by(COSIGNATURES.c.witness))
    return [Cosignature(row.witness, row.size, row.root, row.at_s, row.signature) for row in rows]


def age(connection: Connection, state: DirectoryState, now_ms: int) -> LogAge:
    """How old the log is by the server's own clock: what an operator who forgot to publish would otherwise learn from his users."""
    said = newest(connection)
    witnesses = listed(state.organisation.log_policy.witnesses)
    counted = (each for each in said if each.witness in witnesses)
    return log_age(state, now_ms, cosigned_at(counted, state))


def _keep(connection: Connection, said: Cosignature) -> None:
    known = connection.execute(
        select(COSIGNATURES.c.at_s, COSIGNATURES.c.size).where(COSIGNATURES.c.witness == said.witness)
    ).first()
    # A second holds more than one word of a witness that has just caught up.
    if known is not None and ((known.at_s, known.size) >= (said.at_s, said.size) or known.size > said.size):
        return
    connection.execute(delete(COSIGNATURES).where(COSIGNATURES.c.witness == said.witness))
    connection.execute(
        insert(COSIGNATURES).values(
            witness=said.witness, size=said.size, root=said.root, at_s=said.at_s, signature=said.signature
        )
    )
