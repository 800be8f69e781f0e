"""`jinshu-ca page-settings`: what pages may be set with to count on this site (C9)."""

from __future__ import annotations

import argparse

from protocol.directory.page_settings import RELEASED, is_setting
from protocol.features import PAGE_CHECKS
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.state import CaState
from server_stub.ca.workplace import Workplace

_SHIPPED = frozenset(map(str, RELEASED))


def page_settings(args: argparse.Namespace, work: Workplace) -> None:
    """Show the site's list, or change it; it counts from the next `publish` on."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        if args.add or args.drop:
            _change(state, args.add, args.drop)
            folder.save(state)
            work.journal(folder).append("page-settings", add=args.add, drop=args.drop)
        _show(state, work)


def _change(state: CaState, add: list[str], drop: list[str]) -> None:
    for line in (*add, *drop):
        if not is_setting(line):
            raise CaError(f"不是排版版本：{line}", f"this is no page setting: {line}")
    for line in drop:
        if line not in state.page_settings():
            raise CaError(f"清单中没有：{line}", f"this is not in the list: {line}")
    added, dropped = set(state.page_settings_added), set(state.page_settings_dropped)
    state.page_settings_added = sorted((added | (set(add) - _SHIPPED)) - set(drop))
    state.page_settings_dropped = sorted((dropped | (set(drop) & _SHIPPED)) - set(add))


def _show(state: CaState, work: Workplace) -> None:
    speaker, listed = work.speaker, sorted(state.page_settings())
    speaker.say("认可的排版版本：", "Page settings that count:")
    for line in listed:
        speaker.plain(f"    {line}")
    if not listed:
        speaker.say("    无：任何公文都不能用印。", "    none: no document can be sealed.")
    if PAGE_CHECKS.name in state.features:
        speaker.say("改动在下一次 publish 后生效。", "What is changed counts from the next publish on.")
    else:
        speaker.say(
            f"本市尚未开启 {PAGE_CHECKS.name}：清单不签署，各客户端以自带的清单为准。",
            f"The site has not switched {PAGE_CHECKS.name} on: the list is not signed, clients go by their own.",
        )
    speaker.fact("page-settings", {"listed": listed, "signed": PAGE_CHECKS.name in state.features})
