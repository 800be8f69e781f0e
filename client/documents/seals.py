"""Seal keys of this device (C5): made here for every seal whose keeper I am, certified by the CA, never copied."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection

from client.core.connection.api import Api
from client.core.identity.keystore import Keystore
from client.core.identity.signer import Identity
from client.core.store import settings
from client.core.store.store_port import StorePort
from client.core.trust.directory_port import DirectoryPort
from protocol.crypto.certificates import make_csr, public_key_of
from protocol.crypto.keys import SigningKey
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.admin import SealRequest, SealState

_log = logging.getLogger(__name__)
_ASKED: Final = "documents.seal_request:"


class SealKeys:
    """Asks the CA once for each seal, and takes the certificate when the directory shows it."""

    def __init__(
        self, store: StorePort, identity: Identity, directory: DirectoryPort, api: Api, keystore: Keystore
    ) -> None:
        self._store = store
        self._identity = identity
        self._directory = directory
        self._api = api
        self._keystore = keystore

    async def maintain(self) -> None:
        """Ask for what is missing, keep what has come.

        Raises:
            JinshuError: `network.*`; asked again at the next change.
        """
        me, organisation = self._identity.me, self._directory.organisation
        for seal in organisation.seals.values():
            if me.person in seal.keepers and not await self._certified(seal.id, seal.body):
                await self._ask(seal.id, seal.body, seal.name)

    async def _certified(self, seal: str, body: str) -> bool:
        records = self._directory.state.seal_certificates(body)
        mine = [
            record for record in records if record.device == self._identity.me.device and record.seal == seal
        ]
        if not mine:
            return False
        try:
            key = await self._keystore.seal_key(seal)
        except JinshuError as error:
            if error.code is not ErrorCode.KEYS_NO_KEY:
                raise
            return True  # certified once, and its key is gone with the profile it was in: the operator revokes it
        certificate = mine[-1].certificate
        if public_key_of(certificate) == key.key.public_spki and key.certificate != certificate:
            await self._keystore.certify_seal(seal, certificate)
        return True

    async def _ask(self, seal: str, body: str, name: str) -> None:
        csr = await self._store.read(lambda connection: settings.get(connection, _ASKED + seal))
        if csr is None:
            key = SigningKey.generate()
            await self._keystore.add_seal_key(seal, key)
            csr = make_csr(key, name)

            def keep(connection: Connection) -> None:
                settings.put(connection, _ASKED + seal, csr)

            await self._store.write(keep)
        request = SealRequest(csr=csr, body=body, device=self._identity.me.device)
        reply = await self._api.post("/seals/requests", request, SealState)
        _log.info("seal request %s: %s", reply.id[:16], reply.state)
