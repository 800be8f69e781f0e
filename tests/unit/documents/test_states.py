"""The transition table against the one of PROTOCOL.md §3, written out by hand: whoever changes a row changes both."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from protocol.directory.organisation import Duty
from protocol.documents.dispatch import DISPATCH_1
from protocol.documents.steps import Step
from tests.support.document_builder import FIRST_STEPS

FIRST: Final = DISPATCH_1.steps
ROOT: Final = Path(__file__).parents[3]
BEFORE: Final = "drafting review vetting signing recheck numbering sealing dispatching"
ANY: Final = "draft review vet sign recheck number seal dispatch receive consult registry records"
# step: from | to | duties | object | marks | article. `∅`: the case does not exist yet; `-`: it stays where it is.
ROWS: Final = f"""
draft          | ∅                    | drafting    | draft      | case    | creates             | 19
revise         | drafting             | drafting    | draft      | case    |                     | 19
submit         | drafting             | review      | draft      | case    |                     | 19
review_pass    | review               | vetting     | review     | case    | turn                | 20
review_return  | review               | drafting    | review     | case    | turn                | 21
consult_open   | vetting              | -           | review     | branch  | concurrent creates  | 19
consult_reply  | {BEFORE}             | -           | consult    | branch  | concurrent          | 19
vet_pass       | vetting              | signing     | vet        | case    | turn joins          | 20
vet_return     | vetting              | drafting    | vet        | case    | turn                | 21
sign_off       | signing              | recheck     | sign       | case    | turn                | 22
sign_return    | signing              | drafting    | sign       | case    | turn                | 22
recheck_pass   | recheck              | numbering   | recheck    | case    | turn                | 25
recheck_return | recheck              | signing     | recheck    | case    | turn                | 25
number         | numbering            | sealing     | number     | case    | turn                | 25
seal           | sealing              | dispatching | seal       | case    | turn                | 25
dispatch       | dispatching          | dispatched  | dispatch   | issue   | turn creates        | 25
withdraw       | {BEFORE}             | void        | draft sign | case    |                     | 33
annul          | dispatched closed    | annulled    | sign       | issue   |                     | 33
close          | dispatched           | closed      | dispatch   | case    |                     | 27
opinion        | {BEFORE}             | -           | {ANY}      | case    | concurrent          | 20
receive        | dispatched closed    | -           | receive    | receipt | concurrent creates  | 24
reject         | dispatched closed    | -           | receive    | receipt | concurrent creates  | 24
reseal         | dispatched closed    | -           | dispatch   | issue   | concurrent          | 25
register       | dispatched closed    | -           | registry   | receipt |                     | 24
"""
BY_HAND: Final = {
    row.split("|")[0].strip(): [column.strip() for column in row.split("|")[1:]]
    for row in ROWS.strip().splitlines()
}


def test_every_step_has_a_row_in_both() -> None:
    assert BY_HAND.keys() == {step.value for step in FIRST_STEPS} == FIRST.keys()


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_the_row_is_the_one_written_out(step: Step) -> None:
    sources, target, duties, kind, marks, article = BY_HAND[step.value]
    row = FIRST[step]
    assert row.step == step
    assert {phase or "∅" for phase in row.sources} == set(sources.split())
    assert (row.target or "-") == target
    assert set(row.duties) == set(duties.split())
    assert row.object.value == kind
    said = {"turn": row.in_turn, "joins": row.joins, "creates": row.creates, "concurrent": row.concurrent}
    assert {name for name, held in said.items() if held} == set(marks.split())
    assert row.article == int(article)


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_the_row_stands_in_the_protocol(step: Step) -> None:
    text = (ROOT / "PROTOCOL.md").read_text("utf-8")
    rows = text.split("| step | from → to | duty |")[1].split("\n\n")[0].splitlines()
    names = [row.split("|")[1].strip() for row in rows[2:]]
    assert any(step.value in name.replace("(补发)", "").replace(",", " ").split() for name in names), names


def test_any_means_every_duty_there_is() -> None:
    assert {duty.value for duty in Duty} == set(ANY.split())


def test_a_hidden_withdrawal_is_never_missed_and_three_acts_wait_for_the_server() -> None:
    assert {row.step for row in FIRST.values() if row.fresh} == {"seal", "dispatch"}
    assert {row.step for row in FIRST.values() if row.online} == {"number", "seal", "dispatch"}


def diagram() -> str:
    """The phases of a dispatch case as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for row in FIRST.values():
        if not row.target:
            continue
        for source in sorted(row.sources):
            if row.step == Step.WITHDRAW:
                continue
            lines.append(f"    {source or '[*]'} --> {row.target}: {row.step}")
    lines.append("    note right of void: withdraw leads here from every phase before dispatched")
    return "\n".join(lines)


def test_the_diagram_is_the_one_in_the_description_of_the_house() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    section = text.split("## The life of a case\n")[1].split("\n## ")[0]
    assert section.split("```mermaid\n")[1].split("\n```")[0] == diagram()


def test_the_diagram_has_an_arrow_for_each_move() -> None:
    arrows = {line.strip() for line in diagram().splitlines() if "-->" in line}
    wanted = set()
    for name, (sources, target, *_rest) in BY_HAND.items():
        if target != "-" and name != "withdraw":
            wanted |= {f"{'[*]' if s == '∅' else s} --> {target}: {name}" for s in sources.split()}
    assert arrows == wanted
