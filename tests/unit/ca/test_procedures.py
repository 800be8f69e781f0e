"""Which procedures cases may begin under: what the operator adds is read whole or refused with the place (C42)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from protocol.directory.organisation import ProcedureEntry, parse_entry
from protocol.documents.dispatch import DISPATCH_2
from protocol.features import DISPATCH_2 as FEATURE
from server_stub.ca.arguments import build_parser
from server_stub.ca.faults import CaError
from server_stub.ca.passphrases import Passphrases
from server_stub.ca.procedure_commands import procedures
from server_stub.ca.snapshot import organisation_entries
from server_stub.ca.speaker import Speaker
from server_stub.ca.state import load_state
from server_stub.ca.workplace import Workplace
from tests.support.loan import LOAN, WORDS
from tests.unit.ca.conftest import START, Office


@pytest.fixture
def office(office: Office) -> Office:
    office.state.features = [FEATURE.name]
    office.folder.save(office.state)
    return office


def ruled(office: Office, *arguments: str) -> list[str]:
    """The names the command says, as a program reads them."""
    out = io.StringIO()
    work = Workplace(Speaker(out, io.StringIO(), lang="zh", machine=True), Passphrases(), lambda: START)
    procedures(build_parser().parse_args(["procedures", str(office.folder.path), *arguments]), work)
    names: list[str] = json.loads(out.getvalue())["names"]
    return names


def written(folder: Path, **changes: Any) -> str:
    """A file as an operator writes one."""
    words = dict(line.split(" ", 1) for line in WORDS)
    path = folder / "loan.json"
    path.write_text(
        json.dumps({"procedure": LOAN.value(), "words": words} | changes, ensure_ascii=False), "utf-8"
    )
    return str(path)


def signed(office: Office) -> dict[str, ProcedureEntry]:
    """The procedures of the next snapshot."""
    entries = map(parse_entry, organisation_entries(load_state(office.folder.state_file)))
    return {f"{each.name}/{each.version}": each for each in entries if isinstance(each, ProcedureEntry)}


def test_a_site_that_defines_none_lists_what_programs_ship(office: Office) -> None:
    assert ruled(office) == ["dispatch/2"]
    [entry] = signed(office).values()
    assert (entry.hash, entry.definition, entry.words) == (DISPATCH_2.hash, None, ())


def test_what_is_added_is_signed_with_its_words_and_goes_when_it_is_dropped(
    office: Office, tmp_path: Path
) -> None:
    assert ruled(office, "--add", written(tmp_path)) == ["dispatch/2", "loan/1"]
    entry = signed(office)["loan/1"]
    assert (entry.hash, list(entry.words)) == (LOAN.hash, sorted(WORDS))
    assert ruled(office, "--drop", "loan/1") == ["dispatch/2"]
    assert signed(office).keys() == {"dispatch/2"}
    assert [line.act for line in office.journal.lines()] == ["procedures", "procedures"]


def test_where_the_feature_is_off_nothing_of_it_is_signed(office: Office, tmp_path: Path) -> None:
    ruled(office, "--add", written(tmp_path))
    state = load_state(office.folder.state_file)
    state.features = []
    office.folder.save(state)
    assert not signed(office)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"words": {"loan": "借阅档案"}}, "words."),
        ({"procedure": LOAN.value() | {"id": "dispatch"}}, "id / steps"),
        ({"procedure": LOAN.value() | {"version": 0}}, "procedure.version"),
        ({"procedure": None}, "v"),
        ({"words": 7}, "读不了"),
    ],
)
def test_what_is_wrong_is_refused_with_the_place(
    office: Office, tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(CaError) as refused:
        ruled(office, "--add", written(tmp_path, **changes))
    assert place in str(refused.value)
    assert not load_state(office.folder.state_file).procedures


def changed(step: str, **changes: Any) -> dict[str, Any]:
    """The loan with one step that says something else."""
    rows = [row | changes if row["step"] == step else row for row in LOAN.value()["steps"]]
    return LOAN.value() | {"steps": rows}


@pytest.mark.parametrize(
    ("shape", "fillable"),
    [
        ("hash", False),
        ("boolean", False),
        ("case", False),
        ("text*", False),
        ("hash?", True),
        ("text", True),
        ("post|body", True),
    ],
)
def test_a_form_that_nobody_can_fill_in_is_refused_by_its_field(
    office: Office, tmp_path: Path, shape: str, fillable: bool
) -> None:
    words = dict(line.split(" ", 1) for line in WORDS) | {"until": "归还时间"}
    procedure = changed("hand_over", head={"until": shape})
    path = written(tmp_path, procedure=procedure, words=words)
    if fillable:
        assert "loan/1" in ruled(office, "--add", path)
        return
    with pytest.raises(CaError, match="步骤 hand_over 的 until 没有人能填写"):
        ruled(office, "--add", path)


def test_words_that_no_page_writes_cannot_be_asked_for(office: Office, tmp_path: Path) -> None:
    with pytest.raises(CaError, match="步骤 hand_over 的 title 没有人能填写"):
        ruled(office, "--add", written(tmp_path, procedure=changed("hand_over", must=["title"])))


def test_a_first_step_that_no_post_can_take_is_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(CaError, match="没有岗位可以办第一步 wish"):
        ruled(office, "--add", written(tmp_path, procedure=changed("wish", duties=["nobodys"])))


def test_a_version_is_changed_by_a_new_one_alone(office: Office, tmp_path: Path) -> None:
    ruled(office, "--add", written(tmp_path))
    with pytest.raises(CaError, match="新的版本号"):
        ruled(office, "--add", written(tmp_path))
    later = LOAN.value() | {"version": 2}
    assert ruled(office, "--add", written(tmp_path, procedure=later)) == ["dispatch/2", "loan/1", "loan/2"]
    for name in ("loan/9", "dispatch/2"):
        with pytest.raises(CaError, match="没有这个"):
            ruled(office, "--drop", name)


def test_a_file_that_is_not_there_or_no_json_is_named(office: Office, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", "utf-8")
    for path in (tmp_path / "none.json", broken):
        with pytest.raises(CaError, match=path.name):
            ruled(office, "--add", str(path))
