"""A seal's key in the store, or what the store knows of one in a token; one takes the other's place with its certificate."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, update

from client.core.identity.keystore import Keystore
from client.core.store.keys import OWN_KEYS
from client.core.tokens.rows import TokenKey, TokenName
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.errors import ErrorCode, JinshuError
from tests.support.memory_store import MemoryStore

SEAL, BODY, AT = "sel_" + "a" * 26, "bdy_" + "a" * 26, 1_790_000_000_000
ROOT_KEY, ISSUING_KEY = SigningKey.generate(), SigningKey.generate()
ROOT = certificates.make_root(ROOT_KEY, "根", at_ms=AT)
ISSUING = certificates.make_issuing(ROOT_KEY, ROOT, ISSUING_KEY.public_spki, "签发", at_ms=AT)
TOKEN = TokenName("印章 UKey", "01", "maker", "model")


def certified_for(spki: bytes) -> bytes:
    return certificates.make_seal(
        ISSUING_KEY, ISSUING, spki, seal=SEAL, body=BODY, body_name="发改委", at_ms=AT
    )


def token_key(key: SigningKey) -> TokenKey:
    return TokenKey("/usr/lib/driver.so", TOKEN, "ab" * 16, key.public_spki)


async def changed(store: MemoryStore, **columns: Any) -> None:
    def write(connection: Connection) -> None:
        connection.execute(update(OWN_KEYS).values(columns))

    await store.write(write)


async def refusal(keystore: Keystore) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        await keystore.seal_key(SEAL)
    return caught.value.code


async def test_a_key_in_a_token_takes_the_place_of_one_in_the_store_when_it_is_certified() -> None:
    store, here, there = MemoryStore(), SigningKey.generate(), SigningKey.generate()
    keystore = Keystore(store)
    await keystore.add_seal_key(SEAL, here)
    first, second = certified_for(here.public_spki), certified_for(there.public_spki)
    assert await keystore.certify_seal(SEAL, first)
    await keystore.ask_seal_key(SEAL, token_key(there))
    assert await keystore.is_seal_key_asked(SEAL)

    # Until then the former one seals.
    assert not await keystore.certify_seal(SEAL, first)
    key = await keystore.seal_key(SEAL)
    assert (key.token, key.key.public_spki, key.certificate) == (None, here.public_spki, first)
    asked = await keystore.asked_seal_key(SEAL)
    assert asked is not None
    assert asked.token == token_key(there)

    assert await keystore.certify_seal(SEAL, second)
    key = await keystore.seal_key(SEAL)
    assert (key.token, key.certificate) == (token_key(there), second)
    assert await keystore.asked_seal_key(SEAL) is None
    assert await keystore.seals() == (SEAL,)
    held = await store.read(lambda c: c.exec_driver_sql("SELECT private FROM own_keys").all())
    assert [row[0] for row in held] == [None]


async def test_a_certificate_of_a_key_that_is_not_here_changes_nothing() -> None:
    keystore, here = Keystore(MemoryStore()), SigningKey.generate()
    await keystore.add_seal_key(SEAL, here)
    assert not await keystore.certify_seal(SEAL, certified_for(SigningKey.generate().public_spki))
    assert (await keystore.seal_key(SEAL)).certificate is None


async def test_a_key_asked_for_and_refused_leaves_the_one_there_is() -> None:
    keystore, here = Keystore(MemoryStore()), SigningKey.generate()
    await keystore.add_seal_key(SEAL, here)
    await keystore.ask_seal_key(SEAL, SigningKey.generate())
    await keystore.drop_asked_seal_key(SEAL)
    assert await keystore.asked_seal_key(SEAL) is None
    assert (await keystore.seal_key(SEAL)).key.public_spki == here.public_spki


@pytest.mark.parametrize(
    "columns",
    [
        {"token": "no facts"},
        {"token": {}},
        {"token": {"driver": "/d.so", "token": TOKEN.value(), "key": "zz", "public": "00"}},
        {"public": SigningKey.generate().public_spki},  # signatures would be checked with another half
        {"private": SigningKey.generate().private_bytes()},  # one key, two places
    ],
    ids=["words", "nothing", "no_id", "another_public", "private"],
)
async def test_a_row_whose_token_facts_do_not_hang_together_gives_no_key(columns: dict[str, Any]) -> None:
    store = MemoryStore()
    keystore = Keystore(store)
    await keystore.ask_seal_key(SEAL, token_key(key := SigningKey.generate()))
    await keystore.certify_seal(SEAL, certified_for(key.public_spki))
    assert (await keystore.seal_key(SEAL)).token is not None
    await changed(store, **columns)
    assert await refusal(keystore) is ErrorCode.KEYS_SEAL_KEY_DAMAGED


async def test_a_row_without_a_key_and_without_a_token_is_no_key() -> None:
    store = MemoryStore()
    keystore = Keystore(store)
    await keystore.ask_seal_key(SEAL, token_key(key := SigningKey.generate()))
    await keystore.certify_seal(SEAL, certified_for(key.public_spki))
    await changed(store, token=None)
    assert await refusal(keystore) is ErrorCode.KEYS_NO_KEY
