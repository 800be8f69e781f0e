"""The end-to-end test is the demo's story, with nobody watching."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.demo import act
from tests.end_to_end.officials import OFFICIALS
from tests.end_to_end.processes import ROOT
from tests.end_to_end.story import Story

_PAGES = ("welcome", "welcome_by_hand", "waiting", "passphrase", "directory", "settings", "unlock", "today")
_DOCUMENT_PAGES = ("compose", "consultation", "signing", "document", "incoming", "receipts")


@pytest.fixture
def story(worker_id: str) -> Iterator[Story]:
    # Below the repository, since the report's paths are relative to it.
    story = Story(ROOT / "build" / "story" / worker_id, onscreen=False)
    yield story
    story.close()


@pytest.mark.alone
def test_the_story_is_acted_out_to_its_end(story: Story) -> None:
    act(story)
    report = json.loads((story.folder / "report.json").read_text(encoding="utf-8"))
    assert report["nonce"] == story.nonce
    document = report["document"]
    assert story.nonce in document["title"]
    assert document["verify"]["result"] == "proved"
    assert document["verify"]["retypeset"]
    assert (ROOT / document["pdf"]).read_bytes().startswith(b"%PDF")
    assert "已登记" in report["receipt"]["shown"]
    messages = report["messages"]
    assert any(story.nonce in text for text in messages["sent"])
    assert [each["text"] for each in messages["arrived"]["leader"]][:2] == messages["sent"][-2:]
    meeting = report["meeting"]
    assert set(meeting) == {official.key for official in OFFICIALS}
    for participant, received in meeting.items():
        assert set(received) == set(meeting) - {participant}
        for came in received.values():
            assert came["nonce_frames"] >= 45
            assert came["other_frames"] == 0
            assert came["seconds_of_tone"] >= 3
            assert came["first_frame_ms"] is not None
    for page in (*_PAGES, *_DOCUMENT_PAGES, "conversation", "messages", "meeting_check", "meeting"):
        assert (ROOT / Path(report["screenshots"][page])).stat().st_size > 5_000
