"""The directory of a `City` of tests, as a `DirectoryPort`: the log's own fold and tree, without fetching and without a store."""

from __future__ import annotations

from protocol.directory.age import LogAge, log_age
from protocol.directory.organisation import Organisation
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import lacking
from tests.unit.core.log_double import City


class MemoryDirectory:
    """Sees every leaf of the city at once."""

    def __init__(self, city: City) -> None:
        self._city = city

    @property
    def state(self) -> DirectoryState:
        return self._city.state

    @property
    def organisation(self) -> Organisation:
        return self._city.state.organisation

    @property
    def size(self) -> int:
        return self._city.state.size

    @property
    def root(self) -> bytes:
        return self._city.tree().root()

    @property
    def features(self) -> frozenset[str]:
        return frozenset(self.organisation.site.features)

    def features_at(self, size: int) -> frozenset[str]:
        org_seq = self.state.org_seq_at(size)
        return frozenset(self.organisation_at(org_seq).site.features) if org_seq else frozenset()

    @property
    def lacking(self) -> frozenset[str]:
        return self.organisation.lacking

    def lacking_at(self, size: int) -> frozenset[str]:
        return lacking(self.features_at(size))

    async def check_seen(self, size: int, root: bytes) -> None:
        if size > self.size:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_ROLLBACK, known=self.size, claimed=size)
        if self._city.tree().root(size) != root:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=size)

    def organisation_at(self, org_seq: int) -> Organisation:
        if org_seq not in self._city.snapshots:
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_MISSING, org_seq=org_seq)
        return Organisation.parse(org_seq, self._city.snapshots[org_seq])

    def stated_head(self) -> tuple[str, int, bytes] | None:
        indices = self.state.statement_indices.values()
        if not indices:
            return None
        size = max(indices) + 1
        return "city", size, self._city.tree().root(size)

    def age(self) -> LogAge:
        return log_age(self.state, self._city.clock.now_ms(), None)

    def check_age(self) -> None:
        self.age().check()
