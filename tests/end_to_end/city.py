"""The city of the story: its CA, its server, and officials who enrol, made with the product's own commands."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.processes import ROOT, Commands, OwnProcesses, Service, StoryError, environment
from tests.support.waiting import until_seen

PASSPHRASE = "story passphrase of the CA"
ORGANISATION = ROOT / "resources" / "organisation" / "sample-city.toml"


@dataclass(frozen=True, slots=True)
class Official:
    """A person of the story: who he is to the CA, and which posts he holds."""

    key: str
    name: str
    posts: tuple[str, ...]


class City:
    """CA and server under one folder; nothing of the CA is left in reach once `lock_away` was called."""

    def __init__(
        self, folder: Path, commands: Commands | None = None, organisation: Path = ORGANISATION
    ) -> None:
        self.folder = folder
        self._commands = commands or OwnProcesses()
        self._organisation = organisation
        self.ca = folder / "ca"
        self.root_dir = folder / "safe"
        self.server_dir = folder / "server"
        self.server: Service | None = None
        self.address = ""
        self._env = environment(JINSHU_CA_PASSPHRASE=PASSPHRASE)

    def _ca(self, *arguments: str) -> list[dict[str, object]]:
        printed = self._commands.run("server_stub.ca", "--json", *arguments, env=self._env)
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    def _started(self, name: str, module: str, arguments: tuple[str, ...], env: dict[str, str]) -> Service:
        return self._commands.start(name, module, arguments, self.folder / "logs" / f"{name}.log", env)

    def found(self) -> str:
        """Root, issuing CA, server keys and certificates; returns the root's fingerprint."""
        facts = self._ca(
            "init", str(self.ca), "--root-dir", str(self.root_dir), "--organisation", str(self._organisation)
        )
        self._commands.run(
            "server_stub", "init", str(self.server_dir), "--name", "127.0.0.1", env=environment()
        )
        self._ca("sign-server", str(self.ca), str(self.server_dir), "--name", "127.0.0.1", "localhost")
        self._ca("operator", str(self.ca))
        return str(facts[0]["root_fingerprint"])

    def open(self) -> None:
        """Start the server, publish the organisation."""
        self.start_server()
        self._ca("publish", str(self.ca), "--server", self.address)

    def start_server(self, port: int = 0) -> None:
        """Start the server process and wait until it listens."""
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        serve = ("serve", str(self.server_dir), "--port", str(port), "--port-file", str(port_file))
        self.server = self._started("server", "server_stub", serve, environment())
        server = self.server

        def listens() -> bool:
            if not server.alive():
                raise StoryError(f"the server does not start; see {self.folder / 'logs' / 'server.log'}")
            return port_file.exists() and bool(port_file.read_text().strip())

        until_seen(listens)
        self.address = f"https://127.0.0.1:{port_file.read_text().strip()}"

    def appoint(self, official: Official) -> str:
        """Enter a person and his posts; returns his id."""
        posts = [part for post in official.posts for part in ("--post", post)]
        facts = self._ca("person", "add", str(self.ca), official.name, *posts)
        return str(facts[0]["person"])

    def publish(self) -> None:
        self._ca("publish", str(self.ca))

    def dismiss(self, person: str) -> None:
        """End all appointments of a person, and publish."""
        self._ca("dismiss", str(self.ca), person)
        self.publish()

    def code(self, person: str) -> str:
        """A single-use enrolment code."""
        facts = self._ca("enrol", str(self.ca), person, "--no-qr", "--server", self.address)
        return str(next(fact["code"] for fact in facts if "code" in fact))

    def invitation(self, person: str, folder: Path) -> Path:
        """The `.jinshu` file of a newcomer, written into a folder with his slip."""
        slip = ("--slip", str(folder))
        facts = self._ca("enrol", str(self.ca), person, "--no-qr", *slip, "--server", self.address)
        return Path(str(facts[0]["file"]))

    def sign_all(self) -> None:
        """Approve whatever waits."""
        self._ca("sign", str(self.ca), "--all", "--server", self.address)

    def watch(self) -> Service:
        """Approve unattended until stopped."""
        watch = ("--json", "sign", str(self.ca), "--watch", "--interval", "0.3", "--server", self.address)
        return self._started("ca", "server_stub.ca", watch, self._env)

    def switch(self, *arguments: str) -> list[dict[str, object]]:
        """Look at the site's features, or switch one and publish that."""
        server = ("--server", self.address) if self.address else ()
        facts = self._ca("features", str(self.ca), *server, *arguments)
        if arguments and self.address:
            self.publish()
        return facts

    def page_settings(self, *arguments: str) -> None:
        """Change the list of what pages may be set with, and publish that."""
        self._ca("page-settings", str(self.ca), *arguments)
        self.publish()

    def procedures(self, *arguments: str) -> None:
        """Change the procedures the site defines itself, and publish that."""
        self._ca("procedures", str(self.ca), *arguments)
        self.publish()

    def revoke(self, device: str, reason: str) -> None:
        self._ca("revoke", str(self.ca), device, "--reason", reason)

    def lock_away(self) -> None:
        """Move the CA's folder and the root out of reach: from here on the city runs without them."""
        vault = self.folder / "vault"
        vault.mkdir(parents=True, exist_ok=True)
        for folder in (self.ca, self.root_dir):
            shutil.move(folder, vault / folder.name)

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None
