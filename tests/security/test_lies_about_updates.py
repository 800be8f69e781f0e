"""A malicious server carries the updates: whatever it shows, it makes no computer install what the city does not sign now.

It has everything that was ever published, and no key. Each lie is told to a client that has seen an honest list before, and where
that makes a difference to one that has not.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from client.updates.rows import UpdateStage
from protocol.errors import ErrorCode, JinshuError
from server_stub.ca.folder import CaFolder
from server_stub.ca.state import PackageRecord
from server_stub.ca.update_repository import UpdateRepository
from tests.support.update_office import UpdateOffice
from tests.support.update_site import DAY, Carrier, UpdateSite

GOOD = b"a good version " * 5000
NEW = b"6" + GOOD
BAD = b"an evil version" * 5000


class Lies:
    """A city with 0.5.0 published, the server's copy of that day, then 0.6.0; and a client that knows both or none."""

    def __init__(self, site: UpdateSite, pinned: bytes, name: str, folder: Path) -> None:
        self.site = site
        self.name = name
        self.then = site.folder / "then"
        self.server = Carrier(site.carried)
        self.office = UpdateOffice(folder / "computer", self.server, pinned, now=site.now)
        self.newcomer = UpdateOffice(folder / "newcomer", self.server, pinned, now=site.now)

    async def before(self) -> None:
        """The honest day the client remembers."""
        assert (await self.office.updates.check()).version == "0.6.0"
        self.office.restarted()

    def lists(self, folder: Path, *names: str) -> None:
        """Show these files as they are in another copy."""
        for name in names:
            self.server.instead[name] = (folder / "metadata" / name).read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[UpdateSite, bytes, str]:
    """The city, what its snapshot pins, and the newest package's name; made once, for keys take their time."""
    site = UpdateSite(tmp_path_factory.mktemp("updates") / "site")
    pinned = site.found()
    site.add("0.5.0", GOOD)
    site.publish()
    site.kept("then")
    site.now += DAY
    name = site.add("0.6.0", NEW)
    site.publish()
    return site, pinned, name


@pytest.fixture
def lies(made: tuple[UpdateSite, bytes, str], tmp_path: Path) -> Lies:
    kept, pinned, name = made
    return Lies(UpdateSite.copied(kept, tmp_path / "site"), pinned, name, tmp_path)


async def refused(office: UpdateOffice) -> ErrorCode:
    """The code of the refusal; nothing is offered."""
    with pytest.raises(JinshuError) as error:
        await office.updates.check()
    assert office.updates.row.version == ""
    return error.value.code


async def test_rollback_an_older_list_is_refused_by_who_saw_a_newer_one(lies: Lies) -> None:
    await lies.before()
    lies.server.folder = lies.then
    assert await refused(lies.office) is ErrorCode.UPDATES_UNTRUSTED
    assert lies.office.updates.row.fault is ErrorCode.UPDATES_UNTRUSTED


async def test_freeze_who_is_kept_on_one_list_learns_it_within_thirty_days(lies: Lies) -> None:
    await lies.before()
    lies.office.now += 29 * DAY
    assert (await lies.office.restarted().check()).version == "0.6.0"
    lies.office.now += 2 * DAY
    lies.office.restarted()
    assert await refused(lies.office) is ErrorCode.UPDATES_EXPIRED
    assert lies.office.updates.row.fault is ErrorCode.UPDATES_EXPIRED
    # A newcomer is told as well, and the city's next word mends it for both.
    lies.newcomer.now = lies.office.now
    lies.newcomer.restarted()
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_EXPIRED
    lies.site.now = lies.office.now
    lies.site.renew()
    row = await lies.office.restarted().check()
    assert (row.version, row.fault) == ("0.6.0", None)


async def test_mix_and_match_parts_of_two_days_do_not_fit(lies: Lies) -> None:
    await lies.before()
    lies.lists(lies.then, "1.snapshot.json", "1.targets.json")
    # The new word, and under its numbers the files of the day before.
    lies.server.instead["2.snapshot.json"] = lies.server.instead["1.snapshot.json"]
    lies.site.now += DAY
    lies.site.renew()
    lies.server.instead["3.snapshot.json"] = lies.server.instead["1.snapshot.json"]
    assert await refused(lies.office) is ErrorCode.UPDATES_UNTRUSTED
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_UNTRUSTED


async def test_mix_and_match_an_old_list_of_packages_in_a_new_snapshot_s_place(lies: Lies) -> None:
    lies.server.instead["2.targets.json"] = (lies.then / "metadata" / "1.targets.json").read_bytes()
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_UNTRUSTED


async def test_another_root_is_none_whoever_made_it(lies: Lies, tmp_path: Path) -> None:
    thief = UpdateSite(tmp_path / "thief", lies.site.now)
    thief.found()
    thief.add("9.9.9", BAD)
    lies.server.folder = thief.publish()
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_UNTRUSTED
    lies.server.folder = lies.site.carried
    await lies.before()
    # Who holds the first root asks for no other; the thief's further files do not follow from it.
    lies.server.folder = thief.carried
    assert await refused(lies.office) is ErrorCode.UPDATES_UNTRUSTED


async def test_a_thief_s_root_as_the_next_one_ends_the_chain(lies: Lies, tmp_path: Path) -> None:
    thief = UpdateSite(tmp_path / "thief", lies.site.now)
    thief.found()
    thief.publish()
    thief.rotate("root")
    lies.server.instead["2.root.json"] = (thief.carried / "metadata" / "2.root.json").read_bytes()
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_UNTRUSTED


async def test_what_a_rotated_key_signs_counts_no_more(lies: Lies) -> None:
    site = lies.site
    stolen = site.kept("stolen")
    for role in ("timestamp", "snapshot", "targets"):
        site.rotate(role)
    assert (await lies.newcomer.updates.check()).version == "0.6.0"
    # The old keys' lists, under the root that has replaced them.
    for name in ("timestamp.json", "2.snapshot.json", "2.targets.json"):
        lies.server.instead[name] = (stolen / "metadata" / name).read_bytes()
    lies.newcomer.restarted()
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_UNTRUSTED


@pytest.mark.parametrize("name", ["1.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"])
@pytest.mark.parametrize("way", ["flipped", "stripped", "garbage", "endless", "cut"])
async def test_each_list_is_refused_in_each_broken_form(lies: Lies, name: str, way: str) -> None:
    data = (lies.site.carried / "metadata" / name).read_bytes()
    if way == "flipped":
        lies.server.instead[name] = (
            data.replace(b"2036", b"2046").replace(b"2026", b"2036").replace(b"2027", b"2037")
        )
    elif way == "stripped":
        lies.server.instead[name] = json.dumps({**json.loads(data), "signatures": []}).encode()
    elif way == "garbage":
        lies.server.instead[name] = b"\xff{" * 100
    elif way == "endless":
        lies.server.endless.add(name)
    else:
        lies.server.instead[name] = data[: len(data) // 2]
    assert await refused(lies.newcomer) is ErrorCode.UPDATES_UNTRUSTED
    # No more was read of it than a list may have, and one piece.
    assert lies.server.given < 2 << 20


async def test_a_withheld_list_is_no_list(lies: Lies) -> None:
    for name in ("timestamp.json", "2.snapshot.json", "2.targets.json"):
        lies.server.instead = {name: None}
        lies.newcomer.restarted()
        assert await refused(lies.newcomer) is ErrorCode.UPDATES_MISSING


async def test_a_list_that_drips_is_given_up(lies: Lies) -> None:
    lies.server.piece = 1

    async def drip() -> None:
        await lies.newcomer.clock.advance(10)

    lies.server.between = drip
    assert await refused(lies.newcomer) is ErrorCode.NETWORK_UNREACHABLE
    assert lies.server.given < 20


@pytest.mark.parametrize("way", ["other", "flipped", "old", "endless", "cut"])
async def test_another_package_never_gets_its_name(lies: Lies, way: str) -> None:
    await lies.newcomer.updates.check()
    content = NEW
    remote = f"{hashlib.sha256(content).hexdigest()}.{lies.name}"
    given = {
        "other": BAD + b"6",
        "flipped": content[:100] + b"!" + content[101:],
        "old": GOOD,
        "cut": content[:-1],
        "endless": content,
    }
    lies.server.instead[remote] = given[way]
    if way == "endless":
        lies.server.endless.add(remote)
    with pytest.raises(JinshuError) as error:
        await lies.newcomer.updates.fetch()
    short = way in ("old", "cut")
    assert error.value.code is (
        ErrorCode.NETWORK_UNREACHABLE if short else ErrorCode.UPDATES_PACKAGE_MISMATCH
    )
    packages = lies.newcomer.folder / "updates" / "packages"
    assert [each.name for each in packages.iterdir() if each.suffix != ".part"] == []
    assert lies.newcomer.updates.row.stage is UpdateStage.AVAILABLE
    # What came is not built upon when it is wrong: the honest file arrives whole.
    lies.server.instead.clear()
    lies.server.endless.clear()
    if way == "old":
        with pytest.raises(JinshuError):
            await lies.newcomer.updates.fetch()
    await lies.newcomer.updates.fetch()
    assert (await lies.newcomer.updates.ready()).package.read_bytes() == content


async def test_a_package_that_grows_while_it_is_fetched_takes_no_more_of_the_disk(lies: Lies) -> None:
    await lies.newcomer.updates.check()
    content = NEW
    lies.server.endless.add(f"{hashlib.sha256(content).hexdigest()}.{lies.name}")
    lies.server.given = 0
    with pytest.raises(JinshuError):
        await lies.newcomer.updates.fetch()
    assert lies.server.given <= len(content) + 2 * lies.server.piece
    assert list((lies.newcomer.folder / "updates" / "packages").iterdir()) == []


async def test_even_the_city_s_own_list_leads_out_of_no_folder(
    lies: Lies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A careless operator, not the server: what is called by no file's name is not offered, and the rest is."""
    site = lies.site
    folder = CaFolder(site.ca)
    with folder.locked() as state:
        assert state.updates is not None
        [old, new] = state.updates.packages
        odd = PackageRecord(**{**new.model_dump(), "name": "../../evil", "version": "7.0.0"})
        state.updates = state.updates.model_copy(update={"packages": (old, new, odd)})
        folder.save(state)
    monkeypatch.setattr(UpdateRepository, "package", lambda _self, _record: folder.state_file)
    site.run("publish")
    lies.server.folder = site.ca / "updates" / "repository"
    assert b"../../evil" in (lies.server.folder / "metadata" / "3.targets.json").read_bytes()
    assert (await lies.newcomer.updates.check()).version == "0.6.0"
