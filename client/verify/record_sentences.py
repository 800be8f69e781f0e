"""What the verifier says of a record: each step that holds, by which rules, and what a record cannot show."""

from __future__ import annotations

from client.verify.dispatch_terms import PHASES, STEPS
from client.verify.record_verdict import JudgedStep, RecordVerdict
from client.verify.sentences import Language, fingerprint, line, moment


def proved_record(verdict: RecordVerdict, language: Language) -> list[str]:
    """The sentences for a genuine record."""
    return _english(verdict) if language is Language.EN else _chinese(verdict)


def _chinese(verdict: RecordVerdict) -> list[str]:
    called = f"“{line(verdict.called)}”" if verdict.called else "公文"
    steps = len(verdict.steps)
    listed = "" if verdict.listed_in is None else f"，列入第{verdict.listed_in}号组织机构快照"
    lines = [
        f"验证通过：{called}的办理证明，共{steps}个步骤，逐个成立",
        f"案号：{verdict.case}",
        f"办理程序：{verdict.procedure}{listed}，哈希 {verdict.procedure_hash.hex()}",
        *(f"{number}. {_step_zh(each, verdict)}" for number, each in enumerate(verdict.steps, start=1)),
    ]
    if verdict.whole:
        lines.append(f"最后状态：{_phase(verdict, 0)}")
    else:
        lines.append("注意：出具证明的单位只经手其中一部分，其余步骤不在文件之内")
    lines += [
        "每个步骤的签名、当时的岗位职责、先后次序和服务器回执均有效",
        "标题、意见和附件不在证明之内；本文件证明所列步骤确已依次办理，不证明此外没有别的步骤",
        f"目录日志截至 {moment(verdict.head_at_ms)}，组织机构快照为第{verdict.org_seq}号"
        f"（{moment(verdict.organisation_at_ms)} 签署）",
        f"吊销状态截至 {moment(verdict.revocations_at_ms)}：各步骤所用证书在收到时均未被吊销",
    ]
    if verdict.overdue:
        lines.append("注意：导出时组织机构快照或吊销列表已过更新期限，请向出具证明的机关核实")
    return [*lines, f"根证书指纹：{fingerprint(verdict.root_sha256)}"]


def _english(verdict: RecordVerdict) -> list[str]:
    called = f"“{line(verdict.called)}”" if verdict.called else "an official document"
    listed = (
        "" if verdict.listed_in is None else f", listed in snapshot {verdict.listed_in} of the organisation"
    )
    lines = [
        f"Verified: the record of {called}; steps that hold, one by one: {len(verdict.steps)}",
        f"Case: {verdict.case}",
        f"Procedure: {verdict.procedure}{listed}, hash {verdict.procedure_hash.hex()}",
        *(f"{number}. {_step_en(each, verdict)}" for number, each in enumerate(verdict.steps, start=1)),
    ]
    if verdict.whole:
        lines.append(f"Where it stands after them: {_phase(verdict, 1)}")
    else:
        lines.append(
            "Note: whoever exported it has seen a part of the case; other steps are not in this file"
        )
    lines += [
        "Of every step the signature, the duty of the post at the time, the order and the server's receipt are valid",
        "Title, opinions and attachments are not in the record; it proves that these steps were taken in this order, not that "
        "there were no others",
        f"Directory log as of {moment(verdict.head_at_ms)}, snapshot {verdict.org_seq} of the organisation "
        f"(signed {moment(verdict.organisation_at_ms)})",
        f"Revocations as of {moment(verdict.revocations_at_ms)}: no certificate in use was revoked when a step was received",
    ]
    if verdict.overdue:
        lines.append(
            "Note: the snapshot of the organisation or the revocation list was overdue at the export; ask the body that gave it"
        )
    return [*lines, f"Fingerprint of the root: {fingerprint(verdict.root_sha256)}"]


def _step_zh(step: JudgedStep, verdict: RecordVerdict) -> str:
    marks = [
        *(["受委托"] if step.delegated else []),
        *(["离线签署"] if step.offline else []),
        *(["所用证书此后已被吊销"] if step.revoked_since else []),
    ]
    said = f"（{'，'.join(marks)}）" if marks else ""
    return (
        f"{_word(step.step, verdict, 0)}：{line(step.body)} {line(step.post)} {line(step.person)}{said}，"
        f"签于 {moment(step.signed_at_ms)}，服务器收到 {moment(step.received_at_ms)}"
    )


def _step_en(step: JudgedStep, verdict: RecordVerdict) -> str:
    marks = [
        *(["by delegation"] if step.delegated else []),
        *(["signed offline"] if step.offline else []),
        *(["its certificate has been revoked since"] if step.revoked_since else []),
    ]
    said = f" ({', '.join(marks)})" if marks else ""
    return (
        f"{_word(step.step, verdict, 1)}: {line(step.body)}, {line(step.post)}, {line(step.person)}{said}, "
        f"signed {moment(step.signed_at_ms)}, received {moment(step.received_at_ms)}"
    )


def _word(step: str, verdict: RecordVerdict, language: int) -> str:
    """A step as the site calls it, or as 发文 does; else as it stands in the bytes."""
    shipped = STEPS.get(step)
    return line(verdict.words.get(step, step)) if shipped is None else shipped[language]


def _phase(verdict: RecordVerdict, language: int) -> str:
    shipped = PHASES.get(verdict.phase) if not verdict.called else None
    return line(verdict.words.get(verdict.phase, verdict.phase)) if shipped is None else shipped[language]
