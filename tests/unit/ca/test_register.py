"""The organisation as the CA keeps it: ids stay, appointments come and go."""

from __future__ import annotations

import pytest

from protocol.directory.organisation import Duty
from server_stub.ca.faults import CaError
from server_stub.ca.organisation_file import load_organisation
from tests.unit.ca.conftest import SAMPLE, START, Office


def test_importing_the_same_file_again_changes_nothing(office: Office) -> None:
    before = office.state.model_dump_json()
    result = office.register.import_plan(load_organisation(SAMPLE.read_text(encoding="utf-8")))
    assert (result.new_bodies, result.new_posts, result.changed) == ((), 0, 0)
    assert office.state.model_copy().bodies == type(office.state).model_validate_json(before).bodies


def test_a_changed_name_keeps_its_id(office: Office) -> None:
    body = office.register.body("sjj")
    text = SAMPLE.read_text(encoding="utf-8").replace("{city}数据局", "{city}大数据管理局")
    result = office.register.import_plan(load_organisation(text))
    assert result.changed == 1
    assert office.register.body("sjj").id == body.id
    assert office.register.body("sjj").name == "云江市大数据管理局"


def test_a_person_may_hold_several_posts(office: Office) -> None:
    person = office.register.person("发改委文书")
    assert {post.code for post in office.register.posts_of(person.id)} == {"fgw.clerk", "fgw.seal"}


def test_the_keepers_of_a_seal_are_the_holders_of_its_posts(office: Office) -> None:
    body = office.register.body("fgw")
    assert office.register.keepers(body.id) == [office.register.person("发改委文书").id]
    office.register.dismiss("发改委文书", "fgw.seal")
    assert office.register.keepers(body.id) == []


def test_dismissal_without_a_post_ends_every_appointment(office: Office) -> None:
    assert len(office.register.dismiss("发改委文书", None)) == 2
    assert office.register.posts_of(office.register.person("发改委文书").id) == []


def test_an_appointment_is_made_once(office: Office) -> None:
    with pytest.raises(CaError, match="already holds"):
        office.register.appoint("财政局文书", "czj.clerk", START)


def test_two_people_of_one_name_must_be_told_apart(office: Office) -> None:
    with pytest.raises(CaError, match="already"):
        office.register.add_person("财政局文书", [], START)


@pytest.mark.parametrize("name", ["", " ", "甲\n乙", "-", "甲" * 40])
def test_a_name_that_cannot_be_shown_is_refused(office: Office, name: str) -> None:
    with pytest.raises(CaError):
        office.register.add_person(name, [], START)


def test_nobody_is_added_when_a_post_is_unknown(office: Office) -> None:
    before = len(office.state.people)
    with pytest.raises(CaError, match=r"fgw\.cleric"):
        office.register.add_person("某某", ["fgw.clerk", "fgw.cleric"], START)
    assert len(office.state.people) == before


def test_only_duties_of_the_post_can_be_delegated(office: Office) -> None:
    with pytest.raises(CaError, match="no such duty"):
        office.register.delegate("czj.leader", "财政局文书", [Duty.SEAL], START + 1, START)
    record = office.register.delegate("czj.leader", "财政局文书", [Duty.SIGN], START + 1, START)
    assert record.duties == (Duty.SIGN,)
