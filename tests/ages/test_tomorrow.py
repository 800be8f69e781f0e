"""Today's client goes with clients of tomorrow through a case, a conversation and a meeting, on a site where what is new has been
switched on: nothing is stuck, nothing is lost, all is shown; then it is updated and reads everything (C41)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.release import LOWEST_PROTOCOL
from tests.ages.people import Refused, Someone, enrol, in_step, today, tomorrow
from tests.ages.tomorrow import DUTY, FEATURE, PROTOCOL, STEP
from tests.end_to_end.city import ORGANISATION, City
from tests.end_to_end.processes import StoryError
from tests.support.forked_commands import ForkedCommands

TITLE = "关于做好值守工作的通知"
OUTDATED = "client.outdated"


@pytest.fixture
def organisation(tmp_path: Path) -> Path:
    """The sample city, with a duty of tomorrow: the clerk of every office may press for what is due."""
    text = ORGANISATION.read_text("utf-8")
    clerk = '["draft", "number", "dispatch", "receive", "registry"]'
    assert clerk in text
    path = tmp_path / "city.toml"
    path.write_text(text.replace(clerk, clerk.replace("]", f', "{DUTY}"]')), "utf-8")
    return path


@pytest.fixture
def city(tmp_path: Path, organisation: Path) -> Iterator[City]:
    age = "tests.ages.tomorrow"
    made = City(tmp_path / "city", ForkedCommands(age), organisation)
    made.folder.mkdir()
    made.found()
    # Before the first snapshot that has anything new in it: without it that is an invention.
    made.switch("--on", FEATURE, "--lowest", str(LOWEST_PROTOCOL))
    made.open()
    watcher = made.watch()
    try:
        yield made
    finally:
        watcher.stop()
        made.stop()


@pytest.fixture
def people(city: City, tmp_path: Path) -> Iterator[list[Someone]]:
    """A clerk and a head of office at clients of tomorrow, and the director who reviews at one of today."""
    made = [
        tomorrow("文书", tmp_path / "clerk"),
        today("主任", tmp_path / "director"),
        tomorrow("科长", tmp_path / "head"),
    ]
    try:
        enrol(city, dict(zip(("fgw.clerk", "fgw.office", "fgw.section"), made, strict=True)))
        in_step(*made)
        yield made
    finally:
        for one in made:
            one.stop()


def updated(one: Someone) -> Someone:
    """The same person's profile at a client of tomorrow."""
    one.stop()
    made = tomorrow(one.name, one.profile)
    made.unlock()
    return made


def steps(one: Someone, case: str) -> list[str]:
    return [each["step"] for each in one.do("view", document=case)["route"]]


def test_todays_client_goes_along_and_reads_all_of_it_once_it_is_updated(
    city: City, people: list[Someone]
) -> None:
    clerk, director, head = people
    # A case: tomorrow's clerk drafts and, when the director has passed it on, presses for an answer.
    case = clerk.do("start_case", title=TITLE, to="czj", reviewer="主任")
    director.waits_for(case, "review_pass")
    to = next(t for t, name in director.do("view", document=case)["targets"]["review_pass"] if name)
    director.do("act", document=case, step="review_pass", next=to)
    clerk.waits_for(case, STEP)
    clerk.do("act", document=case, step=STEP, opinion="请抓紧")
    director.until(lambda: len(steps(director, case)) == 4)
    seen = director.do("view", document=case)
    assert [each["step"] for each in seen["route"]] == ["draft", "submit", "review_pass", ""]
    assert (seen["route"][-1]["person"], seen["route"][-1]["refusal"]) == ("文书", OUTDATED)
    assert seen["outdated"]
    assert seen["title"] == TITLE
    assert not seen["route"][-1]["verified"]
    # What would build on it waits, and says why.
    assert not seen["actions"]
    with pytest.raises(Refused) as refused:
        director.do("act", document=case, step="opinion", opinion="请补充联系人")
    assert refused.value.code == OUTDATED
    # What the others do on top of it comes all the same.
    clerk.do("act", document=case, step="opinion", opinion="已补充")
    director.until(lambda: steps(director, case)[-1] == "opinion")
    # A conversation.
    talk = clerk.do("talk", people=[director.person, head.person], title="值守")
    clerk.do("say", conversation=talk, text="今晚谁值班？")
    clerk.do("poll", conversation=talk, question="周五开会行吗？")
    clerk.do("say", conversation=talk, text="请回复")
    director.sees(talk, "值守", "今晚谁值班？", None, "请回复")
    assert director.do("messages", conversation=talk)[2]["unreadable"] == OUTDATED
    director.do("say", conversation=talk, text="我值班")
    head.sees(talk, "值守", "今晚谁值班？", "周五开会行吗？", "请回复", "我值班")
    # A meeting.
    meeting = clerk.do("call", conversation=talk)
    for one in people:
        one.until(lambda one=one: meeting in one.do("meetings_of"))  # type: ignore[misc]
        one.do("join", meeting=meeting)
    everybody = sorted(one.person for one in people)
    for one in people:
        one.until(lambda one=one: sorted((one.do("live") or {"people": []})["people"]) == everybody)  # type: ignore[misc]
    clerk.do("chair", act="praise", target=head.person)
    director.until(lambda: bool(director.do("live")["later"]))
    clerk.do("chair", act="lock")
    director.until(lambda: bool(director.do("live")["locked"]))
    assert sorted(director.do("live")["people"]) == everybody
    assert director.do("held") == 2  # the step, and what stands on it
    # Updated, it reads what it kept, once and in order.
    director = updated(director)
    people[1] = director
    director.until(lambda: not director.do("view", document=case)["outdated"])
    view = director.do("view", document=case)
    assert [each["step"] for each in view["route"]] == ["draft", "submit", "review_pass", STEP, "opinion"]
    assert all(each["verified"] and each["refusal"] is None for each in view["route"])
    assert view["phase"] == "vetting"
    assert director.do("held") == 0
    director.sees(talk, "值守", "今晚谁值班？", "周五开会行吗？", "请回复", "我值班")
    director.do("act", document=case, step="opinion", opinion="请补充联系人")
    clerk.until(lambda: len(steps(clerk, case)) == 6)
    assert director.do("notices") == []


def test_a_client_older_than_the_site_wants_is_turned_away_in_words(
    city: City, people: list[Someone]
) -> None:
    _clerk, director, _head = people
    known = director.do("leaves")
    with pytest.raises(StoryError, match=director.device):
        city.switch("--lowest", str(PROTOCOL))
    with pytest.raises(StoryError, match=f"{LOWEST_PROTOCOL} 到 {PROTOCOL}"):
        city.switch("--lowest", str(PROTOCOL + 1))
    facts = city.switch("--lowest", str(PROTOCOL), "--yes")
    assert facts[-1]["lowest"] == PROTOCOL
    director.until(lambda: "session.upgrade_required" in director.do("notices"))
    assert director.do("leaves") >= known
    director = updated(director)
    people[1] = director
    assert director.do("notices") == []
