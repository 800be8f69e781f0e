"""`jinshu-server`: make a server's folder, serve it, look after it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from protocol.crypto.certificates import make_csr
from protocol.crypto.keys import SigningKey
from protocol.errors import JinshuError
from server_stub import config as configuration
from server_stub.audit import trail
from server_stub.database import schema
from server_stub.database.database import Database
from server_stub.serving import serve


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
    look = commands.add_parser("admin", help="审计与状态 (audit and state)")
    look.add_argument("what", choices=("audit", "check"))
    look.add_argument("root", type=Path)
    look.set_defaults(run=_admin)
    return parser


def _init(arguments: argparse.Namespace) -> int:
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
    serve(configuration.read(arguments.root), arguments.port, arguments.port_file)
    return 0


def _admin(arguments: argparse.Namespace) -> int:
    config = configuration.read(arguments.root)
    schema.upgrade(config)
    database = Database(config)
    try:
        if arguments.what == "audit":
            for row in database.read_now(lambda connection: list(trail.rows(connection))):
                sys.stdout.write(
                    f"{row.n}\t{row.at}\t{row.actor}\t{row.action}\t{row.result}\t{row.reference}\n"
                )
            return 0
        broken = database.read_now(trail.first_broken)
        rows = database.read_now(trail.count)
    finally:
        database.close()
    sys.stdout.write(f"audit: {rows} rows, {'whole' if broken is None else f'broken at {broken}'}\n")
    return 0 if broken is None else 1


if __name__ == "__main__":
    raise SystemExit(main())
