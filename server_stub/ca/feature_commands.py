"""`jinshu-ca features`: what the site has switched on, what that means, and whose devices are too old for it (C41)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.features import (
    CONTENTS_2,
    DISPATCH_2,
    FEATURES,
    LEFT_OUT,
    LOG_AGE,
    MESSAGES_2,
    PAGE_CHECKS,
    UPDATES,
)
from protocol.release import LOWEST_PROTOCOL, PROTOCOL_VERSION
from server_stub.ca.api import DeviceVersion
from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.state import CaState
from server_stub.ca.workplace import Workplace

# What a site gets by a feature, for the operator: Chinese and English. A test demands one for each.
MEANINGS: Final[Mapping[str, tuple[str, str]]] = {
    LOG_AGE.name: (
        "名册和吊销名单写明目录日志；逾期超过宽限期即停止用印、分发和添加设备（还须 --lowest 3）",
        "snapshots and lists name the log; overdue beyond the grace, sealing, dispatch and new devices stop (needs --lowest 3)",
    ),
    PAGE_CHECKS.name: (
        "认可的排版版本由本机构签署；签收记录写明页面是怎样核对的",
        "the CA signs which page settings count; receipts say how the pages were checked",
    ),
    MESSAGES_2.name: (
        "消息签名涵盖全部内容，并补齐长度，服务器更难由长短推测内容",
        "messages are signed with all they say, and padded: their length tells the server little",
    ),
    CONTENTS_2.name: (
        "公文内容、附件和文件补齐长度，服务器更难由大小推测内容",
        "contents of documents, attachments and files are padded: their size tells the server little",
    ),
    LEFT_OUT.name: (
        "设备密钥不能使用而收不到消息时，通知设备的主人",
        "the owner of a device that is left out, because its keys cannot be used, is told",
    ),
    DISPATCH_2.name: (
        "新公文可以取回、催办，收文号由台账统一给出；本市可自定办理程序",
        "new documents can be taken back and urged, and receipts are numbered by a ledger; the site may define procedures",
    ),
    UPDATES.name: (
        "名册写明本市更新的签名根（jinshu-ca updates），客户端据此接受新版本",
        "the snapshot names the root of the city's updates (jinshu-ca updates), by which clients accept new versions",
    ),
}


def features(args: argparse.Namespace, work: Workplace) -> None:
    """Show, or switch; what is switched counts from the next `publish` on."""
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        running = _running(folder, state, args.server, work)
        devices = None if running is None else running.devices
        if args.on or args.off or args.lowest is not None:
            if running is not None:
                check_server_reads(args.on, running.protocol)
            _switch(args, state, devices, work)
            folder.save(state)
            work.journal(folder).append("features", on=" ".join(state.features), lowest=state.lowest_client)
        _show(state, devices, work)


@dataclass(frozen=True, slots=True)
class _Running:
    """The site's server: the protocol version it speaks, and what it knows of the devices."""

    protocol: int
    devices: Sequence[DeviceVersion]


def _running(folder: CaFolder, state: CaState, url: str | None, work: Workplace) -> _Running | None:
    """The site's server; None: there is none yet."""
    if url is None and state.server is None:
        return None
    with work.online(folder, state, url) as api:
        return _Running(api.protocol(), [each for each in api.device_versions() if each.person])


def check_server_reads(wanted: Iterable[str], protocol: int) -> None:
    """Return if a server of that protocol version takes what stands under these features; it comes before all clients.

    Raises:
        CaError: it would refuse what they write.
    """
    for name in wanted:
        if name in FEATURES and FEATURES[name].protocol > protocol:
            raise CaError(
                f"服务器还不支持 {name}，请先更新服务器",
                f"the server does not take {name} yet: update the server first",
            )


def _switch(
    args: argparse.Namespace, state: CaState, devices: Sequence[DeviceVersion] | None, work: Workplace
) -> None:
    for name in (*args.on, *args.off):
        if name not in FEATURES:
            raise CaError(f"没有这个功能：{name}", f"there is no such feature: {name}")
    state.features = sorted((set(state.features) | set(args.on)) - set(args.off))
    if args.lowest is None:
        return
    if not LOWEST_PROTOCOL <= args.lowest <= PROTOCOL_VERSION:
        raise CaError(
            f"最低协议版本应在 {LOWEST_PROTOCOL} 到 {PROTOCOL_VERSION} 之间",
            f"the lowest protocol version is one from {LOWEST_PROTOCOL} to {PROTOCOL_VERSION}",
        )
    older = _older(devices or (), args.lowest)
    if older and not args.yes:
        _list(older, state, work)
        raise CaError(
            f"以上 {len(older)} 台设备将不能登录，须先更新；确实要这样做请加 --yes",
            f"these {len(older)} devices could no longer sign in; update them first, or say --yes",
        )
    state.lowest_client = args.lowest


def _show(state: CaState, devices: Sequence[DeviceVersion] | None, work: Workplace) -> None:
    speaker = work.speaker
    lowest = max(state.lowest_client, LOWEST_PROTOCOL)
    speaker.say(f"最低协议版本：{lowest}", f"Lowest protocol version: {lowest}")
    if not FEATURES:
        speaker.say("本版本没有可以开启的功能。", "This version has no feature to switch on.")
    for name, feature in sorted(FEATURES.items()):
        on = name in state.features
        chinese, english = MEANINGS.get(name, ("", ""))
        speaker.say(
            f"{'已开启' if on else '未开启'}  {name}（协议 {feature.protocol} 起）：{chinese}",
            f"{'on ' if on else 'off'}  {name} (from protocol {feature.protocol}): {english}",
        )
        older = _older(devices or (), feature.protocol)
        if older:
            speaker.say(
                f"  {len(older)} 台设备读不了，只会看到“需要新版锦书”：",
                f"  {len(older)} devices cannot read it and will say that a newer version is needed:",
            )
            _list(older, state, work)
        speaker.fact(
            "feature",
            {"name": name, "on": on, "protocol": feature.protocol, "older": [each.device for each in older]},
        )
    if devices is None:
        speaker.say("还没有服务器，不知道设备版本。", "There is no server yet: no device's version is known.")
    speaker.fact("features", {"on": state.features, "lowest": lowest, "devices": len(devices or ())})
    speaker.say(
        "开启或关闭的功能在下一次 publish 后生效。", "What is switched counts from the next publish on."
    )


def _older(devices: Sequence[DeviceVersion], protocol: int) -> list[DeviceVersion]:
    return [each for each in devices if each.protocol < protocol]


def _list(devices: Sequence[DeviceVersion], state: CaState, work: Workplace) -> None:
    names = {person.id: person.name for person in state.people}
    work.speaker.fact("older", {"devices": [each.device for each in devices]})
    for each in devices:
        release = each.release or "—"
        work.speaker.plain(f"    {names.get(each.person, each.person)}  {each.device}  {release}")
