"""The command line of `jinshu-ca`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from protocol.directory.organisation import Duty
from protocol.updates import Platform


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jinshu-ca",
        description="锦书证书机构：根证书、签发证书、登记、组织快照、吊销 (the CA of a Jinshu site)",
    )
    parser.add_argument(
        "--lang", choices=("zh", "en"), default="zh", help="输出语言 (language of the output)"
    )
    parser.add_argument("--json", action="store_true", help="每行一个 JSON 对象 (one JSON object a line)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _founding(commands)
    _people(commands)
    _devices(commands)
    _seals(commands)
    _records(commands)
    _updates(commands)
    return parser


# argparse has no public name for what add_subparsers() returns.
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


def _add(
    commands: _Commands, name: str, text: str, *, online: bool = False, first: str | None = None
) -> argparse.ArgumentParser:
    # Flags are accepted after the command too; SUPPRESS keeps the value given before it.
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    if first is not None:
        parser.add_argument(first, type=Path, metavar=f"{first.upper()}_DIR")
    parser.add_argument("ca", type=Path, metavar="CA_DIR")
    if online:
        parser.add_argument("--server", metavar="URL", help="服务器地址；用过一次即记住 (remembered)")
    return parser


def _founding(commands: _Commands) -> None:
    init = _add(commands, "init", "建立根证书（送保险柜）和签发证书，导入组织 (found a CA)")
    init.add_argument("--root-dir", type=Path, required=True, metavar="ROOT_DIR")
    init.add_argument("--organisation", type=Path, required=True, metavar="FILE.toml")
    init.add_argument("--city", metavar="NAME", help="替换文件里的市名 (replaces the file's city)")
    organisation = _add(
        commands, "organisation", "重新导入组织文件：新的增加，已有的更新 (merge a changed file)"
    )
    organisation.add_argument("file", type=Path, metavar="FILE.toml")
    organisation.add_argument("--city", metavar="NAME")
    organisation.add_argument("--out-shares", type=Path, metavar="DIR", help="新机关档案密钥分存的去处")
    server = _add(commands, "sign-server", "为服务器的 TLS 密钥和日志密钥签发证书 (certify a server's keys)")
    server.add_argument("server_dir", type=Path, metavar="SERVER_DIR")
    server.add_argument("--name", required=True, nargs="+", metavar="HOST")
    _add(commands, "operator", "签发操作员证书，联机时向服务器表明身份 (the operator's certificate)")
    publish = _add(
        commands, "publish", "发布组织快照和吊销列表 (publish snapshot and revocation list)", online=True
    )
    publish.add_argument("--out", type=Path, metavar="DIR", help="写成文件，由人带到服务器 (air gap)")
    publish.add_argument("--again", action="store_true", help="重新送交已送交过的 (deliver again)")
    publish.add_argument(
        "--forget-log",
        action="store_true",
        help="忘掉上次所见的目录日志：仅在查明服务器是从备份恢复之后 (only once a restored server is the known cause)",
    )
    change = _add(
        commands,
        "ca-change",
        "换签发证书：由根证书签署 (root-signed change of the issuing CA)",
        online=True,
        first="root",
    )
    change.add_argument(
        "--last-trusted",
        type=int,
        required=True,
        metavar="SIZE",
        help="旧签发证书所签、仍可信的目录日志长度 (last trusted log size)",
    )
    change.add_argument("--out", type=Path, metavar="DIR")
    switched = _add(
        commands,
        "features",
        "查看、开启功能，规定最低版本 (what is switched on, and the lowest version)",
        online=True,
    )
    switched.add_argument("--on", action="append", default=[], metavar="NAME", help="开启 (switch on)")
    switched.add_argument("--off", action="append", default=[], metavar="NAME", help="关闭 (switch off)")
    switched.add_argument(
        "--lowest", type=int, metavar="N", help="能登录的最低协议版本 (the lowest protocol version let in)"
    )
    switched.add_argument(
        "--yes", action="store_true", help="旧设备不能登录也照办 (even if devices are shut out)"
    )
    policy = _add(
        commands,
        "log-policy",
        "查看、规定目录日志的宽限期和见证 (the grace and the witnesses of the directory log)",
    )
    policy.add_argument("--grace-days", type=int, metavar="N", help="逾期宽限天数，1–365 (days of grace)")
    policy.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="KEY",
        help="列入一个见证：jinshu-witness key 的一行 (list one)",
    )
    policy.add_argument("--drop", action="append", default=[], metavar="NAME", help="去掉一个见证 (drop one)")
    policy.add_argument(
        "--needed", type=int, metavar="N", help="至少几个见证签名，0 为不要求 (how many must co-sign)"
    )
    policy.add_argument(
        "--witness-hours", type=int, metavar="N", help="见证签名最长间隔小时数 (hours between co-signatures)"
    )
    setting = _add(
        commands,
        "page-settings",
        "查看、增减认可的排版版本：模板、字体、排版程序 (what pages may be set with to count)",
    )
    setting.add_argument(
        "--add",
        action="append",
        default=[],
        metavar="SETTING",
        help="认可；由 jinshu-verify --setting 给出，整行加引号 (the line jinshu-verify --setting prints)",
    )
    setting.add_argument(
        "--drop", action="append", default=[], metavar="SETTING", help="不再认可 (count no longer)"
    )
    procedure = _add(
        commands,
        "procedures",
        "查看、增减本市自定的办理程序 (procedures under which cases may begin)",
    )
    procedure.add_argument(
        "--add", action="append", default=[], type=Path, metavar="FILE", help="加入一个，JSON 文件 (add one)"
    )
    procedure.add_argument(
        "--drop", action="append", default=[], metavar="NAME", help="不再用于新的办理 (no new cases under it)"
    )
    _add(commands, "journal", "核对并列出签发记录 (check and show the journal)")


def _people(commands: _Commands) -> None:
    person = commands.add_parser("person", help="人员 (people)")
    actions = person.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = _add(actions, "add", "登记一个人并任命到岗位 (add a person and appoint)")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--post", action="append", default=[], metavar="POST_CODE", nargs="+")
    appoint = _add(commands, "appoint", "任命 (appoint to a post)")
    appoint.add_argument("person", metavar="PERSON")
    appoint.add_argument("post", metavar="POST_CODE")
    dismiss = _add(commands, "dismiss", "免去岗位；不写岗位即全部免去 (end an appointment, or all)")
    dismiss.add_argument("person", metavar="PERSON")
    dismiss.add_argument("post", metavar="POST_CODE", nargs="?")
    delegate = _add(commands, "delegate", "委托：某岗位的职责暂由某人代行 (delegate duties of a post)")
    delegate.add_argument("post", metavar="POST_CODE")
    delegate.add_argument("person", metavar="PERSON")
    delegate.add_argument("--duty", action="append", required=True, type=Duty, choices=tuple(Duty))
    delegate.add_argument("--days", type=int, default=30)
    listing = _add(commands, "list", "列出机关、岗位、人员、设备 (list everything)")
    listing.add_argument("--body", metavar="BODY_CODE")


def _devices(commands: _Commands) -> None:
    enrol = _add(commands, "enrol", "为一个人开具一次性登记码 (a single-use enrolment code)", online=True)
    enrol.add_argument("person", metavar="PERSON")
    enrol.add_argument("--out", type=Path, metavar="FILE", help="把查询号的哈希写成文件 (air gap)")
    enrol.add_argument(
        "--slip",
        type=Path,
        metavar="DIR",
        help="写出邀请文件（.jinshu）和可打印的登记单（PDF）(write the invitation and a slip to print)",
    )
    enrol.add_argument("--no-qr", action="store_true", help="不打印二维码 (no QR)")
    sign = _add(commands, "sign", "核对并签发等候中的设备和印章申请 (check and sign what waits)", online=True)
    sign.add_argument("--all", action="store_true", help="不逐一询问 (do not ask one by one)")
    sign.add_argument(
        "--watch", action="store_true", help="一直守候，直到 SIGTERM；等于带 --all (until SIGTERM)"
    )
    sign.add_argument("--interval", type=float, default=0.5, metavar="SECONDS")
    revoke = _add(
        commands,
        "revoke",
        "吊销一台设备，或一个人的全部设备 (revoke a device, or all of a person's)",
        online=True,
    )
    revoke.add_argument("target", metavar="DEVICE|PERSON")
    revoke.add_argument("--reason", required=True)
    revoke.add_argument("--out", type=Path, metavar="DIR", help="写成文件 (air gap)")


def _seals(commands: _Commands) -> None:
    seal = commands.add_parser("seal", help="印章 (seals)")
    actions = seal.add_subparsers(dest="action", required=True, metavar="ACTION")
    issue = _add(
        actions, "issue", "为某机关的印章保管人签发印章证书 (sign a keeper's seal request)", online=True
    )
    issue.add_argument("body", metavar="BODY_CODE")
    issue.add_argument("person", metavar="PERSON")
    pending = _add(actions, "sign", "签发所有等候中的印章申请 (sign every waiting seal request)", online=True)
    pending.add_argument("--all", action="store_true", help="不逐一询问 (do not ask one by one)")


def _records(commands: _Commands) -> None:
    records = commands.add_parser("records", help="档案密钥的两份分存 (the halves of a records office's key)")
    actions = records.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = _add(actions, "check", "核对两份分存是否仍能合成档案密钥 (try whether both halves give the key)")
    renew = _add(actions, "renew", "更换保管人：另作两份分存，旧的作废 (two new halves of the same key)")
    for parser in (check, renew):
        parser.add_argument("share", type=Path, nargs=2, metavar="SHARE.json")
    renew.add_argument("--out", type=Path, required=True, metavar="DIR", help="新分存的去处")


def _updates(commands: _Commands) -> None:
    updates = commands.add_parser("updates", help="新版本：签署、发布 (versions people may install)")
    actions = updates.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = _add(
        actions, "init", "建立更新：根密钥送保险柜 (found the updates; their root key goes to the safe)"
    )
    add = _add(actions, "add", "加入一个安装包 (take a package in)")
    add.add_argument("file", type=Path, metavar="FILE")
    add.add_argument("--version", required=True, metavar="X.Y.Z")
    add.add_argument("--platform", required=True, choices=[each.value for each in Platform])
    add.add_argument(
        "--notes-zh", required=True, metavar="TEXT|@FILE", help="更新说明，中文 (what is new, in Chinese)"
    )
    add.add_argument(
        "--notes-en", required=True, metavar="TEXT|@FILE", help="更新说明，英文 (what is new, in English)"
    )
    drop = _add(actions, "drop", "不再列出一个安装包 (list a package no longer)")
    drop.add_argument("name", metavar="FILE_NAME")
    publish = _add(actions, "publish", "签署更新清单，有效 30 天 (sign the list, for 30 days)")
    renew = _add(actions, "renew", "清单不变，再续 30 天 (the same list for 30 days more)")
    rotate = _add(actions, "rotate", "更换一个角色的密钥 (another key for a role)")
    rotate.add_argument("role", choices=("root", "targets", "snapshot", "timestamp"))
    for parser in (init, rotate):
        parser.add_argument("--root-dir", type=Path, required=True, metavar="ROOT_DIR")
    for parser in (publish, renew, rotate):
        parser.add_argument(
            "--out",
            type=Path,
            metavar="DIR",
            help="把全部文件按次序抄到这里：服务器的 updates 目录，或介质 (copy all of it there)",
        )
    _add(actions, "list", "列出安装包和有效期 (what is listed, and until when)")
