"""What the pages see of documents: frozen rows, already decrypted and verified, with no key and no database in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from client.cases.rows import HeadField, Matter, Standing, Target
from client.core.tokens.rows import PinState, TokenPin
from protocol.cases.objects import ObjectKind
from protocol.documents.corrections import CorrectionRule
from protocol.documents.kinds import Kind
from protocol.documents.model import Elements
from protocol.documents.parts import Part
from protocol.documents.steps import Answer, Phase, ReceiptPhase

# The head field's name under which a clerk says where a ledger of 收文号 begins that has no line yet.
FIRST_NUMBER: Final = "first_number"


class Box(StrEnum):
    """The boxes a clerk knows from paper."""

    WAITING = "waiting"  # 待办: something waits for me
    DRAFTS = "drafts"  # 草稿: only on this machine
    RUNNING = "running"  # 在办: my body's cases that somebody else has now
    OUTGOING = "outgoing"  # 已发: dispatched by my body
    INCOMING = "incoming"  # 待签收: issued to my body, not yet received
    RECEIVED = "received"  # 已收
    VOID = "void"  # 已作废: ended before it was issued; nothing of it is lost


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of a box. Times are milliseconds UTC."""

    id: str  # object id (case, branch or issue) or draft id
    title: str
    kind: Kind | None  # None: of another procedure than 发文
    number: str
    urgency: str
    label: str
    phase: Phase | None
    holder: str  # who has it now, in words of the organisation
    origin: str  # the issuing body
    updated_at: int
    deadline: int | None
    unread: bool
    standing: Standing
    refusal: str | None  # error code
    consult: bool = False  # a consultation branch
    box: Box | None = None  # where it lies
    outdated: bool = False  # a newer program is needed to read all of it
    matter: Matter | None = None  # of another procedure than 发文


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file of a document; `blob` is None while it is only on this machine."""

    name: str
    media_type: str
    size: int
    sha256: bytes
    blob: str | None


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One seal on the route: who did what, when, and whether we could verify it."""

    entry_id: bytes
    step: str
    person: str
    post: str
    body: str
    signed_at: int
    received_at: int | None
    opinion: str
    answer: Answer | None  # of a consultation
    offline: bool
    verified: bool
    standing: Standing
    refusal: str | None
    called: str = ""  # the site's word for the step, where no program has one
    facts: tuple[tuple[str, str], ...] = ()  # what its head shows besides, where no program has a page for it


@dataclass(frozen=True, slots=True)
class Action:
    """Something I may do now, in one of my posts. `primary` is the way forward."""

    step: str
    post: str
    post_name: str
    primary: bool
    needs_reason: bool
    targets: tuple[Target, ...]  # candidates for "next", best first; empty when none is asked
    consultable: tuple[Target, ...]  # bodies and posts one may ask (会签)
    findings: tuple[Finding, ...] = ()  # what stands in its way: hard ones stop it, soft ones are said
    called: str = ""  # the site's word for the step, where no program has one
    fields: tuple[HeadField, ...] = ()  # what its author decides besides


@dataclass(frozen=True, slots=True)
class Beginning:
    """A matter of the site's own that I may begin. `actions`: its first step, once for each of my posts that may take it."""

    procedure: bytes  # its hash
    called: str
    actions: tuple[Action, ...]


class ReceiptState(StrEnum):
    """Where one recipient of an issued document stands."""

    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    RECEIVED = ReceiptPhase.RECEIVED.value
    REGISTERED = ReceiptPhase.REGISTERED.value
    REJECTED = ReceiptPhase.REJECTED.value
    UNPRINTED = "unprinted"  # 待制发: it has no key yet
    CUT_OFF = "cut_off"  # its clerks cannot open what was sealed to it


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """Where one recipient stands. `claimed` marks what is only the server's word."""

    body_id: str
    body: str
    state: ReceiptState
    at: int | None
    person: str
    remark: str
    verified: bool
    # How its receiver's client compared the pages: page | words | none; empty: it does not say.
    page_check: str = ""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """Everything the document page shows."""

    id: str
    case: str
    title: str
    number: str
    phase: Phase | None
    elements: Elements | None
    attachments: tuple[AttachmentRow, ...]
    route: tuple[RouteStep, ...]
    actions: tuple[Action, ...]
    receipts: tuple[ReceiptRow, ...]
    pdf_sha256: bytes | None
    sealed: bool
    signed_on: str  # 成文日期, ISO date, empty before 签发
    verification: tuple[str, dict[str, str]]  # sentence key and its parameters
    outgoing: bool  # my body issues it
    role: ObjectKind
    copyable: bool = False  # I may begin it again as a draft of mine, text and files
    outdated: bool = False  # a newer program is needed to read all of it, and to act on it
    matter: Matter | None = None  # of another procedure than 发文


@dataclass(frozen=True, slots=True)
class Act:
    """What the user decided on the document page."""

    step: str
    post: str
    opinion: str = ""
    reason: str = ""
    next: str | None = None
    consult: tuple[str, ...] = ()
    answer: Answer = Answer.AGREE
    fields: tuple[
        tuple[str, str | tuple[str, ...] | None], ...
    ] = ()  # name of a head field → what was decided
    # Of the token that holds the seal's key, for this act alone; it goes to the token and is kept nowhere.
    pin: TokenPin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SealToken:
    """The token (UKey) that must be plugged in for 用印, and how its PIN stands."""

    label: str
    pin: PinState


class SealStanding(StrEnum):
    """How far this device has got with a seal it keeps."""

    NONE = "none"  # no key here: the certificate went to one that is gone
    WAITING = "waiting"  # asked; the CA has not answered yet
    READY = "ready"
    MOVING = "moving"  # ready, and a key elsewhere waits for the CA


@dataclass(frozen=True, slots=True)
class SealRow:
    """A seal whose keeper I am; `token` and `asked_token` are labels of UKeys, empty for this computer."""

    id: str
    name: str
    body: str
    standing: SealStanding
    token: str = ""
    asked_token: str = ""
    refused: bool = False  # what was asked for last


@dataclass(frozen=True, slots=True)
class DraftForm:
    """The compose page's fields; `attachments` are paths of files to take in when saved."""

    kind: Kind
    title: str
    body_text: str
    main_recipients: tuple[str, ...]
    copy_recipients: tuple[str, ...]
    urgency: str
    label: str
    publicity: str
    publicity_reason: str
    note: str
    deadline: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of the 条例 this draft meets or breaks: hard ones block, soft ones warn."""

    rule: str
    article: str
    hard: bool
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change 整理 proposes: `before`, at `start` of the body text and in its `line` (from 1), becomes `after`.

    A part moves to its field instead: `values` are what the field takes (ids of main recipients), and `missing` the
    names that no body or file here has. `advised`: nothing is lost by it.
    """

    start: int
    before: str
    after: str
    reason: CorrectionRule | Part
    source: str  # the clause that asks for it
    line: int
    advised: bool = True
    values: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        return isinstance(self.reason, Part)

    @property
    def end(self) -> int:
        return self.start + len(self.before)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft on this machine."""

    id: str
    form: DraftForm
    attachments: tuple[AttachmentRow, ...]
    updated_at: int
