"""The command line of `jinshu`, read once and the same way by whoever needs a part of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from client.ui.base.catalogue import LanguageName
from client.ui.base.theme import ThemeChoice


@dataclass(frozen=True, slots=True)
class Arguments:
    """What stands there.

    `opened`: an invitation, as a link or the path of a file. `hidden`: start without a window. `verify`: judge this file,
    and nothing else.
    """

    opened: str | None
    profile: Path | None
    language: LanguageName | None
    theme: ThemeChoice | None
    hidden: bool
    verify: Path | None


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line without the program's name; argparse itself ends with 2 on a wrong one."""
    found = _parser().parse_args(list(argv))
    return Arguments(
        found.open,
        found.profile,
        LanguageName(found.lang) if found.lang else None,
        ThemeChoice(found.theme) if found.theme else None,
        found.hidden,
        found.verify,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jinshu", description="锦书", epilog="自检 self-test: jinshu --self-test --help"
    )
    parser.add_argument(
        "open",
        nargs="?",
        metavar="INVITATION",
        help="邀请文件 (.jinshu) 或邀请链接 (an invitation: file or link)",
    )
    parser.add_argument("--profile", type=Path, help="本机数据目录 (the profile's folder)")
    parser.add_argument("--lang", choices=[name.value for name in LanguageName])
    parser.add_argument("--theme", choices=[choice.value for choice in ThemeChoice])
    parser.add_argument(
        "--hidden", action="store_true", help="启动到托盘，不显示窗口 (start in the tray, without a window)"
    )
    parser.add_argument(
        "--verify",
        type=Path,
        metavar="FILE",
        help="验证公文或办理证明，无需登录 (verify a document or a record; nobody signs in)",
    )
    return parser
