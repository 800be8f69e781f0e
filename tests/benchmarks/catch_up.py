"""Coming back to 1,000 missed messages, with 500 conversations and 100,000 messages on the machine: real server, real window.

`python -m tests.benchmarks.catch_up [MISSED] [KEPT]`; the last line printed is one JSON object. `shown_s`: from the moment the
client began to connect until the list of conversations and the one that is open show all of it; `committed_s`: until the last of
them was verified, decrypted and on disk; `cpu_s`: processor time the client took for it, the steadier figure on a busy machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert, text

from client.core.client import CoreClient
from client.core.letters import letters
from client.core.store.conversations import CONVERSATIONS, MESSAGES
from client.messaging import message_store
from protocol.crypto import cbor
from tests.benchmarks._act_city import MeasuredCity
from tests.benchmarks.act_latency import ask
from tests.benchmarks.message_latency import client
from tests.end_to_end.processes import ROOT, environment
from tests.integration.documents.desks import CHEAP, PASSPHRASE

MISSED, KEPT, TALKS, BUSY = 1000, 100_000, 500, 20
AIM_SECONDS: Final = 5.0
_SAID: Final = "请各单位于今天下班前报送防汛值班安排，联系电话13905715678。"


def main(argv: list[str]) -> int:
    missed, kept = (int(argv[0]), int(argv[1])) if argv else (MISSED, KEPT)
    with tempfile.TemporaryDirectory() as folder:
        city = MeasuredCity(Path(folder), 0)
        try:
            asyncio.run(enrol(city, Path(folder)))
            talks = speak(city, Path(folder), missed, kept)
            said = come_back(Path(folder), talks, missed)
        finally:
            city.close()
    sys.stdout.write(json.dumps(report(said, missed, kept), ensure_ascii=False) + "\n")
    return 0


async def enrol(city: MeasuredCity, folder: Path) -> None:
    await city.enrol(folder / "clerk", city.clerk)
    await city.enrol(folder / "office", city.office)


def speak(city: MeasuredCity, folder: Path, missed: int, kept: int) -> list[str]:
    """Conversations that both have; then one of them is away while the other writes."""
    del city
    with client(folder, "clerk") as sender:
        with client(folder, "office") as reader:
            person = ask(reader, "person")
            talks = [ask(sender, "begin", person, f"工作组{n}") for n in range(BUSY)]
            for talk in talks:
                ask(sender, "says", talk, "开始")
                ask(reader, "received", talk, "开始")
        asyncio.run(fill(folder / "office", kept))
        for talk in talks:
            ask(sender, "burst", talk, missed // BUSY)
    return talks


async def fill(profile: Path, kept: int) -> None:
    """What the reader has of other conversations, written into his store at once."""
    core = CoreClient.open(profile, cost=CHEAP)
    await core.login.unlock(PASSPHRASE)
    me = core.me.person
    await core.store.write(lambda connection: _fill(connection, me, kept))
    await core.stop()


def _fill(connection: Connection, me: str, kept: int) -> None:
    each = kept // (TALKS - BUSY)
    people = {"members": cbor.encode([me, *(f"prs{n}" for n in range(9))]), "admins": cbor.encode([me])}
    numbers = {"roster_n": 1, "joined_n": 1, "last_n": each, "read_n": each // 2}
    fields = cbor.encode({"text": _SAID, "reply_to": None})
    words = " ".join(letters(_SAID))
    place = int(connection.execute(text("SELECT coalesce(max(place), 0) FROM search_places")).scalar_one())
    for talk in range(TALKS - BUSY):
        name = {"id": f"cnv{talk}", "grouped": True, "title": f"会话{talk}", "roster": b"", "draft": ""}
        connection.execute(insert(CONVERSATIONS).values(name | people | numbers | {"updated_at": talk}))
        said = [
            {
                "id": f"msg{talk}_{n}",
                "conversation": f"cnv{talk}",
                "n": n,
                "person": f"prs{n % 9}",
                "device": "dev",
                "kind": "text",
                "fields": fields,
                "sent_at": n,
                "received_at": n,
                "standing": message_store.SETTLED,
                "recalled": False,
            }
            for n in range(1, each + 1)
        ]
        connection.execute(insert(MESSAGES), said)
        indexed = [{"p": place + n, "k": row["id"], "c": words} for n, row in enumerate(said, 1)]
        place += len(said)
        for statement in (
            f"INSERT INTO search (rowid, area, key, content) VALUES (:p, '{message_store.AREA}', :k, :c)",
            f"INSERT INTO search_places (area, key, place) VALUES ('{message_store.AREA}', :k, :p)",
        ):
            connection.execute(text(statement), indexed)


def come_back(folder: Path, talks: list[str], missed: int) -> dict[str, float]:
    """What the client says of its return; moments on the monotonic clock."""
    expected = folder / "expected.json"
    last = f"第{missed // BUSY - 1}条消息"
    expected.write_text(json.dumps({"last": dict.fromkeys(talks, last), "open": talks[0]}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.benchmarks._catching_client", PASSPHRASE, str(expected)]
    done = subprocess.run(
        [*command, "--profile", str(folder / "office"), "--lang", "zh_CN"],
        env=environment(QT_QPA_PLATFORM="offscreen"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def report(said: dict[str, float], missed: int, kept: int) -> dict[str, Any]:
    shown = said["shown"] - said["connecting"]
    return {
        "benchmark": "catch_up",
        "missed": missed,
        "conversations": TALKS,
        "messages": kept,
        "committed_s": round(said.get("online", time.monotonic()) - said["connecting"], 2),
        "shown_s": round(shown, 2),
        "cpu_s": round(said["shown_cpu"] - said["connecting_cpu"], 2),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "aim": {"shown_s": AIM_SECONDS},
        "reached": shown <= AIM_SECONDS,
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
