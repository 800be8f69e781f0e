"""Makes the next client store from the last: `python -m tests.vectors.upgrade.make_client`.

The newest store kept is opened with today's code, which brings it up to date, and every table the new version brought gets a
row. Run once for every version, when its migration is finished.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table

from client.core.store import conversations, schema
from client.core.store.store import Store

HERE = Path(__file__).parent
_ROWS: Final[Mapping[Table, Mapping[str, Any]]] = {
    conversations.CONVERSATIONS: {
        "id": "cnv_" + "a" * 26, "grouped": True, "title": "防汛工作组", "roster": b"roster", "roster_n": 1,
        "members": b"\x80", "admins": b"\x80", "joined_n": 1, "last_n": 2, "read_n": 1, "draft": "待发", "updated_at": 5,
    },
    conversations.ROSTERS: {
        "entry_id": b"roster", "conversation": "cnv_" + "a" * 26, "n": 1, "place": 1, "signed": b"signed",
    },
    conversations.MESSAGES: {
        "id": "msg_" + "a" * 26, "conversation": "cnv_" + "a" * 26, "n": 2, "person": "prs", "device": "dev",
        "session": "s", "ratchet_index": 0, "kind": "text", "fields": b"\xa0", "sent_at": 4, "standing": "settled",
        "recalled": False,
    },
    conversations.READ_MARKS: {"conversation": "cnv_" + "a" * 26, "person": "prs", "upto": 2},
    conversations.OLM: {"name": "account", "value": b"pickle"},
    conversations.OLM_SESSIONS: {"device": "dev", "session": "s", "pickle": "p", "used_at": 1},
    conversations.OUTBOUND: {
        "conversation": "cnv_" + "a" * 26, "session": "s", "pickle": "p", "roster": b"roster", "sent": 1,
        "created_at": 1, "shared": b"\x80",
    },
    conversations.INBOUND: {"session": "s", "conversation": "cnv_" + "a" * 26, "device": "dev", "pickle": "p"},
}  # fmt: skip


def main() -> int:
    last = max(HERE.glob("client-*.db"), key=lambda path: int(path.stem.split("-")[1]))
    facts = json.loads(last.with_suffix(".json").read_bytes())
    target = HERE / f"client-{schema.VERSION}.db"
    shutil.copy(last, target)
    store = Store(target)
    store.open(bytes.fromhex(facts["key"]))

    def fill(connection: Connection) -> None:
        for table, row in _ROWS.items():
            connection.execute(table.insert().values(row))

    asyncio.run(store.write(fill))
    store.close()
    facts |= {"version": schema.VERSION, "landing": "conversations"}
    target.with_suffix(".json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
