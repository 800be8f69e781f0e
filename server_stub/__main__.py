"""`jinshu-server`: make a server's folder, serve it, look after it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from protocol.errors import JinshuError
from server_stub import config as configuration
from server_stub.audit import trail
from server_stub.clock import SystemClock
from server_stub.database.lock import exclusive
from server_stub.database.reading import reading

# What serving and certificates need is imported by the commands that use it: it took 4 of the 4.2 s of processor time that
# `admin check` needed, and minutes on a machine that is busy coming back from a crash, which is when one looks.


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (JinshuError, OSError) as error:
        sys.stderr.write(f"jinshu-server: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jinshu-server", description="锦书服务器 (the Jinshu server)")
    commands = parser.add_subparsers(required=True)
    make = commands.add_parser(
        "init", help="建立服务器目录，生成密钥与证书申请 (make a folder, keys and requests)"
    )
    make.add_argument("root", type=Path)
    make.add_argument("--name", required=True, help="主机名或地址 (host name or address)")
    make.add_argument("--host", default="127.0.0.1", help="监听地址 (address to listen on)")
    make.set_defaults(run=_init)
    run = commands.add_parser("serve", help="启动 (serve)")
    run.add_argument("root", type=Path)
    run.add_argument("--port", type=int, default=8443)
    run.add_argument("--port-file", type=Path, help="写下实际端口 (where to write the port)")
    run.set_defaults(run=_serve)
    admin = commands.add_parser("admin", help="审计、核对、导入 (audit, check, import)")
    acts = admin.add_subparsers(dest="what", required=True)
    for name, text in (
        ("audit", "列出审计记录 (list the audit trail)"),
        ("check", "核对审计链 (check its chain)"),
    ):
        look = acts.add_parser(name, help=text)
        look.add_argument("root", type=Path)
        look.set_defaults(run=_admin)
    bring = acts.add_parser(
        "import",
        help="导入证书机构写成的文件，须先停止服务 (take in files of the CA, with the server stopped)",
    )
    bring.add_argument("root", type=Path)
    bring.add_argument("files", type=Path, nargs="+", metavar="FILE|DIR")
    bring.set_defaults(run=_import)
    carry = acts.add_parser(
        "updates",
        help="接收 jinshu-ca updates 的目录，服务运行时也可以 (take in the CA's updates, also while serving)",
    )
    carry.add_argument("root", type=Path)
    carry.add_argument("folder", type=Path)
    carry.set_defaults(run=_updates)
    return parser


def _init(arguments: argparse.Namespace) -> int:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from protocol.crypto.certificates import make_csr
    from protocol.crypto.keys import SigningKey

    made = configuration.write(arguments.root, arguments.name, arguments.host)
    for name in ("server", "log"):
        key = SigningKey.generate()
        pem = key.native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        descriptor = os.open(made.tls / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        (made.tls / f"{name}.csr").write_bytes(make_csr(key, name))
    sys.stdout.write(f"{made.root}: jinshu-ca sign-server CA_DIR {made.root} --name {arguments.name}\n")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from server_stub.serving import serve

    config = configuration.read(arguments.root)
    with exclusive(config):
        return serve(config, arguments.port, arguments.port_file)


def _import(arguments: argparse.Namespace) -> int:
    from server_stub.admin.importing import take_in

    for done in take_in(configuration.read(arguments.root), arguments.files, SystemClock()):
        sys.stdout.write(f"{done.path}: {done.kind} {'已导入 imported' if done.new else '已有 known'}\n")
    return 0


def _updates(arguments: argparse.Namespace) -> int:
    from server_stub.updates.update_files import NotUpdates, bring

    try:
        brought = bring(arguments.folder, configuration.read(arguments.root).updates)
    except NotUpdates as error:
        sys.stderr.write(f"jinshu-server: 更新目录里有别的文件 (a foreign file among the updates): {error}\n")
        return 1
    sys.stdout.write(f"updates: {brought.metadata} lists, {brought.packages} packages new\n")
    return 0


def _admin(arguments: argparse.Namespace) -> int:
    with reading(configuration.read(arguments.root)) as connection:
        if arguments.what == "audit":
            for row in trail.rows(connection):
                sys.stdout.write(
                    f"{row.n}\t{row.at}\t{row.actor}\t{row.action}\t{row.result}\t{row.reference}\n"
                )
            return 0
        rows = trail.count(connection)
        sys.stderr.write(f"核对 {rows} 条记录 (checking {rows} rows) …\n")
        broken = trail.first_broken(connection)
    sys.stdout.write(f"audit: {rows} rows, {'whole' if broken is None else f'broken at {broken}'}\n")
    return 0 if broken is None else 1


if __name__ == "__main__":
    raise SystemExit(main())
