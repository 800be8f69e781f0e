"""One run of `jinshu-ca`: opened keys, journal, clock and voice, as the commands need them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from server_stub.ca.api import CaApi
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder, Clock, KeyPair, read_certificate
from server_stub.ca.issuing import Issuer
from server_stub.ca.journal import Journal
from server_stub.ca.key_files import KeyCost
from server_stub.ca.passphrases import Passphrases
from server_stub.ca.publishing import Publisher
from server_stub.ca.speaker import Speaker
from server_stub.ca.state import CaState


@dataclass(slots=True)
class Workplace:
    """Keys are opened at the first need and once: Argon2id is slow on purpose."""

    speaker: Speaker
    passphrases: Passphrases
    clock: Clock
    cost: KeyCost | None = None
    _pairs: dict[tuple[Path, str], KeyPair] = field(default_factory=dict)

    def journal(self, folder: CaFolder) -> Journal:
        return folder.journal(self.clock)

    def issuer(self, folder: CaFolder) -> Issuer:
        return Issuer(self._pair(folder, "issuing"), folder.root_certificate())

    def publisher(self, folder: CaFolder) -> Publisher:
        return Publisher(folder, self.issuer(folder), self.journal(folder), self.clock)

    @contextmanager
    def online(self, folder: CaFolder, state: CaState, url: str | None) -> Iterator[CaApi]:
        """A signed-in session; the address is remembered for the next command."""
        address = url or state.server
        if address is None:
            raise CaError("不知道服务器地址，请用 --server", "the server's address is unknown, use --server")
        if not address.startswith("https://"):
            raise CaError("服务器地址应以 https:// 开头", "the server's address must begin with https://")
        operator = self._pair(folder, "operator")
        with CaApi(address, folder.issuing_certificate(), operator.key, operator.certificate) as api:
            api.sign_in()
            if state.server != address:
                state.server = address
                folder.save(state)
            yield api

    def _pair(self, folder: CaFolder, name: str) -> KeyPair:
        known = (folder.path, name)
        pair = self._pairs.get(known)
        # A watcher lives through `ca-change` and `operator`: it must not go on with what they replaced.
        if pair is None or pair.certificate != read_certificate(folder.path / f"{name}.pem"):
            pair = self._pairs[known] = folder.read_pair(name, self.passphrases.issuing())
        return pair
