"""What the verifier says, in short official sentences: what is proved, and which part of a failed check failed."""

from __future__ import annotations

import datetime
import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from client.verify.verdict import Verdict
from protocol.documents.page_checks import PageCheck
from protocol.errors import JinshuError
from protocol.text import Field, shown

_ERRORS: Final = Path(__file__).resolve().parents[2] / "resources/translations/errors.json"
_SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8))


class Language(StrEnum):
    """As `--lang` has it."""

    ZH = "zh"
    EN = "en"


# Which part of a check failed, by the `reason` it was refused with.
PARTS: Final[dict[str, tuple[str, str]]] = {
    "elements": (
        "签发的要素哈希与文件所附要素不同",
        "the hash signed off is not that of the elements embedded",
    ),
    "issuing": ("签发证书不是由所给的根证书签发", "the issuing certificate is not under the root given"),
    "root": ("组织机构根不是由签发证书签署", "the issuing CA did not sign the organisation's root"),
    "entry": (
        "所附记录无法读取，或不在已签署的范围内",
        "a record cannot be read, or is not among those signed",
    ),
    "object": ("签发不在本案卷内", "the sign-off is not in the case itself"),
    "signed_on": ("印出的成文日期不是签发当日", "the date printed is not the day of the sign-off"),
    "receipt": ("回执无法读取或签名无效", "the receipt cannot be read or its signature is bad"),
    "receipt_of_another": ("回执属于另一次操作", "the receipt is another act's"),
    "case_head": (
        "案卷状态证明无法读取或签名无效",
        "the head of the case cannot be read or its signature is bad",
    ),
    "case_head_of_another": (
        "案卷状态证明属于其他案卷，或早于签发",
        "the head is another case's, or older than the sign-off",
    ),
    "log_key": ("回执不是由登记的服务器密钥签署", "the receipt is not by the certified key of the server"),
    "seal_entry": ("印章登记不是由签发证书签署", "the issuing CA did not sign the seal's entry"),
    "list": ("吊销列表不是由签发证书签署", "the issuing CA did not sign the list"),
    "not_settable": ("本机无法按签发的内容排版", "what was signed off cannot be set here"),
    "unreadable": ("页面无法读取", "a page cannot be read"),
    "missing": ("缺少应有的记录", "a record is missing"),
    "certificate": (
        "签名人的证书无效，或不在目录日志里",
        "the signer's certificate is not valid, or not in the log",
    ),
    "signature": ("签名与内容不符", "the signature does not fit the content"),
    "person": ("证书不属于所记的经办人", "the certificate is another person's"),
    "step": ("所附签名不是签发", "the signature is not a sign-off"),
    "header": ("签发时标注的收文机关或属性与正文要素不同", "recipients or label differ from the elements"),
    "outdated": ("组织机构快照早于签发", "the organisation's snapshot is older than the sign-off"),
    "other_body": ("记录属于其他机关", "the record is another body's"),
    "sign": ("签发人的岗位没有签发职责", "the signer's post has no duty to sign"),
    "number": ("编号人没有编号职责", "whoever gave the number had no duty to number"),
    "text": ("印出的字号与编号记录不同", "the number printed differs from the record"),
    "void": ("该字号已经作废", "the number is void"),
    "other_case": ("编号属于另一份公文", "the number belongs to another document"),
    "sealed_before": (
        "所记用印时间早于用印前的核对",
        "the time of sealing is before the check that precedes it",
    ),
    "received_before": ("签发时间晚于服务器收到的时间", "it was received before it was signed"),
    "other_seal": ("用印的证书不是记录中的印章", "the certificate that sealed is not the recorded one"),
    "seal_of_other_body": ("印章属于其他机关", "the seal is another body's"),
    "keeper": ("用印人不是该印章的保管人", "whoever sealed does not keep this seal"),
    "seal": ("被吊销的是印章证书", "the seal's certificate is revoked"),
    "signer": ("被吊销的是签发人的证书", "the signer's certificate is revoked"),
    "numberer": ("被吊销的是编号人的证书", "the certificate of whoever gave the number is revoked"),
    "reason": ("印章里写的用印事由与公文不符", "what the seal says it was given for is another document"),
    "active": (
        "文件里有会自行动作的内容、表单、图层或批注",
        "the file has something in it that acts by itself, a form, layers or notes",
    ),
    "embedded": ("文件里夹带了别的附件", "the file carries other files along"),
    "revisions": ("文件排定之后不止改动过一次", "the file was changed more than once after it was set"),
    "trailer": ("用印时换了文件的标题等属性", "with the seal the file was given another title, or the like"),
    "replaced": ("用印时改动了文件原有的内容", "with the seal something was changed that was set before"),
    "added": ("用印时添加了印章以外的内容", "with the seal something was added that is no seal"),
    "form": ("用印时添加了表单", "with the seal a form was added"),
    "annotations": ("用印时添加了印章以外的批注或链接", "with the seal notes or links were added"),
    "field": ("印章域被改成了会显示或会动作的样子", "the field of the seal shows or does something"),
    "signature_entries": ("印章里添加了别的说明", "the seal says more than a seal does"),
    "bytes": ("重新排版后逐字节不一致", "set again, the file differs"),
    "pictures": ("重新排版后页面图像不一致", "set again, the pages look different"),
    "words": ("页面文字与签发的内容不一致", "the words on the pages differ"),
    "head": ("目录日志的签名无效", "the head of the directory log is not validly signed"),
    "leaf": ("所附条目不在目录日志里", "an entry shown is not in the directory log"),
    "size": (
        "步骤所依据的目录日志与所附的不是同一本",
        "a step was received over another directory log than the one shown",
    ),
    "device": ("目录日志里的设备证书无效", "a device's certificate in the directory log is not valid"),
    "generation": ("目录日志里的密钥条目无法读取", "a key's entry in the directory log cannot be read"),
    "gap": ("中间缺少组织机构快照", "a snapshot of the organisation in between is missing"),
    "site": (
        "没有证明本市当时启用了哪些功能",
        "it is not proved what the city had switched on at the time",
    ),
    "first_named": (
        "证书已被吊销，而没有证明是在此之后",
        "the certificate is revoked, and it is not proved that it was later",
    ),
    "receipt_chain": (
        "服务器回执不相连，缺少步骤或次序被改",
        "the receipts do not follow one another: a step is missing or moved",
    ),
    "case_of_another": ("步骤属于另一案卷", "the step is another case's"),
    "order": ("按办理程序当时不能有这一步骤", "by its procedure this step could not follow then"),
    "wraps": (
        "密钥送给的单位与该步骤应送的不符",
        "the key was sealed to more or fewer than the step asks for",
    ),
    "line": ("编号记录与步骤不符", "the line of the ledger is not the one the step names"),
    "revoked": (
        "所用证书当时已被吊销，或尚未登记",
        "the certificate was revoked at the time, or not registered yet",
    ),
    "not_listed": ("所附快照都没有列出这一程序", "no snapshot shown lists this procedure"),
    "in_force": ("开始办理时该程序没有施行", "the procedure was not in force when the case began"),
    "duty": ("所任岗位没有这一步骤所要的职责", "the post held has no duty for this step"),
}


_HEADS: Final = {
    PageCheck.PAGE: ("验证通过", "Verified"),
    PageCheck.WORDS: ("仅文字相符", "Words only"),
    PageCheck.NONE: ("页面未核对", "Pages not checked"),
}
_PAGES: Final = {
    PageCheck.PAGE: (
        "内容自签发后未改动：本机按同一模板重新排版，逐字节一致，共{pages}页",
        "Unchanged since sign-off: set again here with the same template, every byte is the same, pages: {pages}",
    ),
    PageCheck.WORDS: (
        "页面文字与签发的内容一致，共{pages}页；未能按认可的模板逐字节比对，图形和版式未经核对",
        "The words of all pages ({pages}) are those signed off; they could not be set again with templates that count, so "
        "bytes, drawings and layout were not compared",
    ),
    PageCheck.NONE: (
        "签发记录和印章有效，但本机排不出签发的内容，{pages}页上印的是什么未经核对；请用最新版锦书再次验证",
        "Sign-off and seal are valid, but what was signed off cannot be set here, and what the {pages} pages say was not "
        "compared; verify it with the newest version",
    ),
}
# By whose list: the one this release ships, the one the CA signed.
_UNLISTED: Final = {
    False: (
        "注意：所记的模板、字体或排版程序不是本程序所知的已发布版本；请用最新版锦书再次验证，仍如此的，向发文机关核实",
        "Note: the template, fonts or engine it names are of no released version known here; verify it with the "
        "newest version, and ask the issuing body if this stays so",
    ),
    True: (
        "注意：所记的模板、字体或排版程序不在本市签署的认可清单之内，请向发文机关核实",
        "Note: the template, fonts or engine it names are not in the list that the city has signed; ask the issuing body",
    ),
}


def proved(verdict: Verdict, language: Language) -> list[str]:
    """The sentences for a genuine document."""
    return _english(verdict) if language is Language.EN else _chinese(verdict)


def refused(error: JinshuError, language: Language) -> list[str]:
    """What is wrong, which part of it, and what to do."""
    zh = language is Language.ZH
    texts = _errors()[error.code.value]["zh_CN" if zh else "en"]
    part = PARTS.get(str(error.params.get("reason", "")))
    detail = [(f"具体情况：{part[0]}。" if zh else f"In particular: {part[1]}.")] if part else []
    if "step" in error.params:
        step = error.params["step"]
        detail.insert(0, f"出在第{step}个步骤。" if zh else f"It is step {step}.")
    return [("验证未通过：" if zh else "Refused: ") + texts["what"], *detail, texts["do"]]


def unknown_origin(root_sha256: bytes | None, language: Language) -> list[str]:
    """No root is pinned here; with the hash of one, the file fits that root, which came along with it and anybody can make."""
    zh = language is Language.ZH
    head = "来源未知：本机没有安装本市的根证书，也没有用 --root 指明"
    if not zh:
        head = "Origin unknown: no root certificate of the city is installed here, and none was named with --root"
    if root_sha256 is None:
        return [head, "未作任何核验" if zh else "Nothing was verified", _pin(zh)]
    same = (
        "文件与随附的根证书相符，但根证书可以由任何人自备，不能证明文件出自何处，请勿据此采用"
        if zh
        else "The file fits the root certificate that lies with it, but anybody can make one: it proves nothing about "
        "where the file comes from. Do not rely on it"
    )
    printed = fingerprint(root_sha256)
    named = f"随附根证书的指纹：{printed}" if zh else f"Fingerprint of the root that lies with it: {printed}"
    return [head, same, named, _pin(zh)]


def _pin(zh: bool) -> str:
    if zh:
        return "请向本市管理员索取根证书，核对指纹后用 --root 指明"
    return (
        "Get the root certificate from the city's operator, compare its fingerprint and name it with --root"
    )


@cache
def _errors() -> dict[str, Any]:
    sentences: dict[str, Any] = json.loads(_ERRORS.read_text(encoding="utf-8"))
    return sentences


def _chinese(verdict: Verdict) -> list[str]:
    lines = [
        f"{_HEADS[verdict.page_check][0]}：《{_title(verdict)}》（{line(verdict.number)}）",
        f"印章有效：{line(verdict.seal_name)}，用印人{line(verdict.sealed_by)}，用印时间 {moment(verdict.sealed_at_ms)}",
        f"签发：{line(verdict.issuer)} {line(verdict.signer_post)} {line(verdict.signer)}"
        + ("（受委托）" if verdict.delegated else "")
        + f"，成文日期 {_day(verdict.signed_on)}",
        *([f"版头所印名称：{line(verdict.elements.issuer_name)}"] if _other_head(verdict) else []),
        f"主送：{'，'.join(map(line, verdict.recipients)) or '无'}",
        *([f"抄送：{'，'.join(map(line, verdict.copies))}"] if verdict.copies else []),
        _PAGES[verdict.page_check][0].format(pages=verdict.pages),
        f"吊销状态截至 {moment(verdict.revocations_at_ms)}：印章和经办人的证书均未被吊销",
    ]
    if not verdict.setting_listed:
        lines.append(_UNLISTED[verdict.list_signed][0])
    if verdict.revocations_overdue:
        lines.append("注意：用印时吊销列表已过更新期限，请向发文机关核实")
    return [*lines, f"根证书指纹：{fingerprint(verdict.root_sha256)}"]


def _english(verdict: Verdict) -> list[str]:
    lines = [
        f"{_HEADS[verdict.page_check][1]}: “{_title(verdict)}” ({line(verdict.number)})",
        f"Seal valid: {line(verdict.seal_name)}, sealed by {line(verdict.sealed_by)} at {moment(verdict.sealed_at_ms)}",
        f"Signed off: {line(verdict.issuer)}, {line(verdict.signer_post)}, {line(verdict.signer)}"
        + (" (by delegation)" if verdict.delegated else "")
        + f", dated {verdict.signed_on.isoformat()}",
        *(
            [f"Name printed at the head: {line(verdict.elements.issuer_name)}"]
            if _other_head(verdict)
            else []
        ),
        f"To: {', '.join(map(line, verdict.recipients)) or 'none'}",
        *([f"Copies: {', '.join(map(line, verdict.copies))}"] if verdict.copies else []),
        _PAGES[verdict.page_check][1].format(pages=verdict.pages),
        f"Revocations as of {moment(verdict.revocations_at_ms)}: no certificate in use was revoked",
    ]
    if not verdict.setting_listed:
        lines.append(_UNLISTED[verdict.list_signed][1])
    if verdict.revocations_overdue:
        lines.append("Note: the revocation list was overdue when the file was sealed; ask the issuing body")
    return [*lines, f"Fingerprint of the root: {fingerprint(verdict.root_sha256)}"]


def line(text: str) -> str:
    """A name of somebody else's as it may stand in a line of ours: it begins no line of its own and turns none around."""
    return shown(text, Field.NAME)


def _title(verdict: Verdict) -> str:
    return shown(verdict.title, Field.TITLE)


def _other_head(verdict: Verdict) -> bool:
    return verdict.elements.issuer_name != verdict.issuer


def moment(at_ms: int) -> str:
    """A time as it is read in China."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, _SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _day(day: datetime.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def fingerprint(digest: bytes) -> str:
    """A hash in groups, to be compared by eye."""
    text = digest.hex().upper()
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))
