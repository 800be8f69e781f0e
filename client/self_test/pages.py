"""Pages: the product's fonts, setting one, sealing it, and verifying a document that a release sealed.

Keys and documents are made for the moment, of a city that does not exist; the dates are fixed, so that a wrong clock of this
computer is the clock's row and not these.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Final

from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.surroundings import Surroundings
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.documents.kinds import Kind
from protocol.documents.model import (
    Block,
    Elements,
    IssueDetails,
    Label,
    Publicity,
    RecipientRef,
    Urgency,
)
from protocol.documents.page_checks import PageCheck
from protocol.errors import ErrorCode, JinshuError

if TYPE_CHECKING:
    from client.typesetting.typeset import Typeset

SAMPLE: Final = "sample"
_NOW_MS: Final = 1_795_000_000_000  # 2026-11-18
_BODY: Final = "bdy_" + "a" * 26
_NAME: Final = "示例市人民政府"
_WIDTH: Final = 400  # pixels of a page that is drawn
_LEAST_FONTS: Final = 4
_TEXT: Final = (
    "为检查本机排版，现将有关事项通知如下。",
    "一、本件由自检生成，不具效力",
    "自检在临时目录中排版、用印、验证，完成后即删除，不进入公文流转。",
)


def check_fonts(_surroundings: Surroundings) -> CheckRow:
    """Whether templates, fonts and engine are those of a release, for only they set the same pages everywhere."""
    # Deferred: the engine is a large library, and one that does not load is this check's to say.
    from client.typesetting.typeset import RESOURCES, Typesetter
    from protocol.directory.page_settings import RELEASED

    setter = Typesetter()
    setting = setter.setting()
    count = len(list((RESOURCES / "fonts").glob("*.otf")))
    facts = (
        ("template", setting.template.hex()[:16]),
        ("fonts", setting.fonts.hex()[:16]),
        ("engine", setting.engine),
        ("font_files", str(count)),
    )
    if count < _LEAST_FONTS or setting not in RELEASED:
        return CheckRow("page_fonts", Outcome.FAILED, Remark("page_fonts.other"), Remark("reinstall"), facts)
    return CheckRow("page_fonts", Outcome.OK, Remark.of("page_fonts.found", count=count), None, facts)


def check_typesetting(_surroundings: Surroundings) -> CheckRow:
    """Set a page with its measure of ink, and have the bounded process draw it, as the product does."""
    from client.documents import press  # deferred, as above

    press.proof(_elements(), _details().signed_on)
    made = _set()
    pictures = press.pages(made.pdf, _WIDTH)
    facts = (("pages", str(made.pages)), ("bytes", str(len(made.pdf))))
    if len(pictures) != made.pages:
        return CheckRow(
            "typesetting", Outcome.FAILED, Remark("typesetting.not_drawn"), Remark("send_this"), facts
        )
    return CheckRow("typesetting", Outcome.OK, Remark.of("typesetting.found", pages=made.pages), None, facts)


def check_sealing(_surroundings: Surroundings) -> CheckRow:
    """Seal a page with a new key, verify it, and see that one changed byte and a foreign root are refused."""
    # Deferred, as above.
    from client.confinement import confined
    from client.sealing.check import open_sealed
    from client.sealing.pades import apply_seal

    city, stranger = _SealOffice(), _SealOffice()
    base = _set().pdf
    sealed = apply_seal(
        base, city.key, city.certificate, city.issuing, reason="self-test", signed_at_ms=_NOW_MS
    )
    facts, _files = confined(open_sealed, sealed, city.root, frozenset[str]())
    if facts.base != base:
        return CheckRow("sealing", Outcome.FAILED, Remark("sealing.other"), Remark("do_not_use"))
    middle = len(base) // 2
    changed = sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]
    for file, root in ((changed, city.root), (sealed, stranger.root)):
        try:
            confined(open_sealed, file, root, frozenset[str]())
        except JinshuError as error:
            if error.code is ErrorCode.VERIFY_TOO_HEAVY:
                raise
        else:
            return CheckRow("sealing", Outcome.FAILED, Remark("sealing.not_refused"), Remark("do_not_use"))
    return CheckRow("sealing", Outcome.OK, Remark("sealing.found"), None, (("bytes", str(len(sealed))),))


def check_verification(_surroundings: Surroundings) -> CheckRow:
    """Verify the document that comes with the program, sealed by a release: its pages must come out byte for byte here too."""
    # Deferred, as above.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from client.typesetting.typeset import RESOURCES
    from client.verify.check import verify_document

    folder = RESOURCES / "self_test"
    root = x509.load_pem_x509_certificate((folder / f"{SAMPLE}.pem").read_bytes())
    verdict = verify_document(
        (folder / f"{SAMPLE}.pdf").read_bytes(), root.public_bytes(Encoding.DER), listed=None
    )
    facts = (("page_check", verdict.page_check.value), ("pages", str(verdict.pages)))
    if verdict.page_check is not PageCheck.PAGE:
        return CheckRow(
            "verification", Outcome.FAILED, Remark("verification.not_reproduced"), Remark("reinstall"), facts
        )
    return CheckRow(
        "verification", Outcome.OK, Remark.of("verification.found", pages=verdict.pages), None, facts
    )


class _SealOffice:
    """A root, the CA under it, and one seal."""

    def __init__(self) -> None:
        root_key, issuing_key = SigningKey.generate(), SigningKey.generate()
        self.key = SigningKey.generate()
        self.root = certificates.make_root(root_key, "自检根证书", at_ms=_NOW_MS)
        self.issuing = certificates.make_issuing(
            root_key, self.root, issuing_key.public_spki, "自检签发证书", at_ms=_NOW_MS
        )
        self.certificate = certificates.make_seal(
            issuing_key,
            self.issuing,
            self.key.public_spki,
            seal="sel_" + "a" * 26,
            body=_BODY,
            body_name=_NAME,
            at_ms=_NOW_MS,
        )


def _set() -> Typeset:
    from client.typesetting.typeset import Typesetter  # deferred, as above

    return Typesetter().typeset(_elements(), _details(), sealed=True, seal_name=_NAME)


def _details() -> IssueDetails:
    day = datetime.date(2026, 11, 18)
    return IssueDetails("示政发〔2026〕1号", day, day)


def _elements() -> Elements:
    return Elements(
        kind=Kind.NOTICE,
        issuer_body_id=_BODY,
        issuer_name=_NAME,
        issuer_code="示政发",
        title="示例市人民政府关于检查本机排版的通知",
        main_recipients=(RecipientRef("bdy_" + "b" * 26, "市政府各部门"),),
        copy_recipients=(),
        body=tuple(Block(1 if text.startswith("一、") else 0, text) for text in _TEXT),
        attachments=(),
        signature_name=_NAME,
        urgency=Urgency.NONE,
        label=Label.PUBLIC,
        publicity=Publicity.ON_INITIATIVE,
        publicity_reason="",
        note="",
        contact="",
        printer_name="示例市人民政府办公室",
    )
