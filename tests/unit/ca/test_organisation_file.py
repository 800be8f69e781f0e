"""The organisation file: what a good one gives, and where a bad one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.directory.organisation import Duty
from server_stub.ca.organisation_file import OrganisationFileError, load_organisation

SAMPLE = Path(__file__).parents[3] / "resources" / "organisation" / "sample-city.toml"

GOOD = """\
format = 1
city = "云江市"
mark = "云"

[[post_set.bureau]]
code = "leader"
name = "局长"
duties = ["sign"]

[[body]]
code = "zf"
name = "{city}人民政府"
short_name = "市政府"
number_code = "{mark}政发"
type = "government"
posts = "bureau"

[[body]]
code = "czj"
name = "{city}财政局"
short_name = "市财政局"
number_code = "{mark}财"
type = "bureau"
parent = "zf"
posts = "bureau"

[[body.post]]
code = "clerk"
name = "文书"
duties = ["registry", "draft"]
"""


def test_a_body_has_the_posts_of_its_set_and_its_own() -> None:
    plan = load_organisation(GOOD)
    assert [body.name for body in plan.bodies] == ["云江市人民政府", "云江市财政局"]
    assert [post.code for post in plan.bodies[1].posts] == ["leader", "clerk"]
    assert plan.bodies[1].posts[1].duties == (Duty.DRAFT, Duty.REGISTRY)


def test_a_city_of_ones_own_replaces_name_and_mark() -> None:
    plan = load_organisation(GOOD, city="海州市")
    assert plan.bodies[0].name == "海州市人民政府"
    assert plan.bodies[1].number_code == "海财"


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('duties = ["sign"]', 'duties = ["sing"]', 8, "duties"),
        ('duties = ["sign"]', "duties = []", 8, "duties"),
        ('duties = ["registry", "draft"]', 'duties = ["draft", "draft"]', 30, "duties"),
        ('code = "czj"', 'code = "zf"', 19, "code"),
        ('code = "czj"', 'code = "CZJ"', 19, "code"),
        ('parent = "zf"', 'parent = "zz"', 24, "parent"),
        ('parent = "zf"', 'parent = "czj"', 24, "parent"),
        ('type = "bureau"', 'type = "palace"', 23, "type"),
        ('short_name = "市财政局"\n', "", 18, "short_name"),
        ('number_code = "{mark}财"', 'number_code = "{town}财"', 22, "number_code"),
        ('short_name = "市财政局"', "short_name = 7", 21, "short_name"),
        ('parent = "zf"', 'leader = "zf"', 24, "leader"),
        ('parent = "zf"\nposts = "bureau"', 'parent = "zf"\nposts = "office"', 25, "posts"),
    ],
)
def test_an_error_names_its_line_and_field(old: str, new: str, line: int, field: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(OrganisationFileError) as caught:
        load_organisation(GOOD.replace(old, new))
    assert caught.value.line == line
    assert caught.value.field.endswith(field)


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(OrganisationFileError) as caught:
        load_organisation(GOOD.replace('mark = "云"', "mark = 云"))
    assert caught.value.line == 3


def test_the_sample_city_has_every_office_the_demo_plays() -> None:
    plan = load_organisation(SAMPLE.read_text(encoding="utf-8"))
    bodies = {body.code: body for body in plan.bodies}
    duties = {f"{body.code}.{post.code}": set(post.duties) for body in plan.bodies for post in body.posts}
    clerk = duties["fgw.clerk"] | duties["fgw.seal"]
    leader = duties["fgw.leader"] | duties["fgw.office"]
    other = duties["czj.clerk"] | duties["czj.section"]
    assert {Duty.DRAFT, Duty.NUMBER, Duty.SEAL, Duty.DISPATCH, Duty.REGISTRY} <= clerk
    assert {Duty.REVIEW, Duty.VET, Duty.SIGN, Duty.RECHECK} <= leader
    assert {Duty.CONSULT, Duty.RECEIVE, Duty.REGISTRY} <= other
    assert sum(body.type == "county" for body in plan.bodies) == 3
    assert bodies["fgw"].number_code == "云发改"


def test_every_body_of_the_sample_city_can_send_and_receive() -> None:
    for body in load_organisation(SAMPLE.read_text(encoding="utf-8")).bodies:
        held = {duty for post in body.posts for duty in post.duties}
        assert held >= set(Duty) - {Duty.RECORDS}, body.code
