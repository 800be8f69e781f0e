"""How what stands in a procedure is called that no program has words for: the CA signs the words with the definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from protocol.cases.definitions import invalid
from protocol.cases.procedure import Procedure
from protocol.text import Field, fits

MAX_WORD: Final = 20  # characters: it stands on a button


def read_words(lines: Iterable[str]) -> Mapping[str, str]:
    """Lines of `NAME TEXT` by their name; what has one name is called alike."""
    pairs = (line.partition(" ") for line in lines)
    return {name: text for name, _, text in pairs}


def check_words(procedure: Procedure, lines: Iterable[str]) -> None:
    """Return if the procedure, every phase, step, field and choice have a short word, and nothing else has one.

    Raises:
        JinshuError: `cases.definition_invalid`.
    """
    found = read_words(lines)
    phases = {row.target for row in procedure.rows if row.target}
    shapes = [word for row in procedure.rows for word in row.head.values()]
    choices = {each for word in shapes if word.startswith("=") for each in word[1:].rstrip("?*").split("|")}
    fields = {name for row in procedure.rows for name in row.head} - {"to"}
    wanted = {procedure.id, *procedure.steps, *phases, *fields, *choices}
    if wrong := found.keys() ^ wanted:
        raise invalid(f"words.{min(wrong)}")
    for name, text in found.items():
        if len(text) > MAX_WORD or not fits(text, Field.NAME):
            raise invalid(f"words.{name}")
