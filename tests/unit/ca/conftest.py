"""A small CA in memory with one folder, a fixed clock and a device that asks."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from protocol.crypto.certificates import make_csr, make_log, read_csr
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.enrolment import BundleFields, EnrolmentCode, request_mac
from protocol.identifiers import IdKind
from server_stub.ca.api import EnrolmentRequest
from server_stub.ca.enrolling import Enrolment
from server_stub.ca.folder import CaFolder
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.issuing import Issuer, found_issuing, found_root
from server_stub.ca.journal import Journal
from server_stub.ca.organisation_file import load_organisation
from server_stub.ca.publishing import Publisher
from server_stub.ca.register import Register
from server_stub.ca.sealing import SealOffice
from server_stub.ca.state import CaState

START = 1_800_000_000_000
SAMPLE = Path(__file__).parents[3] / "resources" / "organisation" / "sample-city.toml"


@dataclass
class Device:
    """What a client would do: make keys and ask under a code."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    id: str = field(default_factory=lambda: fresh_id(IdKind.DEVICE))
    xwing: bytes = field(default_factory=lambda: bytes(XWingPrivateKey.generate().public))

    def request(self, code: EnrolmentCode) -> EnrolmentRequest:
        csr = make_csr(self.key, "device")
        fields = BundleFields(self.id, self.xwing, "办公室电脑").to_bytes()
        return EnrolmentRequest(code.lookup_hash, csr, fields, request_mac(code.secret, csr, fields))


@dataclass
class Office:
    """Everything the CA's services need, with a clock the test moves."""

    folder: CaFolder
    issuer: Issuer
    state: CaState
    now: int = START
    log_key: SigningKey = field(default_factory=SigningKey.generate)

    def clock(self) -> int:
        return self.now

    @property
    def journal(self) -> Journal:
        return self.folder.journal(self.clock)

    @property
    def register(self) -> Register:
        return Register(self.state, fresh_id)

    @property
    def enrolment(self) -> Enrolment:
        return Enrolment(self.issuer, self.journal, self.clock)

    @property
    def seals(self) -> SealOffice:
        return SealOffice(self.issuer, self.journal, self.clock)

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.folder, self.issuer, self.journal, self.clock)

    def log_certificate(self) -> bytes:
        spki = read_csr(make_csr(self.log_key, "log"))
        return make_log(self.issuer.issuing.key, self.issuer.issuing.certificate, spki, at_ms=self.now)

    def head(self) -> Signed:
        payload = {"v": 1, "size": 1, "root": os.urandom(32), "at": self.now, "witnesses": []}
        return sign(self.log_key, certificate_hash(self.log_certificate()), SignedType.LOG_HEAD, payload)

    def enrolled(self, person: str) -> Device:
        code, _ = self.enrolment.new_code(self.state, self.register.person(person).id)
        device = Device()
        checked = self.enrolment.check(self.state, device.request(code))
        self.enrolment.sign(self.state, checked, self.head())
        return device


@pytest.fixture
def office(tmp_path: Path) -> Office:
    root = found_root("云江市", START)
    issuing = found_issuing(root, "云江市", START)
    state = CaState(city="云江市")
    folder = CaFolder(tmp_path)
    folder.published.mkdir()
    made = Office(folder, Issuer(issuing, root.certificate), state)
    made.register.import_plan(load_organisation(SAMPLE.read_text(encoding="utf-8")))
    made.register.add_person("发改委文书", ["fgw.clerk", "fgw.seal"], START)
    made.register.add_person("财政局文书", ["czj.clerk"], START)
    return made
