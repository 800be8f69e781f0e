"""`jinshu-ca procedures`: under which procedures cases may begin on this site (C42)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from protocol.cases.definitions import invalid, procedure_of, read_definition
from protocol.cases.procedure import Procedure
from protocol.cases.words import MAX_WORD, check_words
from protocol.crypto import cbor
from protocol.documents.dispatch import SHIPPED, VERSIONS
from protocol.errors import JinshuError
from protocol.features import DISPATCH_2
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.state import CaState, ProcedureRecord
from server_stub.ca.workplace import Workplace


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
