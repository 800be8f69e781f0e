"""One round of `sign`: what waits at the server is checked, shown, signed, saved and answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from protocol.crypto.signature import Signed
from protocol.errors import JinshuError
from server_stub.ca.api import CaApi, EnrolmentRequest, SealRequest
from server_stub.ca.enrolling import CheckedRequest, Enrolment
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.register import Register
from server_stub.ca.sealing import SealOffice
from server_stub.ca.speaker import Speaker
from server_stub.ca.state import AnswerRecord, CaState


class Decision(StrEnum):
    SIGN = "sign"
    LATER = "later"
    REFUSE = "refuse"


Decide = Callable[[str, str], Decision]


@dataclass(slots=True)
class SigningRound:
    """Callers hold the folder's lock; `decide` asks a person, or says yes for `--all`."""

    folder: CaFolder
    state: CaState
    api: CaApi
    enrolment: Enrolment
    seals: SealOffice
    speaker: Speaker
    decide: Decide

    def run(self) -> int:
        """How many requests were dealt with."""
        return self.devices() + self.keepers()

    def devices(self) -> int:
        requests = self.api.enrolments()
        for request in requests:
            self._device(request)
        return len(requests)

    def _device(self, request: EnrolmentRequest) -> None:
        if (answer := self.enrolment.pending_answer(self.state, request)) is not None:
            self._answer(request.lookup_hash, answer)
            return
        try:
            checked = self.enrolment.check(self.state, request)
        except CaError as error:
            self.folder.save(self.state)
            self.api.refuse_enrolment(request.lookup_hash, "enrolment")
            self.speaker.say(
                f"拒绝一项登记申请：{error.chinese}", f"Refused an enrolment request: {error.english}"
            )
            self.speaker.fact("refused", {"lookup_hash": request.lookup_hash, "reason": error.english})
            return
        decision = self.decide(*self._description(checked))
        if decision is Decision.REFUSE:
            self.enrolment.refuse(self.state, checked)
            self.folder.save(self.state)
            self.api.refuse_enrolment(request.lookup_hash, "operator")
        elif decision is Decision.SIGN:
            self._sign_device(checked)

    def _sign_device(self, checked: CheckedRequest) -> None:
        head = self._verified_head()
        device = self.enrolment.sign(self.state, checked, head)
        self.folder.save(self.state)
        answer = self.enrolment.pending_answer(self.state, checked.request)
        if answer is not None:
            self._answer(checked.request.lookup_hash, answer)
        name = Register(self.state, fresh_id).person(device.person).name
        self.speaker.say(
            f"已签发：{name}，设备“{device.label}”（{device.device}）",
            f"Signed: {name}, device {device.label!r} ({device.device})",
        )
        self.speaker.fact(
            "device",
            {
                "device": device.device,
                "person": device.person,
                "name": name,
                "label": device.label,
                "certificate": device.certificate_hash,
            },
        )

    def _answer(self, lookup_hash: str, answer: AnswerRecord) -> None:
        self.api.answer_enrolment(lookup_hash, answer.certificate, answer.mac, answer.head)

    def _verified_head(self) -> Signed:
        """What goes under our MAC must be a head that the log key signed, or the server could invent one."""
        if self.state.log_certificate is None:
            raise CaError("还没有签发服务器的日志证书", "the server's log key is not certified yet")
        try:
            head = Signed.parse(self.api.head())
            self.enrolment.verify_head(head, self.state.log_certificate)
        except JinshuError as error:
            raise CaError(
                f"服务器的日志头不可信（{error.code}）", f"bad log head from the server ({error.code})"
            ) from error
        return head

    def _description(self, checked: CheckedRequest) -> tuple[str, str]:
        register = Register(self.state, fresh_id)
        person = register.person(checked.person)
        posts = (
            "、".join(
                f"{register.body(post.body).short_name}{post.name}" for post in register.posts_of(person.id)
            )
            or "—"
        )
        before = sum(device.person == person.id for device in self.state.devices)
        return (
            f"{person.name}（{posts}）申请登记设备“{checked.fields.label}”，此前已有 {before} 台",
            f"{person.name} ({posts}) asks to enrol {checked.fields.label!r}, having {before} devices",
        )

    def keepers(self) -> int:
        requests = self.api.seal_requests()
        for request in requests:
            self.keeper(request)
        return len(requests)

    def keeper(self, request: SealRequest) -> None:
        if (leaf := self.seals.pending_leaf(self.state, request)) is not None:
            self.api.answer_seal(request.id, leaf)
            return
        try:
            checked = self.seals.check(self.state, request)
        except CaError as error:
            self.api.refuse_seal(request.id, "seal")
            self.speaker.say(f"拒绝一项印章申请：{error.chinese}", f"Refused a seal request: {error.english}")
            self.speaker.fact("refused", {"seal_request": request.id, "reason": error.english})
            return
        decision = self.decide(
            f"{checked.keeper.name}申请保管{checked.body.name}的印章（设备“{checked.device.label}”）",
            f"{checked.keeper.name} asks for the seal of {checked.body.name} ({checked.device.label!r})",
        )
        if decision is Decision.REFUSE:
            self.seals.refuse(request)
            self.api.refuse_seal(request.id, "operator")
        elif decision is Decision.SIGN:
            record = self.seals.sign(self.state, checked)
            self.folder.save(self.state)
            self.api.answer_seal(request.id, record.leaf)
            self.speaker.say(
                f"已签发印章证书：{checked.body.name}，保管人{checked.keeper.name}",
                f"Signed the seal of {checked.body.name}, kept by {checked.keeper.name}",
            )
            self.speaker.fact(
                "seal",
                {
                    "seal": record.seal,
                    "body": record.body,
                    "keeper": record.keeper,
                    "device": record.device,
                    "certificate": record.certificate_hash,
                },
            )
