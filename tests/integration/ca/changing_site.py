"""A city whose CA was stolen: the product's own commands and processes, and a thief who has a copy of the CA's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from client.core.client import CoreClient
from server_stub.ca.api import CaApi
from server_stub.ca.folder import CaFolder
from tests.end_to_end.city import City, Official
from tests.end_to_end.processes import environment
from tests.support.forked_commands import ForkedCommands
from tests.support.prepared_city import open_copy
from tests.support.real_clients import CHEAP, PASSPHRASE

WANG = Official("wang", "王文", ("fgw.clerk",))
LI = Official("li", "李文", ("fgw.clerk",))
THIEF = Official("thief", "外人", ("fgw.clerk",))
ANOTHER = Official("another", "又一外人", ("fgw.clerk",))
CA_PASSPHRASE = "story passphrase of the CA"


class Site(City):
    """The city of the story, with the commands around a change of its CA."""

    @classmethod
    def founded(cls, folder: Path) -> Site:
        site = cls(folder, ForkedCommands())
        open_copy(site)
        return site

    def stolen(self) -> Site:
        """The same city through the eyes of one who copied the CA's folder."""
        thief = type(self)(self.folder, self._commands)
        thief.ca = Path(shutil.copytree(self.ca, self.folder / "stolen"))
        thief.address, thief.server = self.address, self.server
        return thief

    def change_ca(self, last_trusted: int, *arguments: str) -> None:
        self._ca(
            "ca-change", str(self.root_dir), str(self.ca), "--last-trusted", str(last_trusted), *arguments
        )

    def sign_server(self, folder: Path | None = None) -> None:
        self._ca("sign-server", str(self.ca), str(folder or self.server_dir), "--name", "127.0.0.1")

    def operator(self) -> None:
        self._ca("operator", str(self.ca))

    def publish_to(self, out: Path) -> None:
        self._ca("publish", str(self.ca), "--out", str(out))

    def import_files(self, folder: Path) -> None:
        self._commands.run(
            "server_stub", "admin", "import", str(self.server_dir), str(folder), env=environment()
        )

    def restart(self) -> None:
        """Stop the server and start it where it was: clients keep its address."""
        port = int(self.address.rpartition(":")[2])
        self.stop()
        self.start_server(port)

    def beside(self, name: str) -> Site:
        """Another server, certified by this CA, in a folder of its own."""
        other = type(self)(self.folder / name, self._commands)
        other.ca, other.folder = self.ca, self.folder / name
        self._commands.run(
            "server_stub", "init", str(other.server_dir), "--name", "127.0.0.1", env=environment()
        )
        other.sign_server(other.server_dir)
        other.start_server()
        return other

    def api(self, pinned: CaFolder | None = None) -> CaApi:
        """The operator's API as `jinshu-ca` uses it, with TLS as another CA folder pins it."""
        own = CaFolder(self.ca)
        pair = own.read_pair("operator", CA_PASSPHRASE)
        return CaApi(self.address, (pinned or own).issuing_certificate(), pair.key, pair.certificate)

    async def enrol(self, person: str, profile: Path) -> CoreClient:
        """A real client of a person, certified by this CA and protected by a passphrase."""
        client = CoreClient.open(profile, cost=CHEAP)
        try:
            await client.login.enrol(self.address, self.code(person), "办公电脑")
            self.sign_all()
            await client.login.wait()
            client.login.recovery_code()
            await client.login.protect(PASSPHRASE)
        except BaseException:
            await client.stop()
            raise
        return client


async def opened(profile: Path) -> CoreClient:
    """The client of a profile, started again by its user."""
    client = CoreClient.open(profile, cost=CHEAP)
    await client.login.unlock(PASSPHRASE)
    return client
