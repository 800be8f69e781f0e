"""The CA's own record: organisation, devices, codes, revocations and what was published, in one JSON file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from protocol.crypto.merkle import EMPTY_ROOT
from protocol.directory.organisation import UNSAID_POLICY, Duty
from protocol.directory.page_settings import RELEASED
from protocol.updates import Platform
from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError
from server_stub.ca.organisation_file import BodyType

VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", frozen=True)


class BodyRecord(_Record):
    id: str
    code: str
    name: str
    short_name: str
    number_code: str
    type: BodyType
    parent: str | None
    order: int
    records_key: bytes | None


class PostRecord(_Record):
    """`code` is "body.post"; it is for the operator's hands and stays in the CA."""

    id: str
    code: str
    body: str
    name: str
    duties: tuple[Duty, ...]
    order: int


class PersonRecord(_Record):
    id: str
    name: str
    order: int


class HoldingRecord(_Record):
    id: str
    person: str
    post: str
    since: int


class SealRecord(_Record):
    id: str
    body: str
    name: str


class DelegationRecord(_Record):
    id: str
    from_post: str
    to_person: str
    duties: tuple[Duty, ...]
    until: int


class CodeState(StrEnum):
    OPEN = "open"
    SPENT = "spent"
    REFUSED = "refused"
    EXPIRED = "expired"


class AnswerRecord(_Record):
    """An answer that was signed but may not have reached the server; sent again as it is after a crash."""

    certificate: bytes
    mac: bytes
    head: bytes


class CodeRecord(_Record):
    """One enrolment code; its secret is sealed under the issuing key, and gone once spent."""

    lookup_hash: str
    person: str
    sealed_secret: bytes
    expires_at: int
    state: CodeState
    registered: bool
    answer: AnswerRecord | None = None


class DeviceRecord(_Record):
    device: str
    person: str
    label: str
    certificate: bytes
    certificate_hash: str
    signed_at: int


class SealCertificateRecord(_Record):
    """`leaf` is kept so that the same request is answered with the same bytes after a crash."""

    request: str
    seal: str
    body: str
    keeper: str
    device: str
    certificate: bytes
    certificate_hash: str
    signed_at: int
    leaf: bytes


class RevocationRecord(_Record):
    certificate_hash: str
    device: str | None
    reason: str
    at: int


class PublicationRecord(_Record):
    """The newest organisation snapshot or revocation list; the signed bytes lie in `published/`."""

    number: int
    entry_id: str
    digest: str
    issued_at: int
    next_update: int
    delivered: bool
    dated: bool = False  # it names the log (C45)


class SeenLog(_Record):
    """The directory log at the newest size the CA has verified."""

    size: int = 0
    root: bytes = EMPTY_ROOT


class LogPolicyRecord(_Record):
    """What the site asks of its log (C45); `witnesses` are verifier keys."""

    grace_days: int = UNSAID_POLICY.grace_days
    witnesses: tuple[str, ...] = ()
    needed: int = 0
    witness_hours: int = UNSAID_POLICY.witness_hours


class ProcedureRecord(_Record):
    """A procedure the site defines itself: its canonical CBOR, and lines of `NAME TEXT` for its phases and steps."""

    definition: bytes
    words: list[str] = []


class PackageRecord(_Record):
    """A package that the site's updates list, as the operator gave it; `sha256` in hexadecimal digits."""

    name: str
    size: int
    sha256: str
    version: str
    platform: Platform
    notes_zh: str
    notes_en: str


class UpdatesRecord(_Record):
    """The site's updates: SHA-256 of the first root (hexadecimal), and what the next publication lists."""

    root: str
    packages: tuple[PackageRecord, ...] = ()


class CaState(BaseModel):
    """Everything the CA knows besides its keys; saved whole after each act."""

    model_config = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    version: Literal[1] = 1
    city: str
    server: str | None = None
    log_certificate: bytes | None = None
    bodies: list[BodyRecord] = []
    posts: list[PostRecord] = []
    people: list[PersonRecord] = []
    holdings: list[HoldingRecord] = []
    seals: list[SealRecord] = []
    delegations: list[DelegationRecord] = []
    codes: list[CodeRecord] = []
    devices: list[DeviceRecord] = []
    seal_certificates: list[SealCertificateRecord] = []
    revocations: list[RevocationRecord] = []
    organisation: PublicationRecord | None = None
    revocation_list: PublicationRecord | None = None
    # After a change of the CA: the old key may have signed snapshots in the log from here on that are not in this file.
    unknown_from: int | None = None
    # What the site has switched on, and the lowest protocol version its server lets in; 0: whatever the server speaks.
    features: list[str] = []
    lowest_client: int = 0
    log_policy: LogPolicyRecord = LogPolicyRecord()
    seen_log: SeenLog = SeenLog()
    # The snapshot last delivered lets in no client that could not read a statement which names the log.
    dates_statements: bool = False
    # Where the site's list of what pages may be set with differs from this release's; lines of `Setting`.
    page_settings_added: list[str] = []
    page_settings_dropped: list[str] = []
    procedures: list[ProcedureRecord] = []
    updates: UpdatesRecord | None = None

    def certificates(self) -> dict[str, str]:
        """The hash of every device and seal certificate, with the device that holds its key."""
        devices = {item.certificate_hash: item.device for item in self.devices}
        return devices | {item.certificate_hash: item.device for item in self.seal_certificates}

    def page_settings(self) -> set[str]:
        """The site's list: what every release up to this one sets pages with, as the operator changed it."""
        listed = set(map(str, RELEASED)) | set(self.page_settings_added)
        return listed - set(self.page_settings_dropped)

    def revoked(self) -> set[str]:
        return {item.certificate_hash for item in self.revocations}


def load_state(path: Path) -> CaState:
    try:
        return CaState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise CaError(f"这里没有证书机构：{path.parent}", f"there is no CA here: {path.parent}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CaError(
            f"状态文件损坏：{path}（{place}）", f"the state file is damaged: {path} ({place})"
        ) from error


def save_state(path: Path, state: CaState) -> None:
    write_durably(path, state.model_dump_json(indent=1).encode() + b"\n", mode=0o600)
