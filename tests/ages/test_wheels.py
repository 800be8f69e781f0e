"""Every client that landed before, as a process out of its wheel, at today's server: it enrols, goes through a case, a conversation and
a meeting beside today's client; one that the server no longer speaks with is turned away in words it has."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.features import FEATURES
from protocol.release import LOWEST_PROTOCOL
from tests.ages.people import WHEELS, Refused, Someone, enrol, in_step, of_wheel, today
from tests.end_to_end.city import City
from tests.support.forked_commands import ForkedCommands

TITLE = "关于做好值守工作的通知"
# Which protocol version a release speaks; a release that is not named here speaks the one its wheel says.
_FIRST = {"0.1.0": 1}


def protocol_of(wheel: Path) -> int:
    """The protocol version a wheel's client speaks."""
    release = wheel.name.split("-")[1]
    if release in _FIRST:
        return _FIRST[release]
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read("protocol/release.py").decode()
    found = re.search(r"^PROTOCOL_VERSION: Final = (\d+)$", text, re.MULTILINE)
    assert found is not None
    return int(found.group(1))


KEPT = sorted(WHEELS.glob("*.whl"))
SPOKEN = [wheel for wheel in KEPT if protocol_of(wheel) >= LOWEST_PROTOCOL]
TURNED_AWAY = [wheel for wheel in KEPT if protocol_of(wheel) < LOWEST_PROTOCOL]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path / "city", ForkedCommands())
    made.folder.mkdir()
    made.found()
    # A new site lets in no client older than its own programs, unless its operator says so.
    made.switch("--lowest", str(LOWEST_PROTOCOL))
    # A site that was there before: what this release can sign is switched on when its clients are updated.
    made.switch(*(word for name in FEATURES for word in ("--off", name)))
    made.open()
    watcher = made.watch()
    try:
        yield made
    finally:
        watcher.stop()
        made.stop()


def test_the_wheels_of_earlier_landings_are_kept() -> None:
    assert "0.1.0" in {wheel.name.split("-")[1] for wheel in KEPT}


@pytest.mark.parametrize("wheel", SPOKEN, ids=lambda wheel: wheel.name)
def test_a_client_that_landed_before_goes_through_the_day(city: City, tmp_path: Path, wheel: Path) -> None:
    older = of_wheel("文书", tmp_path / "older", wheel, tmp_path)
    newer = today("主任", tmp_path / "newer")
    try:
        enrol(city, {"fgw.clerk": older, "fgw.office": newer})
        in_step(older, newer)
        _a_case(older, newer)
        _a_conversation_and_a_meeting(older, newer)
        assert (older.do("notices"), newer.do("notices")) == ([], [])
        assert (older.do("held"), newer.do("held")) == (0, 0)
    finally:
        older.stop()
        newer.stop()


def _a_case(older: Someone, newer: Someone) -> None:
    case = older.do("start_case", title=TITLE, to="czj", reviewer="主任")
    newer.waits_for(case, "review_return")
    newer.do("act", document=case, step="review_return", reason="请补充联系人")
    older.waits_for(case, "revise")
    for one in (older, newer):
        one.until(lambda one=one: len(one.do("view", document=case)["route"]) == 3)  # type: ignore[misc]
        view = one.do("view", document=case)
        assert [each["step"] for each in view["route"]] == ["draft", "submit", "review_return"]
        assert all(each["verified"] for each in view["route"])


def _a_conversation_and_a_meeting(older: Someone, newer: Someone) -> None:
    talk = older.do("talk", people=[newer.person], title="")
    older.do("say", conversation=talk, text="今晚谁值班？")
    newer.sees(talk, "今晚谁值班？")
    newer.do("say", conversation=talk, text="我值班")
    older.sees(talk, "今晚谁值班？", "我值班")
    meeting = newer.do("call", conversation=talk)
    both = sorted((older.person, newer.person))
    for one in (newer, older):
        one.until(lambda one=one: meeting in one.do("meetings_of"))  # type: ignore[misc]
        one.do("join", meeting=meeting)
    for one in (newer, older):
        one.until(lambda one=one: sorted((one.do("live") or {"people": []})["people"]) == both)  # type: ignore[misc]
    newer.do("chair", act="end")
    older.until(lambda: (older.do("live") or {"state": "ended"})["state"] == "ended")


@pytest.mark.parametrize("wheel", TURNED_AWAY, ids=lambda wheel: wheel.name)
def test_a_client_too_old_for_this_server_is_told_so(city: City, tmp_path: Path, wheel: Path) -> None:
    older = of_wheel("文书", tmp_path / "older", wheel, tmp_path)
    try:
        with pytest.raises(Refused) as refused:
            enrol(city, {"fgw.clerk": older})
        assert refused.value.code == "session.upgrade_required"
    finally:
        older.stop()
