"""What I may do with a document now, in which of my posts, and to whom I may pass it: read off the one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from client.core.names import person_name
from client.documents import dead_ends, names, resealing
from client.documents.casebook import Casebook
from client.documents.dead_ends import NEXT_DUTY
from client.documents.rows import Action, Finding, Target
from protocol.directory.organisation import Duty, Organisation, Post
from protocol.directory.state import DirectoryState
from protocol.documents.authority import may_take
from protocol.documents.entries import HEADS, ObjectKind
from protocol.documents.states import TABLE, Transition
from protocol.documents.steps import Phase, Step

_FORWARD: Final = frozenset(
    {*NEXT_DUTY, Step.REVISE, Step.CONSULT_REPLY, Step.DISPATCH, Step.RECEIVE, Step.REGISTER}
)
_REASONED: Final = frozenset(
    {
        Step.REVIEW_RETURN,
        Step.VET_RETURN,
        Step.SIGN_RETURN,
        Step.RECHECK_RETURN,
        Step.WITHDRAW,
        Step.ANNUL,
        Step.REJECT,
    }
)
# Taken by other pages or together with another step.
# To whom the key of an object did not come, and who could do something about it.
_KEY_WANTED: Final = {ObjectKind.BRANCH: "key_wanted_asked", ObjectKind.ISSUE: "key_wanted_received"}
_NOT_OFFERED: Final = frozenset({Step.DRAFT, Step.SUBMIT, Step.CONSULT_OPEN, Step.RESEAL})


def targets_for(step: Step, body: str, state: DirectoryState) -> tuple[Target, ...]:
    """Posts of a body to which the case may go on, those with a key and a holder."""
    duty = NEXT_DUTY.get(step)
    organisation = state.organisation
    return tuple(
        Target(post.id, post.name, _holders(organisation, post.id))
        for post in organisation.posts_of_body(body)
        if duty in post.duties and organisation.holders(post.id) and state.generation(post.id) is not None
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


def actions(book: Casebook, object_id: str, person: str, state: DirectoryState) -> tuple[Action, ...]:
    """What a person may do now with an object of a case, the way forward first."""
    found = list(_actions(book, object_id, person, state))
    return tuple(sorted(found, key=lambda action: not action.primary))


def _actions(book: Casebook, object_id: str, person: str, state: DirectoryState) -> Iterator[Action]:
    organisation = state.organisation
    for step, row in TABLE.items():
        if step in _NOT_OFFERED or not _open(book, object_id, row):
            continue
        for post in organisation.posts_of(person):
            if may_take(step, person, post, organisation) and _mine(book, object_id, row, post):
                yield Action(
                    step=step,
                    post=post.id,
                    post_name=names.post_name(organisation, post.id),
                    primary=step in _FORWARD,
                    needs_reason=step in _REASONED,
                    targets=targets_for(step, post.body, state) if "next" in HEADS[step] else (),
                    consultable=consultable(post.body, state) if step is Step.REVIEW_PASS else (),
                    findings=(
                        *_unopened(book, object_id),
                        *_lost(book, step, state),
                        *dead_ends.before(step, person, post.body, _recipients(book), state),
                    ),
                )
    yield from _reseal(book, object_id, person, state)


def _reseal(book: Casebook, object_id: str, person: str, state: DirectoryState) -> Iterator[Action]:
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


def _unopened(book: Casebook, object_id: str) -> tuple[Finding, ...]:
    """Who cannot open a document cannot act on it; what to do about that is not his to guess."""
    if book.key(object_id) is not None:
        return ()
    return (Finding(_KEY_WANTED.get(book.file.objects[object_id].kind, "key_wanted"), "", True, {}),)


def _lost(book: Casebook, step: Step, state: DirectoryState) -> Iterator[Finding]:
    """Who was asked, or sent the document, and cannot open it: said where it can be begun again."""
    lost = {
        Step.VET_RETURN: ("asked_cut_off", resealing.lost_branches),
        Step.CLOSE: ("recipient_cut_off", resealing.lost_recipients),
    }.get(step)
    principals = [] if lost is None else lost[1](book, state)
    if lost is not None and principals:
        who = "、".join(names.principal_name(state.organisation, each) for each in principals)
        yield Finding(lost[0], "", False, {"who": who})


def _recipients(book: Casebook) -> tuple[str, ...]:
    drafted = book.file.drafted
    return () if drafted is None else (*drafted.entry.head["recipients"], *drafted.entry.head["copies"])


def _open(book: Casebook, object_id: str, row: Transition) -> bool:
    """Whether the step may be taken by somebody."""
    file = book.file
    kind = file.objects[object_id].kind
    if file.objects[object_id].begun_later or not book.is_readable(_heads(book, object_id, row)):
        return False
    if kind is ObjectKind.CASE:
        fits = row.object in (ObjectKind.CASE, ObjectKind.ISSUE) and file.phase in row.sources
        return fits and not (row.joins and not _may_join(book))
    if kind is ObjectKind.BRANCH:
        return row.step is Step.CONSULT_REPLY and len(file.objects[object_id].chain) == 1
    return kind is ObjectKind.ISSUE and row.object is ObjectKind.RECEIPT and file.phase is not Phase.ANNULLED


def _heads(book: Casebook, object_id: str, row: Transition) -> Iterable[bytes]:
    """On what the step would stand."""
    file = book.file
    if row.object is ObjectKind.RECEIPT and not row.creates:
        return {head for receipt in file.receipts.values() for head in file.objects[receipt].heads}
    return file.parents_for(row.step, object_id)


def _may_join(book: Casebook) -> bool:
    file = book.file
    agreed = all(file.verdict(asked) != "disagree" for asked in file.branches)
    return agreed and not file.unanswered()


def _mine(book: Casebook, object_id: str, row: Transition, post: Post) -> bool:
    """Whether it is this post's to take."""
    file = book.file
    if row.step is Step.CONSULT_REPLY:
        return file.objects[object_id].first.head["asked"] in (post.id, post.body)
    if row.object is ObjectKind.RECEIPT:
        sent = file.dispatched
        if sent is None or post.body not in (*sent.entry.head["recipients"], *sent.entry.head["copies"]):
            return False
        receipt = file.receipts.get(post.body)
        if row.creates:
            return receipt is None
        chain = file.objects[receipt].chain if receipt is not None else []
        return len(chain) == 1 and chain[0].entry.step is Step.RECEIVE
    if post.body != file.body:
        return False
    if row.step is Step.WITHDRAW:
        # 作废 ends the work of others: his who drafted it, or who signs for the body, and nobody's in between.
        drafted = file.drafted.entry.post if file.drafted is not None else None
        return post.id == drafted or Duty.SIGN in post.duties
    return not row.in_turn or file.turn is None or file.turn in (post.id, post.body)


def may_copy(book: Casebook, object_id: str, person: str, organisation: Organisation) -> bool:
    """Whether a person may begin what has ended, or was issued, again as a draft of his body."""
    file = book.file
    ended = file.phase in (Phase.VOID, Phase.ANNULLED, Phase.DISPATCHED, Phase.CLOSED)
    readable = "elements" in book.fields(file.drafted)
    if file.objects[object_id].kind is not ObjectKind.CASE or not ended or not readable:
        return False
    mine = (post for post in organisation.posts_of(person) if post.body == file.body)
    return any(may_take(Step.DRAFT, person, post, organisation) for post in mine)


def _holders(organisation: Organisation, post: str) -> str:
    return "、".join(person_name(organisation, person) for person in sorted(organisation.holders(post)))
