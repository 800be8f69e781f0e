"""Who was left out because the keys of a device cannot be used (C46): signed by the sender, told to the owner and to nobody else."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError
from protocol.features import LEFT_OUT
from protocol.identifiers import IdKind
from protocol.messaging.payloads import LeftOut
from protocol.wire.messaging import LeftOutRecord
from server_stub import device_logs
from server_stub.auth.sessions import Session
from server_stub.database.tables import CONVERSATION_MEMBERS, MEETINGS

KIND: Final = "left_out"


def tell(connection: Connection, state: DirectoryState, session: Session, data: bytes, now: int) -> list[str]:
    """Put a statement into the logs of the owners' devices and of the sender's others; returns those devices.

    Raises:
        JinshuError: `wire.unknown_type`, the site has not switched it on; `messaging.wrong_sender`;
            `messaging.not_a_member`, the sender or an owner is not in that conversation or meeting; `signature.invalid`.
    """
    if LEFT_OUT.name not in state.organisation.site.features:
        raise JinshuError(ErrorCode.WIRE_UNKNOWN_TYPE, type=SignedType.LEFT_OUT)
    signed = Signed.parse(data, SignedType.LEFT_OUT)
    said = LeftOut.parse(signed.value())
    if (signed.cert_hash, said.device) != (session.cert_hash, session.device):
        raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER, device=said.device)
    verify(signed, state.active_signer(signed.cert_hash).verifying_key, SignedType.LEFT_OUT)
    found = [state.active.get(device) for device in said.left_out]
    people = {session.person, *(device.person for device in found if device is not None)}
    if None in found or not people <= _members(connection, said.object):
        raise JinshuError(ErrorCode.MESSAGING_NOT_A_MEMBER, conversation=said.object)
    # Each of them: one on the CA's word alone is its person's to see, too.
    devices = {device.id for person in people for device in state.active_devices(person)}
    return device_logs.append(connection, devices - {session.device}, KIND, cbor.encode(data), now)


def body(_connection: Connection, _device: str, reference: bytes) -> dict[str, object]:
    """How a statement looks in a device's log."""
    return LeftOutRecord(signed=cbor.decode(reference)).model_dump(mode="json")


def _members(connection: Connection, name: str) -> set[str]:
    """Who is in a conversation, or in the one a meeting belongs to."""
    conversation = name
    if name.startswith(IdKind.MEETING.value):
        held = select(MEETINGS.c.conversation).where(MEETINGS.c.id == name)
        conversation = connection.execute(held).scalar_one_or_none() or ""
    chosen = select(CONVERSATION_MEMBERS.c.person).where(CONVERSATION_MEMBERS.c.conversation == conversation)
    return set(connection.execute(chosen).scalars())
