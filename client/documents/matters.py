"""Cases of procedures that the site defines itself, on the pages where 公文 are: everything shown is read off the definition.

No program has words for them: the CA signed the words with the definition. They have no page that is set and no file of their
own yet; what an entry hides of words (title, reason, opinion, remark) is shown like that of a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from client.cases import names
from client.cases.entry_writer import EntryWriter
from client.cases.local_case import LocalCase
from client.cases.offers import fields_of, offers
from client.cases.rows import Matter
from client.documents import document_view
from client.documents.paper import CASES
from client.documents.paper import title_of as given_title
from client.documents.rows import Act, Action, Beginning, Box, DocumentView
from protocol import text
from protocol.cases import succession
from protocol.cases.authority import may_take
from protocol.cases.history import ObjectFile
from protocol.cases.objects import ID_KINDS, ObjectKind
from protocol.cases.procedure import Offer, ProcedureReference, StepRule
from protocol.cases.procedures import UNKNOWN
from protocol.cases.words import read_words
from protocol.directory.organisation import Organisation, Post
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError
from protocol.text import Field


def words_of(case: LocalCase, state: DirectoryState) -> Mapping[str, str]:
    """What the site calls the parts of the case's procedure."""
    found = state.definitions.get(case.file.procedure.hash)
    return {} if found is None else read_words(found.words)


def matter_of(case: LocalCase, state: DirectoryState) -> Matter:
    """What a case is and where it stands, in the site's words; nothing of one whose rules this program does not know."""
    words, procedure = words_of(case, state), case.file.procedure
    called = "" if procedure is UNKNOWN else words.get(procedure.id, procedure.id)
    phase = words.get(case.file.phase, case.file.phase)
    return Matter(text.shown(called, Field.NAME), text.shown(phase, Field.NAME))


def title_of(case: LocalCase, found: ObjectFile, state: DirectoryState) -> str:
    """The newest title anybody gave it; else what it is."""
    return given_title(case, found) or matter_of(case, state).called


def view(case: LocalCase, object_id: str, person: str, state: DirectoryState) -> DocumentView:
    """Everything the page of an object of such a case shows."""
    file, words = case.file, words_of(case, state)
    found, own = file.objects[object_id], state.organisation.bodies_of(person)
    return DocumentView(
        id=object_id,
        case=file.case,
        title=text.shown(title_of(case, found, state), Field.TITLE),
        number="",
        phase=None,
        elements=None,
        attachments=(),
        route=tuple(document_view.route(case, found, state.organisation, words)),
        actions=actions(case, object_id, person, state) if not case.refused() else (),
        receipts=(),
        pdf_sha256=None,
        sealed=False,
        signed_on="",
        verification=_verification(case, found, state.organisation),
        outgoing=file.body in own,
        role=found.kind,
        outdated=case.outdated,
        matter=matter_of(case, state),
    )


def _verification(
    case: LocalCase, found: ObjectFile, organisation: Organisation
) -> tuple[str, dict[str, str]]:
    """Such a case has no 签发 to wait for: where nothing is wrong, its steps are what is verified."""
    key, params = document_view.verification(case, found, None, organisation)
    return ("steps" if key in ("route", "unverified") else key), params


def actions(case: LocalCase, object_id: str, person: str, state: DirectoryState) -> tuple[Action, ...]:
    """What a person may do now, the way forward first."""
    organisation, words = state.organisation, words_of(case, state)
    found = [
        _action(row, post, state, words, primary=row.offer is Offer.FORWARD)
        for row, post in offers(case, object_id, person, organisation)
    ]
    return tuple(sorted(found, key=lambda action: not action.primary))


def beginnings(person: str, state: DirectoryState) -> tuple[Beginning, ...]:
    """What a person may begin now, in the order of its words: of every procedure that the site has defined and that is in force."""
    organisation = state.organisation
    found = []
    for entry in organisation.procedures.values():
        reference = ProcedureReference(entry.name, entry.version, entry.hash)
        procedure = None if entry.definition is None else CASES.procedures(state).find(reference)
        if procedure is None:
            continue
        words = read_words(entry.words)
        offered = tuple(
            _action(row, post, state, words, primary=True)
            for row in procedure.rows
            if row.begins_case
            for post in organisation.posts_of(person)
            if may_take(row, person, post, organisation)
        )
        if offered:
            called = text.shown(words.get(procedure.id, procedure.id), Field.NAME)
            found.append(Beginning(entry.hash, called, offered))
    return tuple(sorted(found, key=lambda each: each.called))


def _action(
    row: StepRule, post: Post, state: DirectoryState, words: Mapping[str, str], *, primary: bool
) -> Action:
    return Action(
        step=row.step,
        post=post.id,
        post_name=names.post_name(state.organisation, post.id),
        primary=primary,
        needs_reason=row.reasoned,
        targets=(),
        consultable=(),
        called=text.shown(words.get(row.step, row.step), Field.NAME),
        fields=fields_of(row, post.body, state, words),
    )


def rows(case: LocalCase, person: str, state: DirectoryState) -> Iterator[tuple[ObjectFile, Box, str]]:
    """The objects of a case that have a line in a box: each with the box, and who has it now."""
    file = case.file
    for found in file.objects.values():
        if found.kind is not ObjectKind.CASE and file.complete:
            continue
        offered = offers(case, found.id, person, state.organisation)
        mine = any(row.offer is Offer.FORWARD for row, _post in offered) or case.refused()
        ends = file.complete and not any(file.phase in row.sources for row in file.procedure.rows)
        # Where a case stands whose rules are not known here, a later version will tell.
        box = Box.WAITING if mine else Box.OUTGOING if ends and not case.outdated else Box.RUNNING
        yield found, box, _holder(case, found, state.organisation)


def _holder(case: LocalCase, found: ObjectFile, organisation: Organisation) -> str:
    turn = case.file.turn if found.kind is ObjectKind.CASE else None
    return "" if turn is None else names.principal_name(organisation, turn)


async def act(writer: EntryWriter, post: Post, object_id: str, decided: Act) -> None:
    """Sign what the user decided, and queue it.

    Raises:
        JinshuError: why it cannot be done now.
    """
    file = writer.book.file
    row = file.procedure.steps.get(decided.step)
    if row is None:
        raise JinshuError(ErrorCode.CASES_UNKNOWN_STEP, step=decided.step)
    begins = row.begins_case and not file.objects
    target = file.case if begins else succession.object_for(file, row, object_id, post)
    if target is None:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_ALLOWED, step=decided.step, phase=file.phase)
    if row.creates and not row.begins_case:
        target = writer.new_object(ID_KINDS[row.object])
    given = dict(decided.fields)
    head = {name: _value(shape, given.get(name)) for name, shape in row.head.items()}
    if "to" in row.head:
        head["to"] = file.target(row)
    said = {"reason": decided.reason, "opinion": decided.opinion}
    await writer.write(
        row.step, post, head, {name: each for name, each in said.items() if each}, object_id=target
    )
    await writer.commit()


def _value(shape: str, given: Any) -> Any:
    """What was decided, as the head carries it."""
    if shape.endswith("*"):
        return sorted(set(given or ()))
    return int(given) if shape.startswith("integer") and str(given).isdecimal() else given
