"""A client as the user starts it, with the story's hands and devices: the launcher belongs to the tests, the product has no such path."""

from __future__ import annotations

import sys

from client.app import start
from tests.end_to_end.driver import COMMANDS, Hands
from tests.end_to_end.meeting_devices import StoryDevices
from tests.end_to_end.meeting_probe import MeetingProbe
from tests.end_to_end.places import place


def main() -> int:
    """Start the application and let the hands in before its loop begins."""
    given = StoryDevices.from_environment()
    application = start(sys.argv[1:], given.devices)
    meetings = application.meetings
    probe = MeetingProbe(meetings, given.ear, lambda: application.runtime.submit(meetings.quality()))
    COMMANDS["place"] = place
    COMMANDS["meeting_figures"] = probe.read
    COMMANDS["meeting_secrets"] = probe.secrets
    Hands(application.qt)
    return application.run()


if __name__ == "__main__":
    raise SystemExit(main())
