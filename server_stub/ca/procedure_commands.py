"""`jinshu-ca procedures`: under which procedures cases may begin on this site (C42)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from protocol.cases.definitions import invalid, procedure_of, read_definition
from protocol.cases.procedure import Procedure
from protocol.cases.shapes import can_be_filled
from protocol.cases.words import MAX_WORD, check_words
from protocol.crypto import cbor
from protocol.documents.dispatch import SHIPPED, VERSIONS
from protocol.errors import JinshuError
from protocol.features import DISPATCH_2
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.state import CaState, ProcedureRecord
from server_stub.ca.workplace import Workplace

# What pages write into the hidden fields of a site's own steps.
_WRITTEN: Final = frozenset({"reason", "opinion"})


def procedures(args: argparse.Namespace, work: Workplace) -> None:
    """Show them, or change those the site defines itself; it counts from the next `publish` on."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        if args.add or args.drop:
            _change(state, args.add, args.drop)
            folder.save(state)
            added = [str(path) for path in args.add]
            work.journal(folder).append("procedures", add=added, drop=args.drop)
        _show(state, work)


def _change(state: CaState, add: list[Path], drop: list[str]) -> None:
    known = {read_definition(item.definition).name: item for item in state.procedures}
    for name in drop:
        if known.pop(name, None) is None:
            raise CaError(f"没有这个办理程序：{name}", f"there is no such procedure: {name}")
    for path in add:
        procedure, record = _read(path)
        _check_usable(path, procedure, state)
        if procedure.name in known:
            # Cases that began under a version are judged by it for ever: what it says must not change.
            raise CaError(
                f"已有办理程序 {procedure.name}：改动须用新的版本号",
                f"there is a procedure {procedure.name} already: a change takes a new version",
            )
        known[procedure.name] = record
    state.procedures = [known[name] for name in sorted(known)]


def _read(path: Path) -> tuple[Procedure, ProcedureRecord]:
    """A file `{"procedure": …, "words": {NAME: TEXT}}` in JSON."""
    try:
        value: Any = json.loads(path.read_text("utf-8"))
        procedure = procedure_of(value["procedure"])
        words = [f"{name} {text}" for name, text in value.get("words", {}).items()]
        if not SHIPPED.admits(procedure):
            raise invalid("id / steps")
        check_words(procedure, words)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaError(
            f"读不了办理程序：{path}（{error}）", f"cannot read a procedure: {path} ({error})"
        ) from error
    except JinshuError as error:
        place = error.params.get("place", "")
        raise CaError(
            f"办理程序有误：{path}，在 {place}（名称至多 {MAX_WORD} 字）",
            f"the procedure is wrong: {path}, at {place} (a name has at most {MAX_WORD} characters)",
        ) from error
    return procedure, ProcedureRecord(definition=cbor.encode(procedure.value()), words=sorted(words))


def _check_usable(path: Path, procedure: Procedure, state: CaState) -> None:
    """Refuse what would be signed and could then be done by nobody: a form that no page can fill in, a first step without a post.

    Raises:
        CaError: with the step, and the field.
    """
    for row in procedure.rows:
        hidden = sorted(set(row.must) - _WRITTEN)
        shown = [name for name, shape in row.head.items() if name != "to" and not can_be_filled(shape)]
        for field in (*shown, *hidden):
            raise CaError(
                f"办理程序有误：{path}，步骤 {row.step} 的 {field} 没有人能填写："
                "栏目只能是文字、整数、选项、人员、岗位或机关，必写的只能是理由和意见",
                f"the procedure is wrong: {path}, nobody can fill in {field} of step {row.step}: a field is text, integer, a choice, "
                "person, post or body, and what must be written a reason or an opinion",
            )
    issuers = {body.id for body in state.bodies if body.number_code}
    first = [row for row in procedure.rows if row.begins_case]
    if not any(
        set(row.duties) & set(post.duties) and (not row.issuer or post.body in issuers)
        for row in first
        for post in state.posts
    ):
        steps = "、".join(row.step for row in first)
        raise CaError(
            f"办理程序有误：{path}，没有岗位可以办第一步 {steps}：请先给岗位设置所需职责，或改用已有的职责",
            f"the procedure is wrong: {path}, no post can take its first step {steps}: give a post the duty, or ask for one "
            "that there is",
        )


def _show(state: CaState, work: Workplace) -> None:
    speaker = work.speaker
    named = [*VERSIONS[1:], *(read_definition(item.definition) for item in state.procedures)]
    speaker.say("新的办理可用的程序：", "Procedures under which cases may begin:")
    for procedure in named:
        speaker.plain(f"    {procedure.name}  {procedure.hash.hex()}")
    if DISPATCH_2.name in state.features:
        speaker.say("改动在下一次 publish 后生效。", "What is changed counts from the next publish on.")
    else:
        speaker.say(
            f"本市尚未开启 {DISPATCH_2.name}：自定义的程序不签署。",
            f"The site has not switched {DISPATCH_2.name} on: procedures of its own are not signed.",
        )
    speaker.fact("procedures", {"names": [procedure.name for procedure in named]})
