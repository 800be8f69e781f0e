"""What the paths of words in a procedure refer to: in an entry (`head.NAME`, `actor.person|post|body`, `object`, `case`,
`post`, `body`), and in the newest entry of a step (`last.STEP.` before any of these).
"""

from __future__ import annotations

from typing import Any, Final

from protocol.cases.entries import DocumentEntry


class Nothing:
    """The value of a reference that leads nowhere."""


UNSEEN: Final = Nothing()  # not in view
UNSAID: Final = Nothing()  # not written yet


def said(entry: DocumentEntry, what: str) -> Any:
    """What an entry says; UNSAID for a head field it does not have."""
    root, _, name = what.partition(".")
    if root == "head":
        return entry.head.get(name, UNSAID)
    if root == "actor":
        return {"person": entry.actor, "post": entry.post, "body": entry.body}[name]
    return {"object": entry.object, "case": entry.case, "post": entry.post, "body": entry.body}[root]


def step_and_rest(reference: str) -> tuple[str, str]:
    """The step of `last.STEP.WHAT`, and WHAT."""
    _, step, what = reference.split(".", 2)
    return step, what
