"""A 通知 of a city nobody lives in, in any length, and the keys that seal it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.documents.kinds import Kind
from protocol.documents.model import (
    AttachmentRef,
    Block,
    Elements,
    IssueDetails,
    Label,
    Publicity,
    RecipientRef,
    Urgency,
)
from protocol.documents.plain_text import level_of

NOW_MS = 1_795_000_000_000
DETAILS = IssueDetails("锦政发〔2026〕12号", datetime.date(2026, 11, 3), datetime.date(2026, 11, 5))
SEAL_NAME = "锦川市人民政府"
TITLE = "锦川市人民政府关于做好城市内涝防治工作的通知"
# 28 characters repeated: no punctuation, so every full line must stand on the grid.
PLAIN = "做好城市内涝防治工作关系人民群众生命财产安全各地各部门必须高度重视" * 9
DENSE = (
    "各县（市、区）要“守土有责、守土负责、守土尽责”，按照“谁主管、谁负责”“谁使用、谁管护”的原则，"
    "把《城市内涝防治三年行动方案》（以下简称《方案》）落到实处；对“等、靠、要”的，要约谈、通报……绝不姑息！"
)
SENTENCE = (
    "为深入贯彻落实全市防汛工作会议精神，切实做好2026年城市内涝防治（含地下空间）工作，现将有关事项通知如下。"
)


def notice(paragraphs: int, *, text: str = SENTENCE + DENSE, title: str = TITLE, files: int = 2) -> Elements:
    """A 通知 with this many body paragraphs, headings of every level among them."""
    starts = ("", "一、", "（一）", "1.", "（1）")
    lines = [SENTENCE, *(starts[index % len(starts)] + text for index in range(1, paragraphs))]
    attachments = ("城市内涝防治三年行动方案.pdf", "重点易涝点分布图.png")[:files]
    return Elements(
        kind=Kind.NOTICE,
        issuer_body_id="bdy_" + "a" * 26,
        issuer_name="锦川市人民政府",
        issuer_code="锦政发",
        title=title,
        main_recipients=(
            RecipientRef("bdy_" + "b" * 26, "各县（市、区）人民政府"),
            RecipientRef("bdy_" + "c" * 26, "市政府各部门、各直属机构"),
        ),
        copy_recipients=(
            RecipientRef("bdy_" + "d" * 26, "市委各部门"),
            RecipientRef("bdy_" + "e" * 26, "市人大常委会办公室"),
        ),
        body=tuple(Block(level_of(line), line) for line in lines),
        attachments=tuple(
            AttachmentRef(order, name, "application/octet-stream", 1024, bytes([order]) * 32)
            for order, name in enumerate(attachments, start=1)
        ),
        signature_name="锦川市人民政府",
        urgency=Urgency.URGENT,
        label=Label.PUBLIC,
        publicity=Publicity.ON_INITIATIVE,
        publicity_reason="",
        note="此件公开发布",
        contact="",
        printer_name="锦川市人民政府办公室",
    )


def plain(elements: Elements, text: str, count: int) -> Elements:
    """The same document with a body of one text repeated."""
    return replace(elements, body=tuple(Block(0, text) for _ in range(count)))


@dataclass(frozen=True, slots=True)
class SealKeys:
    """A root, its issuing CA and one seal."""

    root: bytes
    issuing: bytes
    certificate: bytes
    key: SigningKey


def seal_keys(name: str = SEAL_NAME) -> SealKeys:
    """Fresh keys of a city."""
    root_key, issuing_key, key = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()
    root = certificates.make_root(root_key, "锦川市根证书", at_ms=NOW_MS)
    issuing = certificates.make_issuing(
        root_key, root, issuing_key.public_spki, "锦川市签发证书", at_ms=NOW_MS
    )
    certificate = certificates.make_seal(
        issuing_key,
        issuing,
        key.public_spki,
        seal="sel_" + "a" * 26,
        body="bdy_" + "a" * 26,
        body_name=name,
        at_ms=NOW_MS,
    )
    return SealKeys(root, issuing, certificate, key)
