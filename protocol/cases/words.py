"""How the phases and steps of a procedure are called that no program has words for: the CA signs them with the definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from protocol.cases.definitions import invalid
from protocol.cases.procedure import Procedure
from protocol.text import Field, fits

MAX_WORD: Final = 20  # characters: it stands on a button


def read_words(lines: Iterable[str]) -> Mapping[str, str]:
    """Lines of `NAME TEXT` by their name; a step and a phase of one name are called alike, the procedure by its id."""
    pairs = (line.partition(" ") for line in lines)
    return {name: text for name, _, text in pairs}


def check_words(procedure: Procedure, lines: Iterable[str]) -> None:
    """Return if every phase and step has a short word, the procedure too, and nothing else has one.

    Raises:
        JinshuError: `cases.definition_invalid`.
    """
    found = read_words(lines)
    phases = {row.target for row in procedure.rows if row.target}
    wanted = {procedure.id, *procedure.steps, *phases}
    if wrong := found.keys() ^ wanted:
        raise invalid(f"words.{min(wrong)}")
    for name, text in found.items():
        if len(text) > MAX_WORD or not fits(text, Field.NAME):
            raise invalid(f"words.{name}")
