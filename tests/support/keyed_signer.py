"""A `Signer` with a key, a clock and a randomness of the test's own: what it signs verifies, and is the same in every run."""

from __future__ import annotations

import random
from typing import Any

from client.core.clock import Clock
from client.core.identity.keystore import Me
from client.core.identity.signer import ID_BYTES
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind, new_id


class KeyedSigner:
    """`locked` is what a closed store makes of the real one."""

    def __init__(self, key: SigningKey, me: Me, clock: Clock, seed: int) -> None:
        self.key = key
        self.locked = False
        self._me = me
        self._clock = clock
        self._random = random.Random(seed)

    @property
    def me(self) -> Me:
        if self.locked:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._me

    async def sign(self, kind: SignedType, value: Any) -> Signed:
        return self.sign_at_once(kind, value)

    def sign_at_once(self, kind: SignedType, value: Any) -> Signed:
        return sign(self.key, self.me.cert_hash, kind, value)

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def entropy(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def new_id(self, kind: IdKind) -> str:
        return new_id(kind, self.entropy(ID_BYTES))
