"""Every step of 发文 has all that a step needs; what still lacks one is named in a sentence (CONTRIBUTING.md, Adding a step)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from client.ui.documents import words
from protocol.documents.dispatch import TABLE, VERSIONS
from protocol.documents.steps import KNOWN_STEPS, Step
from tests.support.document_builder import HEAD, WHO

ROOT: Final = Path(__file__).parents[3]


def chinese() -> dict[str, str]:
    """Every source sentence with its translation."""
    catalogues = (ROOT / "resources" / "translations").glob("zh_CN.*.json")
    return {k: v for path in catalogues for k, v in json.loads(path.read_text("utf-8")).items()}


def protocol_rows() -> set[str]:
    """The steps that PROTOCOL.md's table of transitions describes."""
    table = (ROOT / "PROTOCOL.md").read_text("utf-8").split("| step | from → to | duty |")[1].split("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    return {name for cell in cells for name in cell.replace("(补发)", "").replace(",", " ").split()}


def lacking(word: str) -> list[str]:
    """A sentence for each place that says nothing of a step."""
    said = []
    if word not in {step.value for step in Step}:
        return [f"Step in protocol/documents/steps.py has no member for {word!r}."]
    step = Step(word)
    if word not in TABLE:
        said.append(f"No procedure in protocol/documents/dispatch.py has a row for {word!r}.")
    try:
        sentence = words.step_words(step)
    except KeyError:
        said.append(f"step_words in client/ui/documents/words.py has no words for {word!r}.")
    else:
        catalogue = chinese()
        if sentence not in catalogue and sentence not in catalogue.values():
            said.append(f"resources/translations/zh_CN.documents.json has no Chinese for {sentence!r}.")
    if word in TABLE and TABLE[word].reasoned and word not in words._reason_words():
        said.append(
            f"reason_words in client/ui/documents/words.py does not say how {word!r} asks for its reason."
        )
    if word not in WHO or word not in HEAD:
        said.append(f"WHO and HEAD in tests/support/document_builder.py have no entry for {word!r}.")
    if word not in protocol_rows():
        said.append(f"The table of transitions in PROTOCOL.md has no line for {word!r}.")
    return said


@pytest.mark.parametrize("step", KNOWN_STEPS)
def test_a_step_has_its_row_its_words_and_its_line(step: Step) -> None:
    assert not lacking(step.value), "\n".join(lacking(step.value))


def test_a_row_without_a_step_is_named() -> None:
    assert TABLE.keys() == VERSIONS[-1].steps.keys() == {step.value for step in KNOWN_STEPS}
    assert lacking("hurry") == ["Step in protocol/documents/steps.py has no member for 'hurry'."]


def test_every_place_that_lacks_a_step_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step somebody has only begun to add: its member is there, and nothing else."""
    hurry = str.__new__(Step, "hurry")
    hurry._name_, hurry._value_ = "HURRY", "hurry"
    monkeypatch.setitem(Step._member_map_, "HURRY", hurry)
    monkeypatch.setitem(Step._value2member_map_, "hurry", hurry)
    monkeypatch.setattr(Step, "_member_names_", [*Step._member_names_, "HURRY"])
    sentences = lacking("hurry")
    for place in ("dispatch.py", "words.py", "PROTOCOL.md", "document_builder.py"):
        assert sum(place in sentence for sentence in sentences) == 1, sentences
