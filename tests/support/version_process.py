"""One version of the client as its tree runs it: the real application, as of today, under the number its tree gives it.

`bin/jinshu` of a tree calls this with the tree's folder in JINSHU_TEST_TREE; in a package it lies beside a file VERSION, is run as it
stands, and what was installed is for the package's own installer to find. One with a file `spoils` holds a version that opens the
profile, brings the store into a form of its own, and dies. The environment names besides: JINSHU_TEST_RING, a file that stands
for the desktop's keyring; JINSHU_TEST_TOLD, the file in which it is told what happens; JINSHU_TEST_ORDERS, JSON: by version, what its
user installs as soon as the window is there.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import protocol.release


class FileKeyring:
    """Secrets by service in one JSON file."""

    backend = "file"
    available = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, service: str, secret: bytes) -> None:
        self._path.write_text(json.dumps({**self._all(), service: base64.b64encode(secret).decode()}))

    def get(self, service: str) -> bytes | None:
        found = self._all().get(service)
        return None if found is None else base64.b64decode(found)

    def remove(self, service: str) -> None:
        self._path.write_text(
            json.dumps({name: kept for name, kept in self._all().items() if name != service})
        )

    def _all(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return found


def main() -> int:
    """Run the version."""
    packed = "JINSHU_TEST_TREE" not in os.environ
    tree = Path(__file__).parent if packed else Path(os.environ["JINSHU_TEST_TREE"])
    version = (tree / "VERSION").read_text() if packed else tree.name
    protocol.release.RELEASE = version  # type: ignore[misc]  # before anything reads it

    def tell(what: str) -> None:
        with Path(os.environ["JINSHU_TEST_TOLD"]).open("a", encoding="utf-8") as file:
            file.write(f"{version} {what} {os.getpid()}\n")

    from client.updates import installers

    def here() -> installers.Installer | None:
        return installers.TreeInstaller(tree.parent.parent)

    if not packed:
        installers.installer_here = here  # type: ignore[assignment]
    from client import __main__ as command
    from client import app
    from client.core.settings import Settings
    from client.updates.updates import ReadyUpdate

    class Told(app.Application):
        """Tells when its window is there, and does what its user would."""

        def _on_opened(self) -> None:
            if (tree / "spoils").exists():
                tell("spoils")
                settings: Settings = self._core.settings
                self.runtime.submit(settings.save("of.a.later.form", version)).result()
                os._exit(70)
            super()._on_opened()
            assert self._desk is not None
            notice = self._desk.window._notice.notice
            tell("opened" if notice is None else f"opened:{notice.code}")
            orders: dict[str, Any] = json.loads(os.environ["JINSHU_TEST_ORDERS"])
            order = orders.get(version)
            if order is not None and order["version"] not in self._journal.failed():
                former = Path(order["former"]) if "former" in order else None
                self._on_ready(ReadyUpdate(order["version"], Path(order["package"]), former))

    app.Application = Told  # type: ignore[misc]
    tell("begun")
    return command.run(sys.argv[1:], FileKeyring(Path(os.environ["JINSHU_TEST_RING"])))


if __name__ == "__main__":
    raise SystemExit(main())
