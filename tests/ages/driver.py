"""A headless client of any age, moved by lines of JSON: run as a script, it imports the client that PYTHONPATH names and nothing of
the tests.

A line {"do": name, ...arguments} is answered by {"ok": true, "value": ...} or {"ok": false, "code": ..., "text": ...}. What an
older client does not have yet is answered as it would be without it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from client.core.client import CoreClient
from client.core.events import NoticeRaised
from client.core.keys.slots import PassphraseCost
from client.core.store import events as event_table
from client.documents.rows import Act, Box, DraftForm
from client.documents.service import Documents
from client.meetings.service import MeetingArea
from client.messaging.service import Messaging
from protocol.documents.kinds import Kind
from protocol.documents.steps import Step
from protocol.errors import JinshuError
from protocol.meetings.payloads import ChairAct

PASSPHRASE = "八个字的口令不短了"
CHEAP = PassphraseCost(time=1, memory_kib=8, lanes=1)
HOUR_MS = 3_600_000


class Ear:
    """A loudspeaker nobody listens to."""

    def play(self, block: object) -> None:
        del block


class Driver:
    """One profile, opened by this client."""

    def __init__(self, profile: Path) -> None:
        self.core = CoreClient.open(profile, cost=CHEAP)
        self.documents = Documents(self.core)
        # Up to 0.3.0 one service read and acted.
        self._reader: Any = getattr(self.documents, "reader", self.documents.circulating)
        self.conversations = Messaging(self.core).conversations
        self.meetings = MeetingArea(self.core).meetings
        self.codes: list[str] = []
        self.core.bus.subscribe(self._heard)

    def _heard(self, event: object) -> None:
        if isinstance(event, NoticeRaised):
            self.codes.append(event.code.value)

    # Coming in

    async def enrol(self, server: str, code: str) -> None:
        await self.core.login.enrol(server, code, "办公室电脑")
        await self.core.login.wait()
        self.core.login.recovery_code()
        await self.core.login.protect(PASSPHRASE)
        await self.core.start()

    async def unlock(self) -> None:
        await self.core.login.unlock(PASSPHRASE)
        await self.core.start()

    async def ready(self) -> bool:
        """Whether it is online, its keys are in the log, and everything it sent has arrived."""
        core = self.core
        if not core.online:
            return False
        state = core.directory.state
        own = state.device_by_id(core.me.device)
        keys = all(state.generation(each) is not None for each in core.principals.mine())
        return own is not None and bool(own.curve25519) and keys

    async def prekeys(self) -> int:
        return await self.core.channel._publish(())

    async def who(self) -> dict[str, str]:
        return {"person": self.core.me.person, "device": self.core.me.device}

    async def knows(self, device: str) -> bool:
        found = self.core.directory.state.device_by_id(device)
        return found is not None and bool(found.curve25519)

    async def notices(self) -> list[str]:
        return list(self.codes)

    async def held(self) -> int:
        """How many events wait for a version that can read them."""
        table = event_table.HELD
        chosen = select(func.count()).select_from(table)
        return await self.core.store.read(lambda c: int(c.execute(chosen).scalar_one()))

    async def sent(self) -> None:
        await self.core.outbox.drained()

    async def leaves(self) -> int:
        return self.core.directory.size

    # Documents

    def _body(self, code: str) -> str:
        bodies = self.core.directory.organisation.bodies.values()
        return next(body.id for body in bodies if body.code == code)

    async def start_case(self, title: str, to: str, reviewer: str) -> str:
        drafting = self.documents.drafting
        row = await drafting.new()
        form = DraftForm(
            kind=Kind.NOTICE,
            title=title,
            body_text="各单位：\n请做好值守工作。",
            main_recipients=(self._body(to),),
            copy_recipients=(),
            urgency="none",
            label="internal",
            publicity="on_request",
            publicity_reason="",
            note="",
            deadline=None,
        )
        await drafting.save(row.id, form)
        posts = await drafting.reviewers()
        post = next(each.id for each in posts if reviewer in each.name)
        case = await drafting.start(row.id, post)
        await self.core.outbox.drained()
        return str(case)

    async def rows(self) -> list[dict[str, Any]]:
        found = []
        for box in Box:
            for row in await self.documents.boxes.rows(box):
                outdated = bool(getattr(row, "outdated", False))
                found.append({"id": row.id, "box": box.value, "title": row.title, "outdated": outdated})
        return found

    async def view(self, document: str) -> dict[str, Any]:
        view = await self._reader.view(document)
        return {
            "title": view.title,
            "number": view.number,
            "phase": None if view.phase is None else view.phase.value,
            "outdated": bool(getattr(view, "outdated", False)),
            "actions": [str(action.step) for action in view.actions],
            "targets": {
                str(action.step): [[t.id, t.name] for t in action.targets] for action in view.actions
            },
            "route": [
                {
                    "step": str(each.step),
                    "person": each.person,
                    "verified": each.verified,
                    "refusal": each.refusal,
                }
                for each in view.route
            ],
            "receipts": [[each.body, each.state] for each in view.receipts],
        }

    async def act(self, document: str, step: str, **said: Any) -> None:
        view = await self._reader.view(document)
        post = next((a.post for a in view.actions if str(a.step) == step), None)
        if post is None:
            post = (
                view.actions[0].post
                if view.actions
                else self.core.directory.organisation.posts_of(self.core.me.person)[0].id
            )
        if "consult" in said:
            said["consult"] = tuple(said["consult"])
        await self.documents.circulating.act(document, Act(step=Step(step), post=post, **said))
        await self.core.outbox.drained()

    # Messages

    async def talk(self, people: list[str], title: str) -> str:
        return await self.conversations.start(tuple(people), title)

    async def say(self, conversation: str, text: str) -> None:
        await self.conversations.send_text(conversation, text, None)
        await self.core.outbox.drained()

    async def poll(self, conversation: str, question: str) -> None:
        """What only a client of tomorrow can say."""
        from protocol.messaging.contents import ContentKind

        await self.conversations._say(conversation, ContentKind("poll"), question=question)
        await self.core.outbox.drained()

    async def messages(self, conversation: str) -> list[dict[str, Any]]:
        talks: Any = self.conversations
        if hasattr(talks, "newest"):
            rows = (await talks.newest(conversation, 500)).rows
        else:  # a client of 0b7cb7c
            rows = await talks.messages(conversation, None, 500)
        return [{"text": row.text, "unreadable": row.unreadable, "sender": row.sender} for row in rows]

    async def conversations_of(self) -> list[str]:
        return [row.id for row in await self.conversations.rows()]

    # Meetings

    async def call(self, conversation: str) -> str:
        now = self.core.clock.now_ms()
        meeting = await self.meetings.call(conversation, now, now + HOUR_MS)
        await self.core.outbox.drained()
        return meeting

    async def meetings_of(self) -> list[str]:
        return [row.id for row in await self.meetings.rows()]

    async def join(self, meeting: str) -> None:
        await self.meetings.join(meeting, microphone=None, camera=None, loudspeaker=Ear())

    async def leave(self) -> None:
        await self.meetings.leave()

    async def live(self) -> dict[str, Any] | None:
        row = self.meetings.live()
        if row is None:
            return None
        return {
            "state": row.state.value,
            "people": [each.person for each in row.participants if each.confirmed],
            "locked": row.locked,
            "later": bool(getattr(row, "later", False)),
        }

    async def chair(self, act: str, target: str | None = None) -> None:
        await self.meetings._act(ChairAct(act), target)

    async def stop(self) -> None:
        await self.core.stop()


async def serve(profile: Path) -> None:
    """Answer lines until standard input ends."""
    driver = Driver(profile)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        do: Callable[..., Awaitable[Any]] = getattr(driver, order.pop("do"))
        try:
            answer = {"ok": True, "value": await do(**order)}
        except JinshuError as error:
            answer = {"ok": False, "code": error.code.value, "text": str(error)}
        except Exception as error:  # the test on the other side tells it
            answer = {"ok": False, "code": type(error).__name__, "text": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    await driver.core.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
