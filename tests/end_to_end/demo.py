"""`make demo`: acts the story out, on screen when there is one."""

from __future__ import annotations

import os
import sys

from tests.end_to_end.processes import ROOT, StoryError
from tests.end_to_end.story import Story


def has_display() -> bool:
    headless = os.environ.get("DEMO_HEADLESS") == "1"
    return not headless and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def act(story: Story) -> None:
    """Every part there is so far, in order."""
    story.found_city()
    story.enrol_all()
    story.see_each_other()
    story.circulate()
    story.talk()
    story.meet()
    story.search_for_secrets()
    story.change_passphrase()
    story.unlock_again()
    story.finish()


def main() -> int:
    onscreen = has_display()
    story = Story(ROOT / "build" / "demo", onscreen=onscreen)
    try:
        act(story)
        sys.stdout.write(f"报告：build/demo/report.json（nonce {story.nonce}）\n")
        if onscreen:
            sys.stdout.write("三个窗口开着，关上即结束。\n")
            sys.stdout.flush()
            for client in story.clients.values():
                client.wait()
    except StoryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        story.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
