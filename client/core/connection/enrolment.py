"""Enrolment (C2): how a new device and the CA come to know each other through a server that neither
trusts."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from client.core.clock import Clock
from client.core.connection.address import ServerAddress
from client.core.connection.api import Api
from client.core.connection.transport import Transport
from client.core.identity.keystore import DeviceKeys, Keystore
from client.core.store import directory as directory_table
from client.core.store import settings
from client.core.store.store_port import StorePort
from client.core.trust.anchors import Trust
from client.core.trust.directory import Directory
from client.core.trust.tls import unpinned_context
from protocol.crypto.certificates import Profile, make_csr, verify_chain
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import DeviceBundle, Leaf, LeafKind
from protocol.enrolment import BundleFields, EnrolmentCode, reply_mac, request_mac
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.identifiers import IdKind, new_id
from protocol.wire.session import EnrolmentReply, EnrolmentRequest, EnrolmentState, TrustReply

_log = logging.getLogger(__name__)
_REQUEST: Final = "enrolment"
# A CA that watches answers within a second, a clerk who is asked perhaps tomorrow: quick at first, then out of the server's way.
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
_LONGER: Final = 1.25


@dataclass(frozen=True, slots=True, repr=False)
class PendingRequest:
    """What was asked for; kept in the store until the answer has been checked."""

    code: EnrolmentCode
    csr: bytes
    bundle_fields: bytes


def pauses() -> Iterator[float]:
    """How long to wait before asking once more, in seconds; without end."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * _LONGER, _LONGEST_PAUSE)


async def fetch_trust(address: ServerAddress, fingerprint: bytes, now_ms: int) -> Trust:
    """The certificates of the server, believed only because the root has the fingerprint on the code.

    Raises:
        JinshuError: trust.root_mismatch, or what is wrong with the chain.
    """
    return await _fetched(address, fingerprint, now_ms)


async def fetch_shown_trust(address: ServerAddress, now_ms: int) -> Trust:
    """The certificates that a server shows: they agree with one another, and nothing says whose they are.

    Raises:
        JinshuError: what is wrong with the chain, or why it could not be fetched.
    """
    return await _fetched(address, None, now_ms)


async def _fetched(address: ServerAddress, fingerprint: bytes | None, now_ms: int) -> Trust:
    transport = Transport(address, unpinned_context())
    try:
        content = await transport.request("GET", "/trust")
    finally:
        await transport.close()
    try:
        reply = TrustReply.model_validate_json(content)
    except ValueError:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
    if fingerprint is not None and not hmac.compare_digest(sha256(reply.root).digest(), fingerprint):
        raise RemoteProtocolError(ErrorCode.TRUST_ROOT_MISMATCH)
    trust = Trust(reply.root, reply.issuing, reply.log_certificate, reply.first or reply.issuing)
    trust.check(now_ms)
    return trust


class Enrolment:
    """The steps from a code to a device in the log; each can be repeated after a crash."""

    def __init__(
        self,
        store: StorePort,
        keystore: Keystore,
        api: Api,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._keystore = keystore
        self._api = api
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    async def prepare(self, code: EnrolmentCode, trust: Trust, label: str) -> None:
        """Make the device's keys and write down, in the open store, what will be asked."""
        keys = DeviceKeys.generate()
        device = new_id(IdKind.DEVICE, self._entropy(16))
        fields = BundleFields(device, bytes(keys.xwing.public), label).to_bytes()
        await self._keystore.create(device, label, keys.signing, keys.xwing)
        request = {
            "lookup": code.lookup,
            "secret": code.secret,
            "root": code.root_fingerprint,
            "csr": make_csr(keys.signing, device),
            "bundle_fields": fields,
        }

        def write(connection: Connection) -> None:
            settings.put(connection, _REQUEST, request)
            directory_table.keep_trust(connection, trust.by_name())

        await self._store.write(write)

    async def pending(self) -> PendingRequest | None:
        value = await self._store.read(lambda connection: settings.get(connection, _REQUEST))
        if value is None:
            return None
        code = EnrolmentCode(value["lookup"], value["secret"], value["root"])
        return PendingRequest(code, value["csr"], value["bundle_fields"])

    async def ask(self) -> None:
        """Send the request; the same one again is the same to the server."""
        request = await self._pending()
        mac = request_mac(request.code.secret, request.csr, request.bundle_fields)
        body = EnrolmentRequest(
            lookup_id=request.code.lookup_id, csr=request.csr, bundle_fields=request.bundle_fields, mac=mac
        )
        await self._api.post_bytes("/enrolments", body.model_dump_json().encode(), session=False)

    async def wait(self) -> None:
        """Poll until the CA has signed, then check its answer and enter the log.

        Raises:
            JinshuError: auth.enrolment_refused, enrolment.mac_invalid, or what does not verify.
        """
        if not self._keystore.certified:
            await self._certified()
        await self._enter_log()
        await self._store.write(lambda connection: settings.remove(connection, _REQUEST))

    async def _certified(self) -> None:
        request = await self._pending()
        pause = pauses()
        while True:
            reply = await self._answer(request.code.lookup_id)
            if reply is not None and reply.state is EnrolmentState.SIGNED:
                break
            if reply is not None and reply.state is EnrolmentState.REFUSED:
                raise JinshuError(ErrorCode.AUTH_ENROLMENT_REFUSED)
            await self._clock.sleep(next(pause))
        if reply.certificate is None or reply.head is None or reply.mac is None:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        head = Signed.parse(reply.head)
        trust = self._directory.trust
        expected = reply_mac(request.code.secret, reply.certificate, head.entry_id, trust.root)
        if not hmac.compare_digest(expected, reply.mac):
            raise RemoteProtocolError(ErrorCode.ENROLMENT_MAC_INVALID)
        person = self._person_of(reply.certificate)
        # The CA vouches for this head: a server that shows a shorter or another log is caught by the first
        # catch-up.
        await self._directory.keep_first_head(head)
        await self._keystore.certify(reply.certificate, person)

    async def _answer(self, lookup_id: str) -> EnrolmentReply | None:
        try:
            return await self._api.get(f"/enrolments/{lookup_id}", EnrolmentReply, session=False)
        except JinshuError as error:
            if error.recovery is not Recovery.RETRY:
                raise
            return None

    def _person_of(self, certificate: bytes) -> str:
        """The person the CA named, if the certificate is for this device's own key."""
        trust = self._directory.trust
        facts = verify_chain(
            certificate, trust.issuing, trust.root, at_ms=self._clock.now_ms(), profile=Profile.DEVICE
        )
        device = self._keystore.device
        mine = (
            device is not None
            and facts.device == device[0]
            and facts.spki == self._keystore.signing_key.public_spki
        )
        if not mine or facts.person is None:
            raise RemoteProtocolError(ErrorCode.ENROLMENT_MAC_INVALID)
        return facts.person

    async def _enter_log(self) -> None:
        await self._directory.catch_up()
        me = self._keystore.me
        if self._directory.has_device(me.device):
            return
        # A newcomer who is shown an old log would begin by believing whoever has been shut out since.
        self._directory.check_age()
        bundle = DeviceBundle(
            device=me.device,
            person=me.person,
            cert=me.cert_hash,
            xwing=bytes(self._keystore.xwing.public),
            created_at=self._clock.now_ms(),
            label=me.label,
        )
        signed = await self._keystore.sign(SignedType.DEVICE_BUNDLE, bundle.value())
        await self._directory.publish(Leaf(LeafKind.DEVICE, signed.to_bytes(), me.certificate), ())

    async def _pending(self) -> PendingRequest:
        request = await self.pending()
        if request is None:
            raise JinshuError(ErrorCode.PROFILE_DAMAGED)
        return request
