"""Seal certificates: one for each keeper's device, subject the body; the key never leaves it (C5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocol.directory.log import LeafKind
from protocol.errors import JinshuError
from server_stub.ca.api import SealRequest
from server_stub.ca.faults import CaError
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.issuing import Issuer, certificate_digest, make_leaf
from server_stub.ca.journal import Journal
from server_stub.ca.register import Register
from server_stub.ca.state import (
    BodyRecord,
    CaState,
    DeviceRecord,
    PersonRecord,
    SealCertificateRecord,
    SealRecord,
)


@dataclass(frozen=True, slots=True)
class CheckedSeal:
    request: SealRequest
    seal: SealRecord
    body: BodyRecord
    keeper: PersonRecord
    device: DeviceRecord


class SealOffice:
    """Signs for keepers named in the organisation and for devices enrolled and not revoked, nobody else."""

    def __init__(self, issuer: Issuer, journal: Journal, clock: Callable[[], int]) -> None:
        self._issuer = issuer
        self._journal = journal
        self._clock = clock

    def pending_leaf(self, state: CaState, request: SealRequest) -> bytes | None:
        """The leaf already signed for this request, when the server still waits for it."""
        made = (item.leaf for item in state.seal_certificates if item.request == request.id)
        return next((leaf for leaf in made if leaf), None)

    def check(self, state: CaState, request: SealRequest) -> CheckedSeal:
        """The server's word about the person counts for nothing: the device's owner is looked up here."""
        device = next((item for item in state.devices if item.device == request.device), None)
        if device is None or device.certificate_hash in state.revoked():
            raise self._refused(request, "设备没有登记或已吊销", "the device is not enrolled, or revoked")
        seal = next((item for item in state.seals if item.body == request.body), None)
        if seal is None:
            raise self._refused(request, "这个机关没有印章", "this body has no seal")
        register = Register(state, fresh_id)
        if device.person not in register.keepers(seal.body):
            raise self._refused(
                request, "申请人不是这枚印章的保管人", "the applicant is not a keeper of this seal"
            )
        try:
            self._issuer.check_request(request.csr)
        except JinshuError as error:
            raise self._refused(
                request, f"证书申请不合规（{error.code}）", f"bad request ({error.code})"
            ) from error
        return CheckedSeal(request, seal, register.body(seal.body), register.person(device.person), device)

    def sign(self, state: CaState, checked: CheckedSeal) -> SealCertificateRecord:
        now = self._clock()
        certificate = self._issuer.seal_certificate(checked.request.csr, checked.seal.id, checked.body, now)
        unsigned = SealCertificateRecord(
            request=checked.request.id,
            seal=checked.seal.id,
            body=checked.body.id,
            keeper=checked.keeper.id,
            device=checked.device.device,
            certificate=certificate,
            certificate_hash=certificate_digest(certificate),
            signed_at=now,
            leaf=b"",
        )
        record = unsigned.model_copy(
            update={"leaf": make_leaf(LeafKind.SEAL, self._issuer.sign_seal(unsigned))}
        )
        self._journal.append(
            "seal",
            seal=record.seal,
            body=record.body,
            keeper=record.keeper,
            device=record.device,
            certificate=record.certificate_hash,
        )
        state.seal_certificates.append(record)
        return record

    def refuse(self, request: SealRequest) -> None:
        self._journal.append("refused", seal_request=request.id, reason="operator")

    def _refused(self, request: SealRequest, chinese: str, english: str) -> CaError:
        self._journal.append("refused", seal_request=request.id, reason=english)
        return CaError(chinese, english)
