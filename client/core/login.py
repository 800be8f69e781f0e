"""From an empty folder to an open store: enrolment, the first passphrase, unlocking and locking."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.connection.address import ServerAddress
from client.core.connection.enrolment import Enrolment, fetch_trust
from client.core.events import EnrolmentChanged, KeysReceived, LoginState
from client.core.identity.keystore import Keystore, RecoveryPublic
from client.core.keys.principals import PrincipalKeys
from client.core.keys.slots import KEY_BYTES, KeySlots, SlotKind
from client.core.profile import Profile, Stage
from client.core.store.store import Store
from client.core.tokens.rows import PinState, TokenRow, TokenSeal
from client.core.tokens.tokens import Tokens
from protocol.crypto.recovery import RecoveryCode
from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode, JinshuError, Recovery

_log = logging.getLogger(__name__)


class Login:
    """What the pages before the desk do. Each method leaves the profile in a state that a crash cannot make
    worse."""

    def __init__(
        self,
        profile: Profile,
        slots: KeySlots,
        tokens: Tokens,
        store: Store,
        keystore: Keystore,
        principals: PrincipalKeys,
        enrolment: Enrolment,
        bus: EventBus,
        clock: Clock,
        entropy: Callable[[int], bytes],
        opened: Callable[[], Awaitable[None]],
        closing: Callable[[], Awaitable[None]],
    ) -> None:
        self._profile = profile
        self._slots = slots
        self._tokens = tokens
        self._store = store
        self._keystore = keystore
        self._principals = principals
        self._enrolment = enrolment
        self._bus = bus
        self._clock = clock
        self._entropy = entropy
        self._opened = opened
        self._closing = closing
        self._key: bytes | None = None
        self._recovery: RecoveryCode | None = None
        self._by_code = False
        self.broken = False  # the right secret was given, and the store did not open all the same
        self._turn = asyncio.Lock()

    @property
    def state(self) -> LoginState:
        stage = self._profile.facts.stage
        if stage is Stage.READY:
            return LoginState.OPEN if self._store.is_open else LoginState.LOCKED
        if stage is Stage.APPROVED and self._store.is_open:
            return LoginState.UNPROTECTED
        return LoginState.NEW if stage is Stage.NEW else LoginState.WAITING

    @property
    def needs_code(self) -> bool:
        """A request waits, but the program was restarted: only the enrolment code opens what it made."""
        return self.state is LoginState.WAITING and not self._store.is_open

    @property
    def server(self) -> str:
        return self._profile.facts.server

    @property
    def label(self) -> str:
        return self._profile.facts.label

    @property
    def has_keyring_slot(self) -> bool:
        return SlotKind.KEYRING in self._slots.kinds()

    @property
    def keyring_available(self) -> bool:
        """Whether this desktop has a keyring that could open the store."""
        return self._slots.keyring_available

    @property
    def has_token_slot(self) -> bool:
        return SlotKind.TOKEN in self._slots.kinds()

    @property
    def token_label(self) -> str:
        """What the owner of the token that opens this store called it; empty if none does."""
        seal = self._slots.token
        return "" if seal is None else seal.token.label

    @property
    def passphrase_forgotten(self) -> bool:
        """The store was opened with the recovery code, and no new passphrase was chosen since."""
        return self._by_code and self._store.is_open

    @property
    def recoverable(self) -> bool:
        """This person wrote a recovery code down on another device, and it would bring his keys here."""
        return self._keystore.certified and self._principals.recoverable

    async def enrol(self, server: str, code: str, label: str) -> None:
        """Ask for a certificate, or take up a request this profile made before.

        Raises:
            JinshuError: auth.enrolment_code_*, trust.root_mismatch, network.*, enrolment.* or
            keys.wrong_enrolment_code.
        """
        parsed = EnrolmentCode.parse(code)
        async with self._turn:
            if self.state is LoginState.WAITING:
                await self._resume(parsed)
            elif self.state is LoginState.NEW:
                await self._begin(ServerAddress.parse(server), parsed, label.strip())
            else:
                raise JinshuError(ErrorCode.ENROLMENT_USED)
        await self._ask()

    async def wait(self) -> None:
        """Wait for the CA's answer and enter the log.

        Raises:
            JinshuError: enrolment.refused or what about the answer does not verify.
        """
        await self._enrolment.wait()
        self._profile.change(stage=Stage.APPROVED)
        self._announce()

    async def abandon(self) -> None:
        """Give up a request and everything made for it; nobody has vouched for it yet."""
        async with self._turn:
            if self.state is not LoginState.WAITING:
                return
            await self._wipe()
        self._announce()

    async def set_aside(self) -> None:
        """Begin anew on a computer whose passphrase and recovery code are both lost: what is locked is moved into a folder beside,
        and this computer can be enrolled again.

        Raises:
            JinshuError: profile.locked: there is nothing locked here.
        """
        async with self._turn:
            if self.state is not LoginState.LOCKED:
                raise JinshuError(ErrorCode.PROFILE_LOCKED)
            await self._close()
            aside = await asyncio.to_thread(self._profile.set_aside)
        _log.info("the locked store was set aside as %s", aside.name)
        self._announce()

    def recovery_code(self) -> str:
        """A new code to write down, the same until `protect`; it is kept nowhere."""
        if self._recovery is None:
            self._recovery = RecoveryCode.new(self._entropy)
        return self._recovery.text()

    async def protect(
        self, passphrase: str, *, use_keyring: bool = False, known_code: str | None = None
    ) -> None:
        """Close the store's key behind the user's own secrets; the enrolment code opens nothing from then on.

        Args:
            passphrase: what opens the store from now on.
            use_keyring: let the desktop's keyring open it as well when the program starts.
            known_code: the recovery code he wrote down on another device. It brings his keys here and opens this
                store too, so that there is one code to keep; without it the code of `recovery_code` is his.

        Raises:
            JinshuError: keys.passphrase_too_short, keys.keyring_unavailable, keys.wrong_recovery_code, or why
                his keys could not be fetched; the profile is unprotected as before.
        """
        async with self._turn:
            if self.state is not LoginState.UNPROTECTED:
                raise JinshuError(ErrorCode.PROFILE_LOCKED)
            code = self._recovery if known_code is None else RecoveryCode.parse(known_code)
            if code is None:
                raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
            key = self._open_key()
            await asyncio.to_thread(self._slots.add_passphrase, key, passphrase)
            if known_code is not None:
                await self._principals.recover(code)
            self._slots.add_recovery(key, code.slot_secret)
            if use_keyring:
                await asyncio.to_thread(self._slots.add_keyring, key)
            await self._keystore.keep_recovery(
                RecoveryPublic(bytes(code.xwing.public), code.signing.public_spki)
            )
            self._profile.change(stage=Stage.READY)
            self._slots.remove(SlotKind.ENROLMENT)
            self._recovery = None
        self._announce()

    async def unlock(self, passphrase: str) -> None:
        """Open with the passphrase; a wrong one is keys.wrong_passphrase."""
        await self._unlock(SlotKind.PASSPHRASE, lambda: self._slots.open_passphrase(passphrase))

    async def unlock_with_recovery(self, code: str) -> None:
        """Open with the recovery code; a wrong one is keys.wrong_recovery_code."""
        secret = RecoveryCode.parse(code).slot_secret
        await self._unlock(SlotKind.RECOVERY, lambda: self._slots.open_recovery(secret))

    async def unlock_with_keyring(self) -> bool:
        """Open with the platform's keyring, if it still has our key."""
        if self.state is not LoginState.LOCKED or not self.has_keyring_slot:
            return False
        try:
            # Before the turn is taken: a desktop may ask for its own password here, and he may rather type ours.
            key = await asyncio.to_thread(self._slots.open_keyring)
        except JinshuError as error:
            if error.code is not ErrorCode.KEYS_KEYRING_UNAVAILABLE:
                raise
            return False
        await self._unlock(SlotKind.KEYRING, lambda: key)
        return True

    async def unlock_with_token(self, pin: str, *, last_try: bool = False) -> None:
        """Open with the token's PIN; with `last_try` even if a wrong one would lock the token.

        Raises:
            JinshuError: `keys.token_*`; or `keys.slot_missing`.
        """
        if self.state is not LoginState.LOCKED:
            return
        # Before the turn is taken: a card takes its time, and he may rather type the passphrase.
        wrapping = await self._tokens.open(self._token_seal(), pin, last_try=last_try)
        await self._unlock(SlotKind.TOKEN, lambda: self._slots.open_token(wrapping))

    async def token_state(self) -> PinState:
        """How the PIN of the token that opens this store stands; nothing is tried.

        Raises:
            JinshuError: `keys.token_absent`, `keys.token_other`, `keys.token_driver_*` or `keys.slot_missing`.
        """
        return await self._tokens.state(self._token_seal())

    async def change_passphrase(self, old: str, new: str) -> None:
        """Replace the passphrase by another.

        Raises:
            JinshuError: keys.wrong_passphrase (of the old one) or keys.passphrase_too_short.
        """
        async with self._turn:
            key = await self._opened_by(old)
            await asyncio.to_thread(self._slots.add_passphrase, key, new)

    async def replace_passphrase(self, new: str) -> None:
        """A new passphrase after unlocking by the recovery code, when the old one is forgotten.

        Raises:
            JinshuError: keys.passphrase_too_short; or profile.locked: the code was not used.
        """
        async with self._turn:
            if not self.passphrase_forgotten:
                raise JinshuError(ErrorCode.PROFILE_LOCKED)
            await asyncio.to_thread(self._slots.add_passphrase, self._open_key(), new)
            self._by_code = False

    def keep_passphrase(self) -> None:
        """He used the recovery code, and keeps his passphrase all the same."""
        self._by_code = False

    async def add_keyring(self, passphrase: str) -> None:
        """Let the keyring open the store when the program starts; the passphrase shows that it is he who wants it.

        Raises:
            JinshuError: keys.wrong_passphrase or keys.keyring_unavailable.
        """
        async with self._turn:
            key = await self._opened_by(passphrase)
            await asyncio.to_thread(self._slots.add_keyring, key)

    async def remove_keyring(self) -> None:
        """From now on only passphrase and recovery code open the store."""
        async with self._turn:
            await asyncio.to_thread(self._slots.remove, SlotKind.KEYRING)

    async def tokens(self, driver: str = "") -> tuple[TokenRow, ...]:
        """The tokens that are plugged in, through one driver (the path of a PKCS #11 module) or all in known places.

        Raises:
            JinshuError: `keys.token_driver_*`, of a driver that was named.
        """
        return await self._tokens.found(driver)

    async def add_token(self, passphrase: str, row: TokenRow, pin: str, *, last_try: bool = False) -> None:
        """Let a token open the store, besides passphrase and recovery code; the passphrase shows that it is he who wants it.

        Raises:
            JinshuError: `keys.wrong_passphrase` or `keys.token_*`; the slot there was before still opens.
        """
        async with self._turn:
            key = await self._opened_by(passphrase)
        wrapping = self._entropy(KEY_BYTES)
        # Outside the turn: making a key can take a card a minute, and locking must not wait for it.
        label = f"jinshu:{self._profile.facts.id}"
        seal = await self._tokens.seal(row, pin, label, wrapping, last_try=last_try)
        async with self._turn:
            if self._key != key:
                raise JinshuError(ErrorCode.PROFILE_LOCKED)
            await asyncio.to_thread(self._slots.add_token, key, seal, wrapping)

    async def remove_token(self) -> None:
        """From now on the token opens nothing here; its key stays in it, for it may be lost, and is good for nothing else."""
        async with self._turn:
            await asyncio.to_thread(self._slots.remove, SlotKind.TOKEN)

    async def recover(self, code: str) -> None:
        """Bring this person's keys to this device with the code written down on another; it opens this store too.

        Raises:
            JinshuError: keys.wrong_recovery_code, keys.wrap_withheld or network.*.
        """
        parsed = RecoveryCode.parse(code)
        async with self._turn:
            key = self._open_key()
            await self._principals.recover(parsed)
            await asyncio.to_thread(self._slots.add_recovery, key, parsed.slot_secret)
        self._bus.publish(KeysReceived())

    async def lock(self) -> None:
        """Stop, close the store and drop every key."""
        async with self._turn:
            await self._close()
        _log.info("locked")
        self._announce()

    async def _begin(self, address: ServerAddress, code: EnrolmentCode, label: str) -> None:
        trust = await fetch_trust(address, code.root_fingerprint, self._clock.now_ms())
        # What an earlier try left before its request was written down was never shown to anybody.
        await self._wipe()
        key = self._entropy(KEY_BYTES)
        self._slots.add_enrolment(key, code.secret)
        await asyncio.to_thread(self._store.create, key)
        self._key = key
        self._profile.change(server=str(address), label=label)
        await self._enrolment.prepare(code, trust, label)
        self._profile.change(stage=Stage.WAITING)
        await self._opened()

    async def _resume(self, code: EnrolmentCode) -> None:
        if self._store.is_open:
            pending = await self._enrolment.pending()
            if pending is not None and pending.code != code:
                raise JinshuError(ErrorCode.KEYS_WRONG_ENROLMENT_CODE)
            return
        self._key = self._slots.open_enrolment(code.secret)
        await asyncio.to_thread(self._store.open, self._key)
        await self._opened()

    async def _ask(self) -> None:
        if self._keystore.certified:
            self._announce()
            return
        try:
            await self._enrolment.ask()
        except JinshuError as error:
            if error.recovery is not Recovery.RETRY:
                await self.abandon()
            raise
        self._announce()

    def _token_seal(self) -> TokenSeal:
        seal = self._slots.token
        if seal is None:
            raise JinshuError(ErrorCode.KEYS_SLOT_MISSING, kind=SlotKind.TOKEN.value)
        return seal

    async def _opened_by(self, passphrase: str) -> bytes:
        """The store's key, out of the passphrase's slot."""
        self._open_key()
        return await asyncio.to_thread(self._slots.open_passphrase, passphrase)

    async def _unlock(self, kind: SlotKind, open_slot: Callable[[], bytes]) -> None:
        async with self._turn:
            if self.state is not LoginState.LOCKED:
                return
            key = await asyncio.to_thread(open_slot)
            self._by_code = kind is SlotKind.RECOVERY
            self.broken = True
            await asyncio.to_thread(self._store.open, key)
            self._key = key
            await self._opened()
            self.broken = False
        _log.info("opened by the %s", kind.value)
        # A crash between the last two steps of `protect` may have left it.
        self._slots.remove(SlotKind.ENROLMENT)
        self._announce()

    async def _close(self) -> None:
        await self._closing()
        self._keystore.forget()
        self._key, self._by_code = None, False
        await asyncio.to_thread(self._store.close)

    async def _wipe(self) -> None:
        await self._close()
        self._profile.change(stage=Stage.NEW)
        self._store.remove()
        self._slots.destroy()

    def _open_key(self) -> bytes:
        if self._key is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._key

    def _announce(self) -> None:
        self._bus.publish(EnrolmentChanged(self.state))
