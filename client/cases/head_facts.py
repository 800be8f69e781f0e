"""What an entry of a site's own procedure shows to everybody besides its step, in words: the fields of its head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from client.cases import names
from protocol import text
from protocol.cases.entries import DocumentEntry
from protocol.cases.procedure import Procedure
from protocol.cases.shapes import NAMED
from protocol.directory.organisation import Organisation
from protocol.text import Field


def head_facts(
    entry: DocumentEntry, procedure: Procedure, organisation: Organisation, words: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Each field that says something, as the site calls it, with its value as people read it.

    The phase a step leads to stands in the head of the page; ids and hashes are read by programs.
    """
    row = procedure.steps.get(entry.step)
    for name, shape in row.head.items() if row is not None else ():
        value = _shown(shape.rstrip("?*"), entry.head.get(name), organisation, words)
        if name != "to" and value:
            yield text.shown(words.get(name, name), Field.NAME), value


def _shown(kind: str, value: Any, organisation: Organisation, words: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return "、".join(filter(None, (_shown(kind, each, organisation, words) for each in value)))
    if value is None:
        return ""
    if NAMED.issuperset(kind.split("|")):
        return text.shown(names.principal_name(organisation, str(value)), Field.NOTE)
    if kind.startswith("="):
        return text.shown(words.get(str(value), str(value)), Field.NAME)
    return text.shown(str(value), Field.NOTE) if kind in ("text", "integer") else ""
