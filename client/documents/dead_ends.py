"""Where a document would come to a standstill: posts nobody holds, seals nobody keeps, recipients without a clerk.

They are said before 送核稿, 编号 and 分发, by name and with what to do. A case passed to nobody cannot be opened by
whoever is appointed later: its key was sealed to the posts of then alone (C7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from client.cases import names
from client.core.names import person_name
from client.documents.rows import Finding
from protocol.cases.procedure import StepRule
from protocol.directory.age import LogAge, Stage
from protocol.directory.organisation import Duty, Organisation, Seal
from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import TABLE
from protocol.documents.steps import Step

# The duties a case comes to, in their order.
_ON_THE_WAY: Final = tuple(Duty(row.next_duty) for row in TABLE.values() if row.next_duty)


def before(
    row: StepRule, person: str, body: str, recipients: Iterable[str], state: DirectoryState
) -> tuple[Finding, ...]:
    """What a case of a body would meet when a person takes a step: what stops it is hard, what may still be put right
    in time is soft."""
    return tuple(_before(row, person, body, recipients, state))


def _before(
    row: StepRule, person: str, body: str, recipients: Iterable[str], state: DirectoryState
) -> Iterator[Finding]:
    step, following = row.step, Duty(row.next_duty) if row.next_duty else None
    if following is not None:
        yield from _unheld(body, following, state, hard=True)
    if step == Step.NUMBER:
        yield from _unsealable(body, _sealing(body, state), state, hard=True)
    if step == Step.SEAL:
        yield from _unsealable(body, {person}, state, hard=True)
    if step == Step.SUBMIT:
        for duty in _ON_THE_WAY:
            if duty is not following:
                yield from _unheld(body, duty, state, hard=False)
        yield from _unsealable(body, _sealing(body, state), state, hard=False)
    if step in (Step.SUBMIT, Step.DISPATCH):
        yield from _without_clerk(recipients, state)


def log_too_old(age: LogAge) -> tuple[Finding, ...]:
    """What stops every step that reaches new people (C45)."""
    if age.clock_differs:
        return (Finding("clock_differs", "", True, {}),)
    return (Finding("log_stopped", "", True, {}),) if age.stage is Stage.STOPPED else ()


def _unheld(body: str, duty: Duty, state: DirectoryState, *, hard: bool) -> Iterator[Finding]:
    """Nobody can take the case on: no post with the duty, or none that is held by somebody with a key."""
    organisation = state.organisation
    posts = [post for post in organisation.posts_of_body(body) if duty in post.duties]
    held = [post for post in posts if organisation.holders(post.id)]
    if any(state.generation(post.id) is not None for post in held):
        return
    if not posts:
        yield Finding(f"no_post_to_{duty.value}", "", hard, {})
    elif not held:
        yield Finding("post_unheld", "", hard, {"posts": "、".join(post.name for post in posts)})
    else:
        people = {p for post in held for p in organisation.holders(post.id)}
        yield Finding("post_not_enrolled", "", hard, {"people": _people(organisation, people)})


def _sealing(body: str, state: DirectoryState) -> set[str]:
    """Who holds a post that may seal."""
    organisation = state.organisation
    posts = (post for post in organisation.posts_of_body(body) if Duty.SEAL in post.duties)
    return {person for post in posts for person in organisation.holders(post.id)}


def _unsealable(body: str, sealing: set[str], state: DirectoryState, *, hard: bool) -> Iterator[Finding]:
    """None of those who would seal has a device with a seal certificate of the body."""
    organisation = state.organisation
    seals = [seal for seal in organisation.seals.values() if seal.body == body]
    if not sealing or any(record.keeper in sealing for record in state.seal_certificates(body)):
        return  # that nobody is in the post is said already
    if not seals:
        yield Finding("seal_missing", "", hard, {"body": names.body_name(organisation, body)})
        return
    keepers = {keeper for seal in seals for keeper in seal.keepers} & sealing
    if keepers:
        yield Finding("seal_not_certified", "", hard, {"people": _people(organisation, keepers)})
    else:
        yield Finding("seal_unkept", "", hard, _unkept(organisation, seals, sealing))


def _unkept(organisation: Organisation, seals: list[Seal], sealing: set[str]) -> dict[str, str]:
    return {"seals": "、".join(seal.name for seal in seals), "people": _people(organisation, sealing)}


def _without_clerk(recipients: Iterable[str], state: DirectoryState) -> Iterator[Finding]:
    """Recipients that nobody can receive for: the document waits for them (待制发)."""
    organisation = state.organisation
    waiting = [
        names.short_name(organisation, body)
        for body in dict.fromkeys(recipients)
        if state.generation(body) is None or not _may_receive(organisation, body)
    ]
    if waiting:
        yield Finding("recipient_without_clerk", "", False, {"bodies": "、".join(waiting)})


def _may_receive(organisation: Organisation, body: str) -> bool:
    posts = organisation.posts_of_body(body)
    return any(Duty.RECEIVE in post.duties and organisation.holders(post.id) for post in posts)


def _people(organisation: Organisation, people: Iterable[str]) -> str:
    return "、".join(sorted(person_name(organisation, person) for person in people))
