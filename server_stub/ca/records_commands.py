"""Commands of the two officers who hold a records office's key in halves: try the halves, replace them."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from protocol.crypto.keys import XWingPrivateKey
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder, make_private_folder
from server_stub.ca.shares import OfficerShare, join_seed, split_seed
from server_stub.ca.state import BodyRecord, CaState
from server_stub.ca.workplace import Workplace


def check(args: argparse.Namespace, work: Workplace) -> None:
    """Try whether the two halves still give the key; nothing is written but that it was tried."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        body, _ = _joined(args.share, state)
        work.journal(folder).append("records_checked", body=body.id)
    work.speaker.say(
        f"{body.name}的两份分存完好，合起来就是已公布的档案密钥。",
        f"Both shares of {body.name} are good: together they give the published key.",
    )
    work.speaker.fact("records-check", {"body": body.id, "name": body.name})


def renew(args: argparse.Namespace, work: Workplace) -> None:
    """Two new halves of the same key, when an officer changes: one old half and one new one give nothing."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        body, seed = _joined(args.share, state)
        assert body.records_key is not None
        targets = [args.out / f"officer-{number}" / f"{body.code}.json" for number in (1, 2)]
        there = [target for target in targets if target.exists()]
        if there:
            # The halves of a pair count only together: half a pair overwritten would be a key lost.
            raise CaError(f"这里已有分存文件：{there[0]}", f"there is a share already: {there[0]}")
        work.journal(folder).append("records_renewed", body=body.id)
        for share, target in zip(
            split_seed(body.id, body.name, seed, body.records_key), targets, strict=True
        ):
            make_private_folder(target.parent)
            share.write(target)
    work.speaker.say(
        f"已为{body.name}另作两份分存：{targets[0]}、{targets[1]}。请分交两位保管人，先用 records check 核对，"
        "再销毁旧的两份。",
        f"Made two new shares for {body.name}: {targets[0]}, {targets[1]}. Hand them to the two officers, try "
        "them with records check, then destroy the old ones.",
    )
    work.speaker.fact(
        "records-renew", {"body": body.id, "name": body.name, "shares": [str(target) for target in targets]}
    )


def _joined(paths: list[Path], state: CaState) -> tuple[BodyRecord, bytes]:
    """The body and its seed, if the halves give the key that the organisation names.

    Raises:
        CaError: a share cannot be read, is of another body or officer, or both give another key.
    """
    first, second = (OfficerShare.read(path) for path in paths)
    seed = join_seed(first, second)
    body = next((body for body in state.bodies if body.id == first.body), None)
    if body is None or body.records_key is None:
        raise CaError(f"没有这个机关：{first.body_name}", f"there is no such body: {first.body_name}")
    public = bytes(XWingPrivateKey(seed).public)
    if public != body.records_key or hashlib.sha256(public).hexdigest() != first.public:
        raise CaError(
            f"两份分存合不成{body.name}的档案密钥，至少有一份已损坏或已作废",
            f"the two shares do not give the key of {body.name}: one of them is damaged or was replaced",
        )
    return body, seed
