"""One computer and an honest server: what is offered, fetched, put off, and when it is looked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from client.core.events import DirectoryChanged, UpdatesChanged
from client.updates.rows import UpdateStage
from client.updates.updates import ThisProgram
from protocol.errors import ErrorCode, JinshuError
from protocol.updates import Platform
from tests.support.update_office import UpdateOffice
from tests.support.update_site import DAY, Carrier, UpdateSite
from tests.support.waiting import until
from tests.unit.core.clocks import settle

CONTENT = bytes(range(256)) * 2000


def stage(office: UpdateOffice) -> UpdateStage:
    return office.updates.row.stage


@pytest.fixture
def site(tmp_path: Path) -> UpdateSite:
    return UpdateSite(tmp_path / "site")


def office(site: UpdateSite, tmp_path: Path, **more: object) -> UpdateOffice:
    pinned = site.found()
    site.publish()
    return UpdateOffice(tmp_path / "computer", Carrier(site.carried), pinned, **more)  # type: ignore[arg-type]


async def test_the_newest_version_of_this_platform_is_offered(site: UpdateSite, tmp_path: Path) -> None:
    here = office(site, tmp_path)
    assert (await here.updates.check()).stage is UpdateStage.CURRENT
    for version, platform in (
        ("0.3.9", Platform.TREE),
        ("0.10.0", Platform.TREE),
        ("0.9.0", Platform.TREE),
        ("0.11.0", Platform.WINDOWS_X64),
    ):
        site.add(version, CONTENT, platform)
    site.publish()
    row = await here.restarted().check()
    assert (row.stage, row.version, row.size) == (UpdateStage.AVAILABLE, "0.10.0", len(CONTENT))
    assert (row.notes_zh, row.notes_en) == ("0.10.0 的新内容", "new in 0.10.0")
    assert (row.installable, row.returnable, row.expires_at) == (True, True, site.now + 30 * DAY)


async def test_a_version_that_did_not_start_here_is_not_offered_again(
    site: UpdateSite, tmp_path: Path
) -> None:
    here = office(site, tmp_path, failed=frozenset({"0.6.0"}))
    site.add("0.6.0", CONTENT)
    site.publish()
    assert (await here.updates.check()).stage is UpdateStage.CURRENT
    site.add("0.6.1", CONTENT)
    site.publish()
    assert (await here.restarted().check()).version == "0.6.1"


async def test_a_program_nobody_installed_tells_of_a_version_and_cannot_install_it(
    site: UpdateSite, tmp_path: Path
) -> None:
    here = office(site, tmp_path, program=ThisProgram("0.4.0", None, keeps_former=False))
    site.add("0.5.0", CONTENT, Platform.DEB_AMD64)
    site.publish()
    row = await here.updates.check()
    assert (row.stage, row.version, row.installable) == (UpdateStage.AVAILABLE, "0.5.0", False)
    with pytest.raises(JinshuError) as refused:
        await here.updates.ready()
    assert refused.value.code is ErrorCode.UPDATES_NO_INSTALLER


async def test_a_download_goes_on_where_it_broke_off(site: UpdateSite, tmp_path: Path) -> None:
    here = office(site, tmp_path)
    site.add("0.5.0", CONTENT)
    site.publish()
    await here.updates.check()
    assert isinstance(here.server, Carrier)
    here.server.breaks_after = 200_000
    with pytest.raises(JinshuError) as broken:
        await here.updates.fetch()
    assert broken.value.code is ErrorCode.NETWORK_UNREACHABLE
    assert stage(here) is UpdateStage.AVAILABLE
    here.server.asked.clear()
    row = await here.updates.fetch()
    [(_, offset)] = here.server.asked
    assert offset == 196_608
    assert (row.stage, row.done) == (UpdateStage.READY, len(CONTENT))
    ready = await here.updates.ready()
    assert (ready.version, ready.package.read_bytes(), ready.former) == ("0.5.0", CONTENT, None)
    # After a start it lies there still, and nothing is fetched twice.
    here.server.asked.clear()
    assert (await here.restarted().check()).stage is UpdateStage.READY
    await here.updates.fetch()
    assert [name for name, _ in here.server.asked if "tar" in name] == []


async def test_a_cancelled_download_keeps_what_came(site: UpdateSite, tmp_path: Path) -> None:
    here = office(site, tmp_path)
    site.add("0.5.0", CONTENT)
    site.publish()
    await here.updates.check()
    assert isinstance(here.server, Carrier)
    held, asked = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        if isinstance(here.server, Carrier) and here.server.given > 200_000:
            asked.set()
            await held.wait()

    here.server.between, here.server.given = hold, 0
    work = asyncio.get_running_loop().create_task(here.updates.fetch())
    await asked.wait()
    assert stage(here) is UpdateStage.LOADING
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert stage(here) is UpdateStage.AVAILABLE
    here.server.between = None
    assert (await here.updates.fetch()).stage is UpdateStage.READY


async def test_the_package_of_this_version_comes_along_where_it_would_be_replaced(
    site: UpdateSite, tmp_path: Path
) -> None:
    program = ThisProgram("0.4.0", Platform.DEB_AMD64, keeps_former=False)
    here = office(site, tmp_path, program=program)
    site.add("0.5.0", b"new", Platform.DEB_AMD64)
    site.publish()
    row = await here.updates.check()
    assert (row.returnable, row.size) == (False, 3)
    site.add("0.4.0", b"former", Platform.DEB_AMD64)
    site.publish()
    row = await here.restarted().check()
    assert (row.returnable, row.size) == (True, 9)
    await here.updates.fetch()
    ready = await here.updates.ready()
    assert ready.former is not None
    assert (ready.package.read_bytes(), ready.former.read_bytes()) == (b"new", b"former")


async def test_what_was_changed_on_the_disk_is_not_installed(site: UpdateSite, tmp_path: Path) -> None:
    here = office(site, tmp_path)
    site.add("0.5.0", CONTENT)
    site.publish()
    await here.updates.check()
    await here.updates.fetch()
    package = (await here.updates.ready()).package
    package.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(JinshuError) as refused:
        await here.updates.ready()
    assert refused.value.code is ErrorCode.UPDATES_PACKAGE_MISMATCH
    await here.updates.fetch()
    assert (await here.updates.ready()).package.read_bytes() == CONTENT


async def test_later_means_a_day_and_only_this_version(site: UpdateSite, tmp_path: Path) -> None:
    here = office(site, tmp_path)
    site.add("0.5.0", CONTENT)
    site.publish()
    await here.updates.check()
    await here.updates.put_off()
    assert here.updates.row.put_off
    assert (await here.restarted().check()).put_off
    here.now += DAY
    assert not (await here.restarted().check()).put_off
    await here.updates.put_off()
    site.add("0.6.0", CONTENT)
    site.publish()
    assert not (await here.updates.check()).put_off


async def test_it_is_looked_for_at_once_then_daily_and_sooner_when_the_server_was_away(
    site: UpdateSite, tmp_path: Path
) -> None:
    here = office(site, tmp_path)
    assert isinstance(here.server, Carrier)
    changed = asyncio.Event()
    here.bus.subscribe(lambda event: changed.set() if isinstance(event, UpdatesChanged) else None)
    here.server.instead["1.root.json"] = None
    work = asyncio.get_running_loop().create_task(here.updates.run())
    try:
        await until(lambda: here.clock.sleeping > 0)
        assert stage(here) is UpdateStage.UNCHECKED
        assert here.updates.row.fault is None
        del here.server.instead["1.root.json"]
        await here.clock.advance(24 * 3600)
        await changed.wait()
        assert stage(here) is UpdateStage.CURRENT
    finally:
        work.cancel()
        await settle()


async def test_a_city_without_updates_is_asked_nothing_and_one_that_founds_them_is_asked_at_once(
    site: UpdateSite, tmp_path: Path
) -> None:
    here = office(site, tmp_path)
    assert isinstance(here.server, Carrier)
    here.directory.root = None
    work = asyncio.get_running_loop().create_task(here.updates.run())
    try:
        await until(lambda: here.clock.sleeping > 0)
        assert (stage(here), here.server.asked) == (UpdateStage.NONE, [])
        changed = asyncio.Event()
        here.bus.subscribe(lambda event: changed.set() if isinstance(event, UpdatesChanged) else None)
        here.directory.root = here.pinned
        here.bus.publish(DirectoryChanged(2))
        await changed.wait()
        assert stage(here) is UpdateStage.CURRENT
    finally:
        work.cancel()
        await settle()
