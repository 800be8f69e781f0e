"""A headless client in a process of its own that goes into a meeting, says so, and stays: something to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from client.core.client import CoreClient
from client.core.events import LinkState
from client.meetings.rows import LiveState
from client.meetings.service import MeetingArea
from client.messaging.service import Messaging
from tests.integration.documents.desks import PASSPHRASE
from tests.integration.meetings.attendees import CLOCK, TONES, Ear, nonce_of
from tests.support.generated_picture import GeneratedPicture
from tests.support.tone import GeneratedTone
from tests.support.waiting import until


async def attend(profile: Path, meeting: str, name: str) -> None:
    core = CoreClient.open(profile)
    Messaging(core)
    meetings = MeetingArea(core).meetings
    await core.login.unlock(PASSPHRASE)
    await core.start()
    await until(lambda: core.link.state is LinkState.ONLINE)
    camera = GeneratedPicture(nonce_of(name), CLOCK)
    microphone = GeneratedTone(TONES[name], CLOCK)
    await meetings.join(meeting, microphone=microphone, camera=camera, loudspeaker=Ear())

    def inside() -> bool:
        row = meetings.live()
        return row is not None and row.state is LiveState.IN

    await until(inside)
    sys.stdout.write("in\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(attend(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
