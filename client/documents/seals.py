"""Seal keys of this device (C5): made for every seal whose keeper I am, here or in a token, certified by the CA, never copied.

A key is first made in the encrypted store, by itself. Its keeper may ask for another in its place, in a UKey or back here: that
one waits beside the key in use, and takes its place when the directory shows its certificate.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection

from client.core.connection.api import Api
from client.core.identity.keystore import Keystore, SealKey
from client.core.identity.signer import Identity
from client.core.store import settings
from client.core.store.store_port import StorePort
from client.core.tokens.rows import TokenKey, TokenRow, TokenUse
from client.core.tokens.tokens import Tokens
from client.core.trust.directory_port import DirectoryPort
from client.documents.rows import SealRow, SealStanding
from protocol.crypto.certificates import csr_to_be_signed, csr_with_signature, make_csr
from protocol.crypto.keys import SigningKey
from protocol.directory.organisation import Seal
from protocol.directory.records import SealRecord
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.admin import SealRequest, SealState

_log = logging.getLogger(__name__)
_ASKED: Final = "documents.seal_request:"
_ASKED_INSTEAD: Final = "documents.seal_request_instead:"
_REFUSED: Final = "documents.seal_refused:"
_LABEL_HEX: Final = 16


class SealKeys:
    """Asks the CA once for each key, and takes the certificate when the directory shows it."""

    def __init__(
        self,
        store: StorePort,
        identity: Identity,
        directory: DirectoryPort,
        api: Api,
        keystore: Keystore,
        tokens: Tokens,
    ) -> None:
        self._store = store
        self._identity = identity
        self._directory = directory
        self._api = api
        self._keystore = keystore
        self._tokens = tokens
        self._turn = asyncio.Lock()  # what is kept of a request lies in two places

    async def maintain(self) -> None:
        """Ask for what is missing, keep what has come.

        Raises:
            JinshuError: `network.*`; asked again at the next change.
        """
        async with self._turn:
            for seal in self._mine():
                await self._take_certificates(seal)
                instead = await self._asked(_ASKED_INSTEAD, seal)
                if instead is not None:
                    await self._post(seal, instead)
                elif not self._records(seal):
                    await self._ask(seal)

    async def rows(self) -> tuple[SealRow, ...]:
        """The seals I keep, and where their keys lie."""
        return tuple([await self._row(seal) for seal in self._mine()])

    async def tokens(self, driver: str = "") -> tuple[TokenRow, ...]:
        """The tokens that are plugged in and could hold a seal's key; see `Tokens.found`.

        Raises:
            JinshuError: `keys.token_driver_*`, of a driver that was named.
        """
        return await self._tokens.found(driver, TokenUse.SIGN)

    async def ask_in_token(self, seal_id: str, row: TokenRow, pin: str, *, last_try: bool = False) -> None:
        """Make a key in a token and ask for its certificate, in the place of the key there is.

        Args:
            last_try: the PIN is tried even if a wrong one would lock it.

        Raises:
            JinshuError: `keys.token_*`; `directory.not_authorised`, I keep no such seal; `network.*`, it is asked for later.
        """
        seal = self._seal(seal_id)
        name = seal.name
        key, signature = await self._tokens.make_signing_key(
            row,
            pin,
            self._label(seal),
            lambda spki: csr_to_be_signed(spki, name),
            keep=await self._key_in_use(seal),
            last_try=last_try,
        )
        csr = csr_with_signature(csr_to_be_signed(key.public_spki, name), signature)
        await self._ask_instead(seal, key, csr)

    async def ask_here(self, seal_id: str) -> None:
        """Make a key in this device's store and ask for its certificate, in the place of the key there is.

        Raises:
            JinshuError: `directory.not_authorised`, I keep no such seal; `network.*`, it is asked for later.
        """
        seal = self._seal(seal_id)
        key = SigningKey.generate()
        await self._ask_instead(seal, key, make_csr(key, seal.name))

    def _mine(self) -> list[Seal]:
        me = self._identity.me
        return [each for each in self._directory.organisation.seals.values() if me.person in each.keepers]

    def _seal(self, seal_id: str) -> Seal:
        found = next((each for each in self._mine() if each.id == seal_id), None)
        if found is None:
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        return found

    def _records(self, seal: Seal) -> list[SealRecord]:
        """What the directory certified for this device, oldest first."""
        device = self._identity.me.device
        records = self._directory.state.seal_certificates(seal.body)
        return [each for each in records if each.device == device and each.seal == seal.id]

    def _label(self, seal: Seal) -> str:
        """One for each seal and device: devices that share a token take no keys of each other away; short, for some tokens cut labels."""
        device = self._identity.me.device
        return "jinshu-seal:" + hashlib.sha256(f"{device}/{seal.id}".encode()).hexdigest()[:_LABEL_HEX]

    async def _take_certificates(self, seal: Seal) -> None:
        for record in self._records(seal):
            await self._keystore.certify_seal(seal.id, record.certificate)
        # Of a request that was answered, or broken off while it was written, nothing stays.
        waits = await self._keystore.is_seal_key_asked(seal.id)
        asked = await self._asked(_ASKED_INSTEAD, seal) is not None
        if waits and not asked:
            await self._keystore.drop_asked_seal_key(seal.id)
        elif asked and not waits:
            await self._store.write(lambda connection: settings.remove(connection, _ASKED_INSTEAD + seal.id))

    async def _row(self, seal: Seal) -> SealRow:
        key = await self._readable(self._keystore.seal_key, seal)
        asked = await self._readable(self._keystore.asked_seal_key, seal)
        body = self._directory.organisation.bodies.get(seal.body)
        if key is not None and key.certificate is not None:
            standing = SealStanding.READY if asked is None else SealStanding.MOVING
        elif asked is not None or (key is not None and not self._records(seal)):
            standing = SealStanding.WAITING
        else:
            standing = SealStanding.NONE
        refused = await self._store.read(lambda c: bool(settings.get(c, _REFUSED + seal.id)))
        return SealRow(
            seal.id,
            seal.name,
            body.name if body is not None else "",
            standing,
            _token_label(key),
            _token_label(asked),
            refused and asked is None,
        )

    async def _readable(self, read: Callable[[str], Any], seal: Seal) -> SealKey | None:
        try:
            found: SealKey | None = await read(seal.id)
        except JinshuError as error:
            if error.code not in (ErrorCode.KEYS_NO_KEY, ErrorCode.KEYS_SEAL_KEY_DAMAGED):
                raise
            return None
        return found

    async def _key_in_use(self, seal: Seal) -> tuple[str, ...]:
        """The id of the key that still seals, if it lies in a token: it stays until the new one is certified."""
        key = await self._readable(self._keystore.seal_key, seal)
        token = key.token if key is not None else None
        return () if token is None else (token.key,)

    async def _asked(self, place: str, seal: Seal) -> bytes | None:
        found: bytes | None = await self._store.read(
            lambda connection: settings.get(connection, place + seal.id)
        )
        return found

    async def _ask(self, seal: Seal) -> None:
        csr = await self._asked(_ASKED, seal)
        if csr is None:
            key = SigningKey.generate()
            await self._keystore.add_seal_key(seal.id, key)
            csr = make_csr(key, seal.name)
            await self._keep(_ASKED, seal, csr)
        await self._post(seal, csr)

    async def _ask_instead(self, seal: Seal, key: SigningKey | TokenKey, csr: bytes) -> None:
        async with self._turn:
            await self._keystore.ask_seal_key(seal.id, key)
            await self._keep(_ASKED_INSTEAD, seal, csr)
            await self._store.write(lambda connection: settings.remove(connection, _REFUSED + seal.id))
            await self._post(seal, csr)

    async def _keep(self, place: str, seal: Seal, csr: bytes) -> None:
        await self._store.write(lambda connection: settings.put(connection, place + seal.id, csr))

    async def _post(self, seal: Seal, csr: bytes) -> None:
        request = SealRequest(csr=csr, body=seal.body, device=self._identity.me.device)
        reply = await self._api.post("/seals/requests", request, SealState)
        _log.info("seal request %s: %s", reply.id[:16], reply.state)
        if reply.state == "refused" and csr == await self._asked(_ASKED_INSTEAD, seal):
            await self._keystore.drop_asked_seal_key(seal.id)

            def forget(connection: Connection) -> None:
                settings.remove(connection, _ASKED_INSTEAD + seal.id)
                settings.put(connection, _REFUSED + seal.id, True)

            await self._store.write(forget)


def _token_label(key: SealKey | None) -> str:
    return "" if key is None or key.token is None else key.token.token.label
