"""A procedure that comes as data is read whole or not at all, and says where it is wrong (C42)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.definitions import MAX_DEFINITION, procedure_of, read_definition
from protocol.cases.procedure import Procedure
from protocol.cases.words import check_words
from protocol.crypto import cbor
from protocol.documents.dispatch import SHIPPED, VERSIONS
from protocol.errors import ErrorCode, JinshuError
from tests.support.loan import DEFINITION, LOAN, PROCEDURES, WORDS

Change = Callable[[dict[str, Any]], object]


def value() -> dict[str, Any]:
    return copy.deepcopy(LOAN.value())


def step(of: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in of["steps"] if each["step"] == name)
    return found


@pytest.mark.parametrize("procedure", [*VERSIONS, LOAN], ids=lambda each: each.name)
def test_what_is_written_is_read_again(procedure: Any) -> None:
    found = read_definition(cbor.encode(procedure.value()))
    assert (found.value(), found.hash, found.name) == (procedure.value(), procedure.hash, procedure.name)


def test_a_reader_finds_it_by_its_whole_name_alone() -> None:
    found = PROCEDURES.find(LOAN.reference)
    assert found is not None
    assert found.hash == LOAN.hash
    assert SHIPPED.find(LOAN.reference) is None
    assert PROCEDURES.find(type(LOAN.reference)("loan", 2, LOAN.hash)) is None
    assert SHIPPED.defined_by({LOAN.hash: b"\xa0"}).find(LOAN.reference) is None


def test_a_site_writes_into_no_ledger_of_numbers() -> None:
    numbered = value()
    step(numbered, "grant")["head"] |= {"number": "text", "number_entry": "hash"}
    found = procedure_of(numbered)
    assert not SHIPPED.admits(found)
    assert SHIPPED.admits(LOAN)


def renamed(name: str, step_word: str = "wish") -> Procedure:
    changed = value()
    changed["id"] = name
    step(changed, "wish")["step"] = step_word
    changed["steps"] = [
        each
        | {
            "bindings": [],
            "turn_back": "" if each["turn_back"].startswith("last.wish") else each["turn_back"],
        }
        for each in changed["steps"]
    ]
    return procedure_of(changed)


@pytest.mark.parametrize(
    ("found", "admitted"),
    [(renamed("lending"), True), (renamed("dispatch"), False), (renamed("lending", "register"), False)],
)
def test_a_site_takes_no_name_that_a_program_has_words_and_ledgers_for(
    found: Procedure, admitted: bool
) -> None:
    assert SHIPPED.admits(found) is admitted
    known = SHIPPED.defined_by({found.hash: cbor.encode(found.value())}).find(found.reference)
    assert (known is not None) is admitted


WRONG: dict[str, Change] = {
    "another form": lambda of: of.update(v=2),
    "a field more": lambda of: of.update(mood="good"),
    "a field less": lambda of: of.pop("objects"),
    "no id": lambda of: of.update(id="贷"),
    "version 0": lambda of: of.update(version=0),
    "a step twice": lambda of: of["steps"].append(of["steps"][0]),
    "an object twice": lambda of: of["objects"].append(of["objects"][0]),
    "no case": lambda of: of["objects"].pop(0),
    "a case beside the line": lambda of: of["objects"][0].update(in_line=False),
    "nothing that begins it": lambda of: step(of, "wish").update(creates=False),
    "a beginning from somewhere": lambda of: step(of, "wish").update(sources=["wished"]),
    "a beginning that leads nowhere": lambda of: step(of, "wish").update(target=""),
    "an object of no kind": lambda of: step(of, "put").update(object="folder"),
    "an object without a rule": lambda of: step(of, "put").update(object="receipt"),
    "nobody who may": lambda of: step(of, "grant").update(duties=[]),
    "from nowhere": lambda of: step(of, "grant").update(sources=[]),
    "duties out of order": lambda of: step(of, "say").update(duties=["sign", "consult"]),
    "a shape that is none": lambda of: step(of, "grant")["head"].update(next="bodies"),
    "a name that is no word": lambda of: step(of, "grant")["head"].update({"Next": "body"}),
    "a name not shown": lambda of: step(of, "grant").update(names=["next", "other"]),
    "a seal to what is not shown": lambda of: step(of, "grant").update(seals_to=["other"]),
    "a round nobody begins": lambda of: of["objects"][1].update(round="asking"),
    "a join on what is no list": lambda of: of["objects"][1]["join"].update(asked="last.ask.head.next"),
    "a join on nothing": lambda of: of["objects"][1]["join"].update(asked="head.asked"),
    "an object for a list": lambda of: step(of, "put")["head"].update(asked="body*"),
    "an object for nobody": lambda of: of["objects"][1].update(one_for=""),
    "a reference that is none": lambda of: step(of, "grant")["bindings"][0].update(one="head"),
    "a reference to no step": lambda of: step(of, "grant")["bindings"][0].update(
        others=["last.wishing.head.lender"]
    ),
    "a reference to a field not shown": lambda of: step(of, "grant")["bindings"][0].update(
        others=["last.wish.head.borrower"]
    ),
    "a relation that is none": lambda of: step(of, "grant")["bindings"][0].update(relation="like"),
    "a code that is none": lambda of: step(of, "grant")["bindings"][0].update(code="documents.no"),
    "two it is": lambda of: step(of, "grant")["bindings"][0].update(others=["turn", "target"]),
    "nothing it is": lambda of: step(of, "grant")["bindings"][0].update(others=[]),
    "an offer that is none": lambda of: step(of, "grant").update(offer="always"),
    "a turn back to nowhere": lambda of: step(of, "give_back").update(turn_back="actor.post"),
    "undoes what moves nothing": lambda of: step(of, "give_back").update(undoes=["say"], target=""),
    "undoes and leads on": lambda of: step(of, "give_back").update(undoes=["ask"]),
    "undoes what is no step": lambda of: step(of, "give_back").update(undoes=["asking"], target=""),
    "undoes the beginning": lambda of: step(of, "recall").update(undoes=["wish"]),
    "a code that would be tried for ever": lambda of: step(of, "grant")["bindings"][0].update(
        code="network.unreachable"
    ),
    "a join on what may name nobody": lambda of: step(of, "give_back").update(
        known_as="ask", head={"next": "person", "asked": "body?"}
    ),
    "a turn back to what may be nobody": lambda of: (
        step(of, "wish")["head"].update(lender="body?"),
        step(of, "give_back").update(turn_back="last.wish.head.lender"),
    ),
    "side by side, and moves": lambda of: step(of, "hand_over").update(concurrent=True),
    "beside the line, and moves": lambda of: step(of, "say").update(target="weighed"),
    "a join without a round": lambda of: of["objects"][1].update(round=""),
    "a line of a ledger without a number": lambda of: step(of, "grant")["head"].update(number_entry="hash"),
    "a head of the case that is a list": lambda of: step(of, "grant")["head"].update(case_head="body*"),
    "an empty undoing": lambda of: step(of, "give_back").update(undoes=[]),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_the_fold_could_stumble_over_is_refused(change: Change) -> None:
    wrong = value()
    change(wrong)
    assert wrong != LOAN.value()
    with pytest.raises(JinshuError) as refused:
        read_definition(cbor.encode(wrong))
    assert refused.value.code is ErrorCode.CASES_DEFINITION_INVALID
    assert refused.value.params["place"]


def test_what_is_too_large_or_no_canonical_cbor_is_refused() -> None:
    for data in (DEFINITION + bytes(MAX_DEFINITION), DEFINITION[:-1], b"", b"\xff"):
        with pytest.raises(JinshuError):
            read_definition(data)


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=6) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400)
@given(st.data())
def test_nothing_but_a_refusal_comes_of_nonsense(data: st.DataObject) -> None:
    wrong = value()
    target: Any = data.draw(
        st.sampled_from([wrong, *wrong["objects"], *wrong["steps"], *step(wrong, "grant")["bindings"]])
    )
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_ANY)
    code = None
    try:
        found = procedure_of(wrong)
    except JinshuError as error:
        code = error.code
    assert code is ErrorCode.CASES_DEFINITION_INVALID if code else found.value() == wrong


def test_every_phase_and_step_has_one_short_word() -> None:
    check_words(LOAN, WORDS)
    for wrong in (
        WORDS[1:],
        [*WORDS, "extra 多余"],
        [WORDS[0] + "长" * 30, *WORDS[1:]],
        ["wish", *WORDS[1:]],
    ):
        with pytest.raises(JinshuError) as refused:
            check_words(LOAN, wrong)
        assert refused.value.code is ErrorCode.CASES_DEFINITION_INVALID
