"""`jinshu-witness`: follows the directory log of a site from a machine of its own, and co-signs what goes on from what it saw (C45).

Run by somebody who is neither the server's operator nor the CA: an auditor, another bureau, another city.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from server_stub.ca.faults import CaError
from server_stub.ca.speaker import Speaker
from server_stub.clock import SystemClock
from server_stub.witness.folder import WitnessFolder, WitnessState, read_root
from server_stub.witness.log_api import LogApi
from server_stub.witness.visit import LogForked, Visitor, checkpoint_text

_FORKED = 2
Command = Callable[[argparse.Namespace, Speaker], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused, 2 the log was rewritten."""
    args = _parser().parse_args(argv)
    speaker = Speaker(sys.stdout, sys.stderr, lang=args.lang, machine=args.json, program="jinshu-witness")
    try:
        COMMANDS[args.command](args, speaker)
    except LogForked as fork:
        speaker.fact("forked", {"code": fork.code})
        speaker.refuse(fork)
        return _FORKED
    except (CaError, OSError) as error:
        speaker.refuse(error if isinstance(error, CaError) else CaError(str(error), str(error)))
        return 1
    return 0


def _init(args: argparse.Namespace, speaker: Speaker) -> None:
    folder = WitnessFolder(args.folder)
    folder.create(args.name, args.server, read_root(args.root))
    _show_key(folder, speaker)


def _show_key(folder: WitnessFolder, speaker: Speaker) -> None:
    verifier = folder.witness().verifier
    speaker.say("请把下面一行交给证书机构：", "Give this line to the CA:")
    speaker.plain(verifier)
    speaker.fact("witness", {"verifier": verifier})


def _key(args: argparse.Namespace, speaker: Speaker) -> None:
    _show_key(WitnessFolder(args.folder), speaker)


def _follow(args: argparse.Namespace, speaker: Speaker) -> None:
    folder = WitnessFolder(args.folder)
    with LogApi(folder.load().server, folder.root()) as server:
        visitor = Visitor(folder, server, SystemClock().now_ms)
        if args.once:
            _say(visitor.visit(), speaker)
        else:
            _watch(visitor, args.interval, speaker)


def _watch(visitor: Visitor, interval: float, speaker: Speaker) -> None:
    """Until SIGTERM; what only passes is said and tried again, a log that was rewritten ends it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            _say(visitor.visit(), speaker)
        except LogForked:
            raise
        except CaError as error:
            speaker.refuse(error)
        stop.wait(interval)


def _say(state: WitnessState, speaker: Speaker) -> None:
    speaker.say(f"已见证 {checkpoint_text(state)}", f"Co-signed {checkpoint_text(state)}")
    speaker.fact("cosigned", {"size": state.size, "root": state.root.hex()})


COMMANDS: Mapping[str, Command] = {"init": _init, "key": _key, "follow": _follow}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jinshu-witness",
        description="锦书见证：跟随目录日志，核对前后相接，为日志头签名见证 (a witness of a site's directory log)",
    )
    parser.add_argument(
        "--lang", choices=("zh", "en"), default="zh", help="输出语言 (language of the output)"
    )
    parser.add_argument("--json", action="store_true", help="每行一个 JSON 对象 (one JSON object a line)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="建立见证密钥 (make the witness's key)")
    init.add_argument("folder", type=Path, metavar="WITNESS_DIR")
    init.add_argument("--name", required=True, help="见证的名称，如 audit.city (its name, without spaces)")
    init.add_argument("--server", required=True, metavar="URL")
    init.add_argument("--root", type=Path, required=True, metavar="root.pem")
    key = commands.add_parser("key", help="显示公钥一行 (show the verifier key)")
    key.add_argument("folder", type=Path, metavar="WITNESS_DIR")
    follow = commands.add_parser("follow", help="跟随并签名见证 (follow and co-sign)")
    follow.add_argument("folder", type=Path, metavar="WITNESS_DIR")
    follow.add_argument("--once", action="store_true", help="只做一次 (once)")
    follow.add_argument("--interval", type=float, default=600.0, metavar="SECONDS")
    return parser


if __name__ == "__main__":
    sys.exit(main())
