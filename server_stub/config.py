"""The server's folder (C21) and what `config.toml` may say."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """Paths and settings of one server. `database_url` empty means the embedded SQLite beside it."""

    root: Path
    name: str
    host: str = "127.0.0.1"
    database_url: str = ""

    @property
    def database(self) -> Path:
        return self.root / "server.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

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
    return Config(root, str(values["name"]), str(values["host"]), str(values.get("database_url", "")))
