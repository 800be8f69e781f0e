"""A keeper's client asks the CA once for each key of a seal, and says how far it has got."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from client.core.connection.api import Api
from client.core.identity.keystore import Keystore
from client.core.identity.signer import Identity
from client.core.tokens.rows import PinState, TokenKey, TokenName, TokenRow
from client.core.tokens.tokens import Tokens
from client.core.trust.directory_port import DirectoryPort
from client.documents.rows import SealRow, SealStanding
from client.documents.seals import SealKeys
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.directory.organisation import Seal
from protocol.directory.records import SealRecord
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.admin import SealRequest, SealState
from tests.support.memory_store import MemoryStore
from tests.support.software_token import DRIVER, PIN
from tests.unit.core import driver_doubles
from tests.unit.core.clocks import ManualClock

ME, DEVICE = "per_" + "a" * 26, "dev_" + "a" * 26
BODY, AT = "bdy_" + "a" * 26, 1_790_000_000_000
SEAL = Seal("sel_" + "a" * 26, BODY, "发改委印章", (ME,))
TOKEN = TokenRow(DRIVER, TokenName("印章 UKey", "01", "maker", "model"), PinState.FINE)


class Authority:
    """Server, CA and directory in one: it keeps requests, and certifies or refuses those it is told to."""

    def __init__(self) -> None:
        root_key, self.key = SigningKey.generate(), SigningKey.generate()
        root = certificates.make_root(root_key, "根", at_ms=AT)
        self.issuing = certificates.make_issuing(root_key, root, self.key.public_spki, "签发", at_ms=AT)
        self.asked: list[bytes] = []
        self.refused: set[bytes] = set()
        self.records: list[SealRecord] = []
        self.reachable = True
        body = SimpleNamespace(name="市发改委")
        self.organisation = SimpleNamespace(seals={SEAL.id: SEAL}, bodies={BODY: body})
        self.state = self

    async def post(self, _path: str, request: SealRequest, _reply: object) -> SealState:
        if not self.reachable:
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        if request.csr not in self.asked:
            self.asked.append(request.csr)
        state = "refused" if request.csr in self.refused else "waiting"
        return SealState(id=hashlib.sha256(request.csr).hexdigest(), state=state)

    def seal_certificates(self, _body: str) -> tuple[SealRecord, ...]:
        return tuple(self.records)

    def certify(self, csr: bytes) -> None:
        spki = certificates.read_csr(csr)
        made = certificates.make_seal(
            self.key, self.issuing, spki, seal=SEAL.id, body=BODY, body_name="市发改委", at_ms=AT
        )
        record = SimpleNamespace(seal=SEAL.id, device=DEVICE, certificate=made)
        self.records.append(cast(SealRecord, record))


class TokensDouble:
    """Makes keys in memory."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.keep: list[tuple[str, ...]] = []

    async def make_signing_key(
        self, row: TokenRow, pin: str, label: str, first: Any, *, keep: tuple[str, ...], last_try: bool
    ) -> tuple[Any, bytes]:
        if pin != PIN:
            raise JinshuError(ErrorCode.KEYS_TOKEN_LAST_TRY)
        self.labels.append(label)
        self.keep.append(keep)
        key = SigningKey.generate()
        made = TokenKey(row.driver, row.name, os.urandom(16).hex(), key.public_spki)
        return made, key.sign(first(key.public_spki))


class Keeper:
    def __init__(self, tokens: object = None) -> None:
        self.authority, self.tokens = Authority(), tokens or TokensDouble()
        self.store = MemoryStore()
        self.keystore = Keystore(self.store)
        self.seals = SealKeys(
            self.store,
            cast(Identity, SimpleNamespace(me=SimpleNamespace(person=ME, device=DEVICE))),
            cast(DirectoryPort, self.authority),
            cast(Api, self.authority),
            self.keystore,
            cast(Tokens, self.tokens),
        )

    async def row(self) -> SealRow:
        (row,) = await self.seals.rows()
        return row

    async def ready(self) -> None:
        """With a key in the store that is certified."""
        await self.seals.maintain()
        self.authority.certify(self.authority.asked[-1])
        await self.seals.maintain()


async def test_a_key_in_a_ukey_waits_beside_the_one_in_use_and_takes_its_place() -> None:
    keeper = Keeper()
    await keeper.seals.maintain()
    assert await keeper.row() == SealRow(SEAL.id, "发改委印章", "市发改委", SealStanding.WAITING)
    keeper.authority.certify(keeper.authority.asked[0])
    await keeper.seals.maintain()
    assert (await keeper.row()).standing is SealStanding.READY

    await keeper.seals.ask_in_token(SEAL.id, TOKEN, PIN)
    await keeper.seals.maintain()
    row = await keeper.row()
    assert (row.standing, row.token, row.asked_token) == (SealStanding.MOVING, "", "印章 UKey")
    assert len(keeper.authority.asked) == 2
    keeper.authority.certify(keeper.authority.asked[1])
    await keeper.seals.maintain()
    row = await keeper.row()
    assert (row.standing, row.token, row.asked_token) == (SealStanding.READY, "印章 UKey", "")
    await keeper.seals.maintain()
    assert len(keeper.authority.asked) == 2


async def test_a_key_asked_for_before_the_first_is_certified_is_the_one_that_comes() -> None:
    keeper = Keeper()
    await keeper.seals.maintain()
    await keeper.seals.ask_in_token(SEAL.id, TOKEN, PIN)
    assert (await keeper.row()).standing is SealStanding.WAITING
    keeper.authority.certify(keeper.authority.asked[1])
    await keeper.seals.maintain()
    assert (await keeper.row()).token == "印章 UKey"


async def test_the_key_in_use_stays_in_its_ukey_while_the_next_one_is_made() -> None:
    keeper = Keeper()
    await keeper.ready()
    await keeper.seals.ask_in_token(SEAL.id, TOKEN, PIN)
    keeper.authority.certify(keeper.authority.asked[-1])
    await keeper.seals.maintain()
    token = (await keeper.keystore.seal_key(SEAL.id)).token
    assert token is not None
    await keeper.seals.ask_in_token(SEAL.id, TOKEN, PIN)
    assert isinstance(keeper.tokens, TokensDouble)
    assert keeper.tokens.keep == [(), (token.key,)]
    assert len(set(keeper.tokens.labels)) == 1


async def test_a_request_that_is_refused_leaves_the_key_there_is_and_is_told() -> None:
    keeper = Keeper()
    await keeper.ready()
    await keeper.seals.ask_in_token(SEAL.id, TOKEN, PIN)
    keeper.authority.refused.add(keeper.authority.asked[-1])
    await keeper.seals.maintain()
    row = await keeper.row()
    assert (row.standing, row.refused, row.asked_token) == (SealStanding.READY, True, "")
    await keeper.seals.ask_here(SEAL.id)
    assert not (await keeper.row()).refused


async def test_what_could_not_be_asked_for_is_asked_for_later() -> None:
    keeper = Keeper()
    await keeper.ready()
    keeper.authority.reachable = False
    with pytest.raises(JinshuError):
        await keeper.seals.ask_in_token(SEAL.id, TOKEN, PIN)
    assert (await keeper.row()).standing is SealStanding.MOVING
    keeper.authority.reachable = True
    await keeper.seals.maintain()
    assert len(keeper.authority.asked) == 2


async def test_a_request_broken_off_while_it_was_written_is_forgotten() -> None:
    keeper = Keeper()
    await keeper.ready()
    await keeper.keystore.ask_seal_key(SEAL.id, SigningKey.generate())
    await keeper.seals.maintain()
    assert (await keeper.row()).standing is SealStanding.READY
    assert len(keeper.authority.asked) == 1


@pytest.mark.parametrize(
    ("seal", "pin", "code"),
    [
        ("sel_" + "b" * 26, PIN, ErrorCode.DIRECTORY_NOT_AUTHORISED),
        (SEAL.id, "000000", ErrorCode.KEYS_TOKEN_LAST_TRY),
    ],
)
async def test_nothing_is_asked_for_that_is_not_mine_or_not_made(
    seal: str, pin: str, code: ErrorCode
) -> None:
    keeper = Keeper()
    await keeper.ready()
    with pytest.raises(JinshuError) as caught:
        await keeper.seals.ask_in_token(seal, TOKEN, pin)
    assert caught.value.code is code
    assert len(keeper.authority.asked) == 1
    assert (await keeper.row()).standing is SealStanding.READY


async def test_a_request_that_a_ukey_did_not_sign_is_not_sent(tmp_path: Path) -> None:
    """Its driver gives a signature of another key."""
    (tmp_path / "foreign_signature").touch(0o600)
    tokens = Tokens(ManualClock(), os.urandom, tuple, driver_doubles.MODULE)
    keeper = Keeper(tokens)
    await keeper.ready()
    lying = TokenRow(str(tmp_path / "foreign_signature"), TOKEN.name, PinState.FINE)
    with pytest.raises(JinshuError) as caught:
        await keeper.seals.ask_in_token(SEAL.id, lying, PIN)
    assert caught.value.code is ErrorCode.KEYS_TOKEN_FOREIGN_SIGNATURE
    assert len(keeper.authority.asked) == 1
    assert await keeper.keystore.asked_seal_key(SEAL.id) is None
