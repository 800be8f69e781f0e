"""`jinshu-ca log-policy`: how long the site may go without a word of the CA, and whose co-signatures its clients demand (C45)."""

from __future__ import annotations

import argparse

from protocol.directory.cosignatures import Witness
from protocol.directory.organisation import LOG_POLICY_ID, MAX_WITNESSES, LogPolicy, parse_entry
from protocol.errors import JinshuError
from protocol.features import LOG_AGE
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.state import CaState, LogPolicyRecord
from server_stub.ca.workplace import Workplace


def log_policy(args: argparse.Namespace, work: Workplace) -> None:
    """Show, or change; what is changed counts from the next `publish` on."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        changed = _changed(args, state.log_policy)
        if changed != state.log_policy:
            _check(changed)
            state.log_policy = changed
            folder.save(state)
            work.journal(folder).append(
                "log-policy",
                grace_days=changed.grace_days,
                needed=changed.needed,
                witnesses=" ".join(changed.witnesses),
            )
        _show(state, work)


def _changed(args: argparse.Namespace, known: LogPolicyRecord) -> LogPolicyRecord:
    names = {Witness.parse(each).name: each for each in known.witnesses}
    for name in args.drop:
        if names.pop(name, None) is None:
            raise CaError(f"没有这个见证：{name}", f"there is no such witness: {name}")
    for verifier in args.witness:
        names[_name(verifier)] = verifier
    numbers = {"grace_days": args.grace_days, "needed": args.needed, "witness_hours": args.witness_hours}
    said = {name: number for name, number in numbers.items() if number is not None}
    return known.model_copy(update={"witnesses": tuple(sorted(names.values())), **said})


def _name(verifier: str) -> str:
    try:
        return Witness.parse(verifier).name
    except JinshuError:
        raise CaError(
            "这不是见证的公钥行，请用 jinshu-witness key 的输出",
            "this is no verifier key; take what `jinshu-witness key` shows",
        ) from None


def _check(policy: LogPolicyRecord) -> None:
    """What clients would refuse is refused here."""
    if policy.needed > len(policy.witnesses):
        raise CaError(
            f"要求 {policy.needed} 个见证签名，但只列入了 {len(policy.witnesses)} 个",
            f"{policy.needed} witnesses are demanded, {len(policy.witnesses)} are listed",
        )
    entry = LogPolicy(LOG_POLICY_ID, policy.grace_days, policy.witnesses, policy.needed, policy.witness_hours)
    try:
        parse_entry(entry.to_bytes())
    except JinshuError:
        raise CaError(
            f"宽限 1–365 天，见证至多 {MAX_WITNESSES} 个，间隔 1–8760 小时",
            f"1–365 days of grace, at most {MAX_WITNESSES} witnesses, 1–8760 hours between",
        ) from None


def _show(state: CaState, work: Workplace) -> None:
    policy, speaker = state.log_policy, work.speaker
    speaker.say(
        f"逾期宽限 {policy.grace_days} 天；至少 {policy.needed} 个见证在 {policy.witness_hours} 小时内签名。",
        f"{policy.grace_days} days of grace; {policy.needed} witnesses must co-sign within {policy.witness_hours} hours.",
    )
    for verifier in policy.witnesses:
        speaker.plain(f"    {verifier}")
    if LOG_AGE.name not in state.features:
        speaker.say(
            f"还没有开启 {LOG_AGE.name}：以上规定不发布。请先运行 features --on {LOG_AGE.name} --lowest {LOG_AGE.protocol}。",
            f"{LOG_AGE.name} is off, and nothing of this is published: features --on {LOG_AGE.name} "
            f"--lowest {LOG_AGE.protocol} switches it on.",
        )
    elif state.lowest_client < LOG_AGE.protocol:
        speaker.say(
            f"名册和吊销名单要写明目录日志，还须 features --lowest {LOG_AGE.protocol}。",
            f"For snapshots and lists to name the log, features --lowest {LOG_AGE.protocol} is needed too.",
        )
    speaker.say("改动在下一次 publish 后生效。", "What was changed counts from the next publish on.")
    speaker.fact(
        "log-policy",
        {
            "grace_days": policy.grace_days,
            "needed": policy.needed,
            "witness_hours": policy.witness_hours,
            "witnesses": list(policy.witnesses),
        },
    )
