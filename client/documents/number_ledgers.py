"""发文字号 and 收文号: the next line of a body's ledger, as the server shows it and as far as this device can check it (C12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from client.cases import entry_store
from client.core.connection.api import Api
from client.core.identity.signer import Signer
from client.core.store.store_port import StorePort
from client.core.trust.directory_port import DirectoryPort
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.organisation import Post
from protocol.documents.numbering import NumberEntry, chain_id, check_succession
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.documents import NumbersReply

_FIRST: Final = 1


@dataclass(frozen=True, slots=True)
class Following:
    """The place of the next line of a ledger: its figure, and the entry id of the line before."""

    body: str
    code: str
    year: int
    n: int
    previous: bytes | None


class NumberLedgers:
    """The server gives a line its place: of two clerks who write the same one, the second is refused (`numbers.conflict`)."""

    def __init__(self, store: StorePort, signer: Signer, directory: DirectoryPort, api: Api) -> None:
        self._store = store
        self._signer = signer
        self._directory = directory
        self._api = api

    async def following(self, body: str, code: str, year: int) -> Following:
        """Where the next line goes; the first of a ledger that is empty.

        Raises:
            JinshuError: `numbers.conflict`, the ledger the server shows does not hang together; `network.*`.
        """
        chain = chain_id(body, code, year)
        params: dict[str, str | int] = {"body": body, "code": code, "year": year}
        reply = await self._api.get("/documents/numbers", NumbersReply, params)
        last = self._last_line(reply.entries, chain)
        await self._check_known(reply.entries, chain)
        if last is None:
            return Following(body, code, year, _FIRST, None)
        return Following(body, code, year, last[1].n + 1, last[0])

    async def write(self, place: Following, post: Post, case: str) -> tuple[Signed, str]:
        """Sign the line for a case; returns it, and the number as it is printed."""
        line = NumberEntry(
            body=place.body,
            code=place.code,
            year=place.year,
            n=place.n,
            previous=place.previous,
            case=case,
            reserved_until=None,
            state="used",
            post=post.id,
            at=self._signer.now_ms(),
        )
        return await self._signer.sign(SignedType.NUMBER_ENTRY, line.value()), line.text

    @staticmethod
    def beyond(place: Following, n: int) -> Following:
        """A 收文号 that is not given already: `n` is the highest that this device has seen, also outside the ledger."""
        return replace(place, n=max(place.n, n + 1))

    @staticmethod
    def begun_at(place: Following, first: object) -> Following:
        """The first line of a ledger with the figure its clerk says; `first`: its digits, or nothing to begin where it would.

        Raises:
            JinshuError: `numbers.conflict`, the ledger has a line by now: where it begins is settled.
        """
        if not first:
            return place
        if place.previous is not None:
            raise JinshuError(ErrorCode.NUMBERS_CONFLICT)
        return replace(place, n=max(place.n, int(str(first))))

    def _last_line(self, entries: list[bytes], chain: str) -> tuple[bytes, NumberEntry] | None:
        """Follow the ledger from its first line: each signed, each after the other, none of another ledger."""
        last: tuple[bytes, NumberEntry] | None = None
        for data in entries:
            signed = Signed.parse(data, SignedType.NUMBER_ENTRY)
            device = self._directory.state.device(signed.cert_hash)
            if device is None:
                raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN)
            verify(signed, device.verifying_key, SignedType.NUMBER_ENTRY)
            line = NumberEntry.parse(signed.value())
            if line.chain != chain:
                raise RemoteProtocolError(ErrorCode.NUMBERS_CONFLICT, chain=chain)
            check_succession(line, last)
            last = (signed.entry_id, line)
        return last

    async def _check_known(self, entries: list[bytes], chain: str) -> None:
        """A line this device has read itself is in the ledger: otherwise its number would be given twice."""
        shown = {Signed.parse(data).entry_id for data in entries}
        for data in await self._store.read(entry_store.lines):
            signed = Signed.parse(data, SignedType.NUMBER_ENTRY)
            if NumberEntry.parse(signed.value()).chain == chain and signed.entry_id not in shown:
                raise RemoteProtocolError(ErrorCode.NUMBERS_CONFLICT, chain=chain)
