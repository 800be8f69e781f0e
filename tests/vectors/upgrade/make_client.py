"""Makes the next client store from the last: `python -m tests.vectors.upgrade.make_client`.

The newest store kept is opened with today's code, which brings it up to date, and every table the new version brought gets a
row. Run once for every version, when its migration is finished.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path

from client.core.store import meetings, schema
from client.core.store.store import Store
from tests.vectors.upgrade.filling import fill

HERE = Path(__file__).parent


def main() -> int:
    last = max(HERE.glob("client-*.db"), key=lambda path: int(path.stem.split("-")[1]))
    facts = json.loads(last.with_suffix(".json").read_bytes())
    target = HERE / f"client-{schema.VERSION}.db"
    shutil.copy(last, target)
    store = Store(target)
    store.open(bytes.fromhex(facts["key"]))
    asyncio.run(store.write(lambda connection: fill(connection, meetings.MEETINGS.metadata)))
    store.close()
    facts |= {"version": schema.VERSION}
    target.with_suffix(".json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
