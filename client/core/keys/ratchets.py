"""Olm and Megolm (vodozemac) over the encrypted store: every ratchet is on disk before what it made leaves this device.

Rules (PROTOCOL.md §6, DECISIONS 27):
- A ratchet only goes forward. The session as it is after a step is written in the same transaction that yields the
  ciphertext, and the caller sends after that transaction: a crash can waste a key and never uses one twice.
- A store may be a copy of an earlier one. Sessions from before it was opened only read: `retire_sessions` removes the
  outbound Megolm sessions and marks the Olm sessions as retired (`used_at` = 0).
- Of each device the last twelve Olm sessions are kept to read with; the one used last is written with.

How it works. Every function takes the connection of an open transaction and keeps no state between calls; a pickle is
read, moved on and written back. Pickles are encrypted with a key that lies in the same encrypted store, because
vodozemac makes none without. Nothing here knows who signed a message: callers verify before they decrypt.

What must be kept in step: whoever adds a way to encrypt also asks for `used_at` > 0, and `retire_sessions` must reach
what it adds.

`Outbound` is the Megolm session a conversation is written with: begun for one roster, replaced when a member leaves,
on schedule and by count (`client/messaging/group_sessions.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import vodozemac
from sqlalchemy import ColumnClause, Connection, bindparam, delete, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from client.core.store.conversations import INBOUND, OLM, OLM_SESSIONS, OUTBOUND
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError

_ACCOUNT: Final = "account"
_PICKLE_KEY: Final = "pickle-key"
ONE_TIME_KEYS: Final = 50
# Built once: they are asked for every message that comes.
_INBOUND: Final = select(
    INBOUND, select(OLM.c.value).where(OLM.c.name == _PICKLE_KEY).scalar_subquery().label("pickle_key")
).where(INBOUND.c.session == bindparam("session"), INBOUND.c.device == bindparam("device"))
_VALUE: Final = select(OLM.c.value).where(OLM.c.name == bindparam("name"))
_RETIRED: Final = 0
# Of each device; both ends begin one whenever they start, and what waits for this one was made in any of the last.
_KEPT_SESSIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Outbound:
    """A Megolm session of mine. `count`: messages sent; `shared`: devices that have its key; `given`: all that were ever sent it,
    those among them that may have lost it since, and those a process was about to send it to when it ended."""

    conversation: str
    session: str
    roster: bytes
    count: int
    created_at: int
    shared: frozenset[str]
    given: frozenset[str]


def account(connection: Connection, entropy: Callable[[int], bytes]) -> vodozemac.Account:
    """This device's Olm account, made when it is first needed."""
    packed = _value(connection, _ACCOUNT)
    if packed is not None:
        return vodozemac.Account.from_pickle(packed.decode(), _pickle_key(connection, entropy))
    made = vodozemac.Account()
    keep_account(connection, made, entropy)
    return made


def keep_account(connection: Connection, kept: vodozemac.Account, entropy: Callable[[int], bytes]) -> None:
    _put(connection, _ACCOUNT, kept.pickle(_pickle_key(connection, entropy)).encode())


def fresh_prekeys(connection: Connection, entropy: Callable[[int], bytes]) -> tuple[list[bytes], bytes]:
    """New one-time keys and a new fallback key of this device; their private halves are on disk when this returns."""
    own = account(connection, entropy)
    own.generate_one_time_keys(ONE_TIME_KEYS)
    own.generate_fallback_key()  # type: ignore[attr-defined]  # the stubs lack it, the library has it
    one_time = [key.to_bytes() for key in own.one_time_keys.values()]
    newest = next(iter(own.fallback_key.values()))  # type: ignore[attr-defined]
    fallback = bytes(newest.to_bytes())
    own.mark_keys_as_published()
    keep_account(connection, own, entropy)
    return one_time, fallback


def retire_sessions(connection: Connection) -> None:
    """From now on nothing is written with the sessions there are: Megolm's go, Olm's only read.

    A store may be an earlier one, copied back from a backup. A ratchet stands in it where it stood then, and would make the
    key of a message a second time.
    """
    connection.execute(delete(OUTBOUND))
    connection.execute(update(OLM_SESSIONS).values(used_at=_RETIRED))


def has_channel(connection: Connection, device: str) -> bool:
    """Whether there is an Olm session with a device to write with."""
    chosen = select(OLM_SESSIONS.c.session).where(
        OLM_SESSIONS.c.device == device, OLM_SESSIONS.c.used_at > _RETIRED
    )
    return connection.execute(chosen).first() is not None


def open_channel(
    connection: Connection,
    device: str,
    identity: bytes,
    prekey: bytes,
    now: int,
    entropy: Callable[[int], bytes],
) -> None:
    """Begin an Olm session to a device with a prekey of its.

    Raises:
        JinshuError: `messaging.no_prekey`, the keys are not good for it.
    """
    own = account(connection, entropy)
    try:
        made = own.create_outbound_session(
            vodozemac.Curve25519PublicKey.from_bytes(identity),
            vodozemac.Curve25519PublicKey.from_bytes(prekey),
        )
    except (vodozemac.KeyException, vodozemac.SessionCreationException, ValueError):
        raise JinshuError(ErrorCode.MESSAGING_NO_PREKEY, device=device) from None
    _keep_session(connection, device, made, now, entropy)
    _forget_oldest(connection, device)


def olm_encrypt(
    connection: Connection, device: str, plain: bytes, now: int, entropy: Callable[[int], bytes]
) -> tuple[int, bytes]:
    """Encrypt over the channel last used; returns the message's type and bytes.

    Raises:
        JinshuError: `messaging.no_session`.
    """
    chosen = select(OLM_SESSIONS).where(OLM_SESSIONS.c.device == device, OLM_SESSIONS.c.used_at > _RETIRED)
    row = connection.execute(chosen.order_by(OLM_SESSIONS.c.used_at.desc()).limit(1)).first()
    if row is None:
        raise JinshuError(ErrorCode.MESSAGING_NO_SESSION, device=device)
    session = vodozemac.Session.from_pickle(row.pickle, _pickle_key(connection, entropy))
    kind, data = session.encrypt(plain).to_parts()
    _keep_session(connection, device, session, now, entropy)
    return int(kind), bytes(data)


def olm_decrypt(
    connection: Connection,
    device: str,
    identity: bytes,
    kind: int,
    data: bytes,
    now: int,
    entropy: Callable[[int], bytes],
) -> tuple[bytes, bool]:
    """Decrypt what a device of that identity sent; returns it, and whether it began a channel.

    Raises:
        JinshuError: `messaging.unreadable`.
    """
    key = _pickle_key(connection, entropy)
    try:
        message = vodozemac.AnyOlmMessage.from_parts(kind, data)
        beginning = message.to_pre_key()
        rows = connection.execute(select(OLM_SESSIONS).where(OLM_SESSIONS.c.device == device)).all()
        for row in rows:
            session = vodozemac.Session.from_pickle(row.pickle, key)
            if beginning is not None and not session.session_matches(beginning):
                continue
            try:
                plain = bytes(session.decrypt(message))
            except vodozemac.OlmDecryptionException:
                continue
            used_at = now if row.used_at > _RETIRED else _RETIRED
            _keep_session(connection, device, session, used_at, entropy)
            return plain, False
        if beginning is None:
            raise JinshuError(ErrorCode.MESSAGING_UNREADABLE, device=device)
        own = account(connection, entropy)
        begun, plain = own.create_inbound_session(
            vodozemac.Curve25519PublicKey.from_bytes(identity), beginning
        )
    except (
        vodozemac.DecodeException,
        vodozemac.SessionCreationException,
        vodozemac.KeyException,
        ValueError,
    ):
        raise JinshuError(ErrorCode.MESSAGING_UNREADABLE, device=device) from None
    keep_account(connection, own, entropy)
    _keep_session(connection, device, begun, now, entropy)
    _forget_oldest(connection, device)
    return bytes(plain), True


def outbound(connection: Connection, conversation: str) -> Outbound | None:
    row = connection.execute(select(OUTBOUND).where(OUTBOUND.c.conversation == conversation)).first()
    if row is None:
        return None
    given, shared = _holders(row.shared)
    return Outbound(row.conversation, row.session, row.roster, row.sent, row.created_at, shared, given)


def begin_outbound(
    connection: Connection,
    conversation: str,
    roster: bytes,
    device: str,
    now: int,
    entropy: Callable[[int], bytes],
) -> Outbound:
    """A new Megolm session for a conversation, with its inbound half for this device's own reading."""
    made = vodozemac.GroupSession()
    key = _pickle_key(connection, entropy)
    row: dict[str, Any] = {
        "conversation": conversation,
        "session": made.session_id,
        "pickle": made.pickle(key),
        "roster": roster,
        "sent": 0,
        "created_at": now,
        "shared": _as_holders(frozenset(), frozenset()),
    }
    connection.execute(
        insert(OUTBOUND).values(row).on_conflict_do_update(index_elements=["conversation"], set_=row)
    )
    own = made.session_key.to_base64()
    keep_inbound(connection, made.session_id, own, conversation, device, entropy)
    return Outbound(conversation, made.session_id, roster, 0, now, frozenset(), frozenset())


def current_key(connection: Connection, conversation: str, entropy: Callable[[int], bytes]) -> str:
    """The outbound session's key from here on: whoever gets it now reads nothing of before."""
    chosen = select(OUTBOUND.c.pickle).where(OUTBOUND.c.conversation == conversation)
    pickle = connection.execute(chosen).scalar_one()
    session = vodozemac.GroupSession.from_pickle(pickle, _pickle_key(connection, entropy))
    return str(session.session_key.to_base64())


def mark_given(connection: Connection, conversation: str, session: str, devices: frozenset[str]) -> None:
    """Write down that these devices are about to be sent the key: from here on they may have it, whatever becomes of this
    process."""
    found = outbound(connection, conversation)
    if found is not None and found.session == session:
        _keep_holders(connection, conversation, found.given | devices, found.shared)


def mark_shared(connection: Connection, conversation: str, session: str, devices: frozenset[str]) -> None:
    """Write down that these devices have the key: it is not sent to them again."""
    found = outbound(connection, conversation)
    if found is not None and found.session == session:
        _keep_holders(connection, conversation, found.given | devices, found.shared | devices)


def unshare(connection: Connection, device: str) -> None:
    """A device may have lost the keys it was given: it is given them again with the next message.

    That it was given them stays: it may have lost nothing, and nobody who ever had a key may be gone while it serves.
    """
    for row in connection.execute(select(OUTBOUND.c.conversation, OUTBOUND.c.shared)).all():
        given, shared = _holders(row.shared)
        if device in shared:
            _keep_holders(connection, row.conversation, given, shared - {device})


def _holders(column: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Who was ever given the key, and who has it. A row written up to 0.4.0 lists the second alone."""
    held = cbor.decode(column)
    if isinstance(held, list):
        return frozenset(held), frozenset(held)
    return frozenset(held["given"]), frozenset(held["shared"])


def _as_holders(given: frozenset[str], shared: frozenset[str]) -> bytes:
    return cbor.encode({"given": sorted(given), "shared": sorted(shared)})


def _keep_holders(
    connection: Connection, conversation: str, given: frozenset[str], shared: frozenset[str]
) -> None:
    chosen = update(OUTBOUND).where(OUTBOUND.c.conversation == conversation)
    connection.execute(chosen.values(shared=_as_holders(given, shared)))


def megolm_encrypt(
    connection: Connection, conversation: str, plain: bytes, entropy: Callable[[int], bytes]
) -> tuple[bytes, int]:
    """Encrypt with the outbound session, whose next state is in the same transaction; returns the bytes and their index."""
    row = connection.execute(select(OUTBOUND).where(OUTBOUND.c.conversation == conversation)).one()
    key = _pickle_key(connection, entropy)
    session = vodozemac.GroupSession.from_pickle(row.pickle, key)
    data = bytes(session.encrypt(plain).to_bytes())
    chosen = update(OUTBOUND).where(OUTBOUND.c.conversation == conversation)
    connection.execute(chosen.values(pickle=session.pickle(key), sent=row.sent + 1))
    return data, int(row.sent)


def keep_inbound(
    connection: Connection,
    session: str,
    key: str,
    conversation: str,
    device: str,
    entropy: Callable[[int], bytes],
) -> None:
    """Keep a session's key under the name of the device that sent it; the first one stays.

    Raises:
        JinshuError: `messaging.unreadable`, or `messaging.wrong_sender`, the id is not this key's.
    """
    try:
        made = vodozemac.InboundGroupSession(vodozemac.SessionKey(key))
    except (vodozemac.SessionKeyDecodeException, ValueError):
        raise JinshuError(ErrorCode.MESSAGING_UNREADABLE, device=device) from None
    if made.session_id != session:
        raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER, device=device)
    row = {
        "session": session,
        "device": device,
        "conversation": conversation,
        "pickle": made.pickle(_pickle_key(connection, entropy)),
    }
    connection.execute(insert(INBOUND).values(row).on_conflict_do_nothing())


def megolm_decrypt(
    connection: Connection,
    session: str,
    conversation: str,
    device: str,
    data: bytes,
) -> tuple[bytes, int]:
    """Decrypt a message of a session; returns the plaintext and its index in the ratchet.

    Raises:
        JinshuError: `messaging.no_session`: that device sent no such key; `messaging.wrong_sender`: the session is of
            another conversation; `messaging.unreadable`.
    """
    # The key is there: whatever is pickled was pickled with it.
    row = connection.execute(_INBOUND, {"session": session, "device": device}).first()
    if row is None:
        raise JinshuError(ErrorCode.MESSAGING_NO_SESSION, device=device)
    if row.conversation != conversation:
        raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER, device=device)
    kept = vodozemac.InboundGroupSession.from_pickle(row.pickle, row.pickle_key)
    try:
        opened = kept.decrypt(vodozemac.MegolmMessage.from_bytes(data))
    except (vodozemac.DecodeException, vodozemac.MegolmDecryptionException, ValueError):
        raise JinshuError(ErrorCode.MESSAGING_UNREADABLE, device=device) from None
    return bytes(opened.plaintext), int(opened.message_index)


def _keep_session(
    connection: Connection,
    device: str,
    session: vodozemac.Session,
    used_at: int,
    entropy: Callable[[int], bytes],
) -> None:
    row = {
        "device": device,
        "session": session.session_id,
        "pickle": session.pickle(_pickle_key(connection, entropy)),
        "used_at": used_at,
    }
    statement = insert(OLM_SESSIONS).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["device", "session"], set_=row))


def _forget_oldest(connection: Connection, device: str) -> None:
    """Each further session is one more to be tried with whatever comes."""
    rowid: ColumnClause[int] = literal_column("rowid")
    of_device = select(rowid).select_from(OLM_SESSIONS).where(OLM_SESSIONS.c.device == device)
    kept = of_device.order_by(OLM_SESSIONS.c.used_at.desc(), rowid.desc()).limit(_KEPT_SESSIONS)
    connection.execute(delete(OLM_SESSIONS).where(OLM_SESSIONS.c.device == device, rowid.not_in(kept)))


def _pickle_key(connection: Connection, entropy: Callable[[int], bytes]) -> bytes:
    found = _value(connection, _PICKLE_KEY)
    if found is None:
        found = entropy(32)
        _put(connection, _PICKLE_KEY, found)
    return found


def _value(connection: Connection, name: str) -> bytes | None:
    found = connection.execute(_VALUE, {"name": name}).scalar_one_or_none()
    return None if found is None else bytes(found)


def _put(connection: Connection, name: str, value: bytes) -> None:
    row = {"name": name, "value": value}
    connection.execute(insert(OLM).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
