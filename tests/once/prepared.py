"""A city with two enrolled officials at rest, made once; every run starts from a copy of its folders."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

from tests.end_to_end.city import City
from tests.integration.documents.desks import Desk, Office
from tests.support.prepared_city import running_city
from tests.support.waiting import until

ATTACHMENT = b"%PDF-1.4 " + bytes(range(256)) * 5000  # two chunks


def prepare(folder: Path, port: int) -> Path:
    """Make server, clerk and leader; returns the folder that holds the three."""
    made = folder / "prepared"
    with running_city(folder / "city") as city:
        asyncio.run(_enrol(city, folder))
    made.mkdir()
    shutil.move(city.server_dir, made / "server")
    for name in ("clerk", "leader"):
        shutil.move(folder / name, made / name)
        facts = made / name / "profile.json"
        facts.write_text(json.dumps(json.loads(facts.read_text()) | {"server": f"https://127.0.0.1:{port}"}))
    (made / "attachment.pdf").write_bytes(ATTACHMENT)
    return made


async def _enrol(city: City, folder: Path) -> None:
    office = Office(city, folder)
    try:
        desks = [
            await office.appointed("clerk", "fgw.clerk"),
            await office.appointed("leader", "fgw.office"),
        ]
        await until(lambda: all(_settled(desk, desks) for desk in desks))
    finally:
        await office.close()


def _settled(desk: Desk, desks: list[Desk]) -> bool:
    """Everybody sees the same directory, with a key for everybody in it."""
    directory = desk.core.directory
    mine = [principal for each in desks for principal in each.core.principals.mine()]
    same = len({each.core.directory.size for each in desks}) == 1
    return same and all(directory.state.generation(principal) is not None for principal in mine)
