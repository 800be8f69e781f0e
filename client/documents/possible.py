"""What I may do with a document now, in which of my posts, and to whom I may pass it: read off the one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from client.cases import names
from client.cases.local_case import LocalCase
from client.cases.offers import offers
from client.cases.rows import Target
from client.core.names import person_name
from client.documents import dead_ends, resealing
from client.documents.paper import paper_of
from client.documents.rows import Action, Finding
from protocol.cases.authority import may_take
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import Offer, StepRule
from protocol.directory.organisation import Duty, Organisation, Post
from protocol.directory.state import DirectoryState
from protocol.documents.steps import Phase, Step

# To whom the key of an object did not come, and who could do something about it.
_KEY_WANTED: Final = {ObjectKind.BRANCH: "key_wanted_asked", ObjectKind.ISSUE: "key_wanted_received"}


def targets_for(row: StepRule, body: str, state: DirectoryState) -> tuple[Target, ...]:
    """Posts of a body to which the case may go on, those with a key and a holder."""
    organisation = state.organisation
    return tuple(
        Target(post.id, post.name, _holders(organisation, post.id))
        for post in organisation.posts_of_body(body)
        if row.next_duty in post.duties
        and organisation.holders(post.id)
        and state.generation(post.id) is not None
    )


def consultable(body: str, state: DirectoryState) -> tuple[Target, ...]:
    """Whom one may ask: other bodies that have a key, and own posts with the duty to answer."""
    organisation = state.organisation
    others = [
        Target(b.id, b.name, b.short_name)
        for b in sorted(organisation.bodies.values(), key=lambda b: (b.order, b.id))
        if b.id != body and state.generation(b.id) is not None
    ]
    own = [
        Target(post.id, post.name, _holders(organisation, post.id))
        for post in organisation.posts_of_body(body)
        if Duty.CONSULT in post.duties and state.generation(post.id) is not None
    ]
    return (*others, *own)


def actions(book: LocalCase, object_id: str, person: str, state: DirectoryState) -> tuple[Action, ...]:
    """What a person may do now with an object of a case, the way forward first."""
    found = list(_actions(book, object_id, person, state))
    return tuple(sorted(found, key=lambda action: not action.primary))


def _actions(book: LocalCase, object_id: str, person: str, state: DirectoryState) -> Iterator[Action]:
    organisation = state.organisation
    for row, post in offers(book, object_id, person, organisation):
        if _his(book, row, post):
            yield Action(
                step=row.step,
                post=post.id,
                post_name=names.post_name(organisation, post.id),
                primary=row.offer is Offer.FORWARD,
                needs_reason=row.reasoned,
                targets=targets_for(row, post.body, state) if row.passes_on else (),
                consultable=consultable(post.body, state) if "consult" in row.head else (),
                findings=(
                    *_unopened(book, object_id),
                    *_lost(book, row.step, state),
                    *dead_ends.before(row, person, post.body, paper_of(book).meant_for, state),
                ),
            )
    yield from _reseal(book, object_id, person, state)


def _reseal(book: LocalCase, object_id: str, person: str, state: DirectoryState) -> Iterator[Action]:
    """Sealing the case anew for whoever took over the post whose turn it is."""
    cut_off = resealing.wanted(book, state)
    if cut_off is None or object_id != book.file.case:
        return
    organisation = state.organisation
    mine = (post for post in organisation.posts_of(person) if resealing.may_reseal(book, post))
    post = next((post for post in mine if post.id != cut_off), None)
    if post is not None:
        name = names.post_name(organisation, post.id)
        said = (resealing.finding(cut_off, state),)
        yield Action(Step.RESEAL, post.id, name, True, False, (), (), said)


def _unopened(book: LocalCase, object_id: str) -> tuple[Finding, ...]:
    """Who cannot open a document cannot act on it; what to do about that is not his to guess."""
    if book.key(object_id) is not None:
        return ()
    return (Finding(_KEY_WANTED.get(book.file.objects[object_id].kind, "key_wanted"), "", True, {}),)


def _lost(book: LocalCase, step: str, state: DirectoryState) -> Iterator[Finding]:
    """Who was asked, or sent the document, and cannot open it: said where it can be begun again."""
    told: dict[str, tuple[str, Callable[[LocalCase, DirectoryState], list[str]]]] = {
        Step.VET_RETURN: ("asked_cut_off", resealing.lost_branches),
        Step.CLOSE: ("recipient_cut_off", resealing.lost_recipients),
    }
    lost = told.get(step)
    principals = [] if lost is None else lost[1](book, state)
    if lost is not None and principals:
        who = "、".join(names.principal_name(state.organisation, each) for each in principals)
        yield Finding(lost[0], "", False, {"who": who})


def _his(book: LocalCase, row: StepRule, post: Post) -> bool:
    """作废 ends the work of others: his who drafted it, or who signs for the body, and nobody's in between."""
    drafted = paper_of(book).drafted
    if row.step != Step.WITHDRAW:
        return True
    return Duty.SIGN in post.duties or (drafted is not None and post.id == drafted.entry.post)


def may_copy(book: LocalCase, object_id: str, person: str, organisation: Organisation) -> bool:
    """Whether a person may begin what has ended, or was issued, again as a draft of his body."""
    file, paper = book.file, paper_of(book)
    ended = file.phase in (Phase.VOID, Phase.ANNULLED, Phase.DISPATCHED, Phase.CLOSED)
    readable = "elements" in book.fields(paper.drafted)
    if file.objects[object_id].kind is not ObjectKind.CASE or not ended or not readable:
        return False
    mine = (post for post in organisation.posts_of(person) if post.body == file.body)
    return any(may_take(book.file.rule(Step.DRAFT), person, post, organisation) for post in mine)


def _holders(organisation: Organisation, post: str) -> str:
    return "、".join(person_name(organisation, person) for person in sorted(organisation.holders(post)))
