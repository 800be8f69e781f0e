"""The server's folder (C21) and what `config.toml` may say."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEDIA_PORT: Final = 8444


@dataclass(frozen=True, slots=True)
class Config:
    """Paths and settings of one server. `database_url` empty means the embedded SQLite beside it."""

    root: Path
    name: str
    host: str = "127.0.0.1"
    database_url: str = ""
    # Where clients reach the media of meetings, by UDP: local addresses (none: `host`), the first port (one more for each further
    # worker; 0: any that is free), and how many workers (0: as many as there are cores, four at most).
    media_addresses: tuple[str, ...] = ()
    media_port: int = MEDIA_PORT
    media_workers: int = 0

    @property
    def database(self) -> Path:
        return self.root / "server.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def updates(self) -> Path:
        return self.root / "updates"

    @property
    def tls(self) -> Path:
        return self.root / "tls"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def audit(self) -> Path:
        return self.root / "audit"


_TEMPLATE = """# 锦书服务器 · Jinshu server
name = "{name}"
host = "{host}"
# PostgreSQL instead of the embedded SQLite: postgresql+psycopg://…
database_url = ""

[meetings]
# 会议音视频（UDP）：客户端访问的本机地址（空则同 host）、起始端口（每个工作进程一个）、工作进程数（0 为自动）
# media of meetings: local addresses clients reach, the first UDP port (one a worker), workers (0: automatic)
addresses = []
port = 8444
workers = 0
"""


def write(root: Path, name: str, host: str) -> Config:
    """Make the folder of a new server.

    Raises:
        FileExistsError: there is one already.
    """
    config = Config(root, name, host)
    for folder in (root, config.blobs, config.tls, config.log, config.audit):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (root / "config.toml").open("x", encoding="utf-8") as file:
        file.write(_TEMPLATE.format(name=name, host=host))
    return config


def read(root: Path) -> Config:
    """Read a server's folder."""
    with (root / "config.toml").open("rb") as file:
        values = tomllib.load(file)
    meetings = values.get("meetings", {})
    return Config(
        root,
        str(values["name"]),
        str(values["host"]),
        str(values.get("database_url", "")),
        tuple(map(str, meetings.get("addresses", ()))),
        int(meetings.get("port", MEDIA_PORT)),
        int(meetings.get("workers", 0)),
    )
