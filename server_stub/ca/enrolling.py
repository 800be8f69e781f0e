"""Enrolment: a code for one person, and the check of what comes back under it before anything is signed."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed
from protocol.enrolment import LIFETIME_MS, BundleFields, EnrolmentCode, reply_mac, request_mac
from protocol.errors import JinshuError
from server_stub.ca.api import EnrolmentRequest
from server_stub.ca.faults import CaError
from server_stub.ca.issuing import Issuer, certificate_digest
from server_stub.ca.journal import Journal
from server_stub.ca.state import AnswerRecord, CaState, CodeRecord, CodeState, DeviceRecord

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request whose MAC proved that its sender holds the code given to `person`."""

    record: CodeRecord
    request: EnrolmentRequest
    fields: BundleFields
    person: str


class CodeVault:
    """Seals code secrets at rest under a key derived from the issuing key, bound to their lookup hash."""

    def __init__(self, issuing: SigningKey) -> None:
        key = HKDF(SHA256(), 32, None, b"jinshu-ca/enrolment-secrets/v1").derive(issuing.private_bytes())
        self._cipher = AESGCM(key)

    def seal(self, lookup_hash: str, secret: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, secret, lookup_hash.encode())

    def open(self, record: CodeRecord) -> bytes:
        sealed = record.sealed_secret
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], record.lookup_hash.encode())
        except (InvalidTag, ValueError):
            raise CaError("登记码的秘密打不开", "the code's secret cannot be opened") from None


class Enrolment:
    """Codes and requests; callers hold the folder's lock and save the state after each act."""

    def __init__(self, issuer: Issuer, journal: Journal, clock: Clock) -> None:
        self._issuer = issuer
        self._journal = journal
        self._clock = clock
        self._vault = CodeVault(issuer.issuing.key)

    def new_code(self, state: CaState, person: str) -> tuple[EnrolmentCode, CodeRecord]:
        self.expire(state)
        code = EnrolmentCode.new(self._issuer.root_certificate, os.urandom)
        record = CodeRecord(
            lookup_hash=code.lookup_hash,
            person=person,
            sealed_secret=self._vault.seal(code.lookup_hash, code.secret),
            expires_at=self._clock() + LIFETIME_MS,
            state=CodeState.OPEN,
            registered=False,
        )
        state.codes.append(record)
        self._journal.append("code", lookup_hash=code.lookup_hash, person=person)
        return code, record

    def expire(self, state: CaState) -> None:
        for record in state.codes:
            if record.state is CodeState.OPEN and record.expires_at <= self._clock():
                _close(state, record, CodeState.EXPIRED)

    def check(self, state: CaState, request: EnrolmentRequest) -> CheckedRequest:
        """Prove that the request was made with the code.

        A refusal names what was wrong, is journalled, and burns the code: only one who holds the code or the
        server can have sent the request, so a wrong one means that something is amiss.
        """
        self.expire(state)
        record = next((item for item in state.codes if item.lookup_hash == request.lookup_hash), None)
        if record is None:
            raise self._refused(request, "这里没有开过这个登记码", "this code was not issued here")
        if record.state is not CodeState.OPEN:
            raise self._refused(request, f"登记码已失效（{record.state}）", f"the code is {record.state}")
        try:
            return self._prove(state, record, request)
        except CaError:
            _close(state, record, CodeState.REFUSED)
            raise

    def _prove(self, state: CaState, record: CodeRecord, request: EnrolmentRequest) -> CheckedRequest:
        expected = request_mac(self._vault.open(record), request.csr, request.bundle_fields)
        if not hmac.compare_digest(expected, request.mac):
            raise self._refused(
                request,
                "校验码不对：申请不是由持登记码的人发出，或在途中被改动",
                "wrong MAC: not sent by the holder of the code, or altered on the way",
            )
        try:
            fields = BundleFields.parse(request.bundle_fields)
            self._issuer.check_request(request.csr)
        except JinshuError as error:
            raise self._refused(
                request, f"申请内容不合规（{error.code}）", f"malformed request ({error.code})"
            ) from error
        if any(device.device == fields.device for device in state.devices):
            raise self._refused(request, "设备编号已登记过", "this device id is enrolled already")
        return CheckedRequest(record, request, fields, record.person)

    def pending_answer(self, state: CaState, request: EnrolmentRequest) -> AnswerRecord | None:
        """The answer already signed for this code, if the server still waits for it (after a crash)."""
        return next((item.answer for item in state.codes if item.lookup_hash == request.lookup_hash), None)

    def sign(self, state: CaState, checked: CheckedRequest, head: Signed) -> DeviceRecord:
        """Certify the device, keep the answer and spend the code."""
        now = self._clock()
        certificate = self._issuer.device_certificate(
            checked.request.csr, checked.fields.device, checked.person, now
        )
        device = DeviceRecord(
            device=checked.fields.device,
            person=checked.person,
            label=checked.fields.label,
            certificate=certificate,
            certificate_hash=certificate_digest(certificate),
            signed_at=now,
        )
        secret = self._vault.open(checked.record)
        mac = reply_mac(secret, certificate, head.entry_id, self._issuer.root_certificate)
        self._journal.append(
            "device", device=device.device, person=device.person, certificate=device.certificate_hash
        )
        state.devices.append(device)
        answer = AnswerRecord(certificate=certificate, mac=mac, head=head.to_bytes())
        _close(state, checked.record, CodeState.SPENT, answer)
        return device

    def verify_head(self, head: Signed, log_certificate: bytes) -> None:
        self._issuer.verify_head(head, log_certificate, self._clock())

    def refuse(self, state: CaState, checked: CheckedRequest) -> None:
        self._journal.append("refused", lookup_hash=checked.record.lookup_hash, reason="operator")
        _close(state, checked.record, CodeState.REFUSED)

    def _refused(self, request: EnrolmentRequest, chinese: str, english: str) -> CaError:
        self._journal.append("refused", lookup_hash=request.lookup_hash, reason=english)
        return CaError(chinese, english)


def _close(state: CaState, record: CodeRecord, closed: CodeState, answer: AnswerRecord | None = None) -> None:
    """A closed code keeps no secret."""
    state.codes = [
        item.model_copy(update={"state": closed, "sealed_secret": b"", "answer": answer})
        if item.lookup_hash == record.lookup_hash
        else item
        for item in state.codes
    ]
