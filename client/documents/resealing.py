"""重新加封 (C7): whoever holds a post now, and whom no way leads to the key sealed to it before, is given it again.

Somebody appointed after the last holder had left starts the post's key anew, and nobody handed the old one on. Any
holder of the case can tell so from the directory alone. His next entry takes a new key in any case, since a principal
that holds the case has a newer generation, and brings the one before it inside: a remark, signed and seen by all, is
enough.

A branch of consultation and an issued document have no step of this kind in `dispatch/1`: there the loss is said by name to
those who can begin the round anew, or send the document again.
"""

from __future__ import annotations

from client.cases import names
from client.cases.local_case import LocalCase
from client.documents.paper import paper_of
from client.documents.rows import Finding
from protocol.cases.history import ObjectFile
from protocol.directory.organisation import Duty, Post
from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import TABLE
from protocol.documents.steps import Phase, Step


def wanted(book: LocalCase, state: DirectoryState) -> str | None:
    """The post or body whose turn it is, if its present holders cannot open what was sealed to it."""
    file, paper = book.file, paper_of(book)
    case = file.objects.get(file.case)
    turn = file.turn or (paper.drafted.entry.post if paper.drafted is not None else None)
    if case is None or turn is None or book.outdated or file.phase not in TABLE[Step.OPINION].sources:
        return None
    sealed_to = case.wrapped.get(turn)
    return turn if sealed_to is not None and _cut_off(turn, sealed_to, state) else None


def lost_branches(book: LocalCase, state: DirectoryState) -> list[str]:
    """Whoever is asked in this round, has not answered, and cannot open what is under consultation."""
    file, paper = book.file, paper_of(book)
    if file.phase != Phase.VETTING:
        return []
    return [
        asked
        for asked in paper.unanswered()
        if asked in paper.branches and _lost(file.objects[paper.branches[asked]], asked, state)
    ]


def lost_recipients(book: LocalCase, state: DirectoryState) -> list[str]:
    """Recipients that have not received the issued document and cannot open it."""
    sent = paper_of(book).dispatched
    if sent is None:
        return []
    issue = book.file.objects[sent.entry.object]
    return [
        body
        for body in dict.fromkeys(paper_of(book).sent_to)
        if body not in paper_of(book).receipts and _lost(issue, body, state)
    ]


def may_reseal(book: LocalCase, post: Post) -> bool:
    """Whether it is for this post to do: it holds the case, or keeps the registry of its body."""
    file = book.file
    case = file.objects.get(file.case)
    if case is None or book.key(file.case) is None or post.body != file.body:
        return False
    return post.id in case.wrapped or Duty.REGISTRY in post.duties


def finding(principal: str, state: DirectoryState) -> Finding:
    """What is said to whoever can do it."""
    return Finding("reseal_wanted", "", False, {"who": names.principal_name(state.organisation, principal)})


def words(principal: str, state: DirectoryState) -> str:
    """The remark under which it is done; it stands in the record of the case, in the language of the documents."""
    return f"已为{names.principal_name(state.organisation, principal)}重新加封。"


def _lost(sealed: ObjectFile, principal: str, state: DirectoryState) -> bool:
    generation = sealed.wrapped.get(principal)
    return generation is not None and _cut_off(principal, generation, state)


def _cut_off(principal: str, sealed_to: int, state: DirectoryState) -> bool:
    """Whether somebody holds the newest generation and none leads from it back to the one sealed to."""
    generations = {each.number: each for each in state.generations(principal)}
    newest = max(generations, default=0)
    if not state.holders(principal):
        return False
    return any(
        principal not in generations[number].wraps
        for number in range(sealed_to + 1, newest + 1)
        if number in generations
    )
