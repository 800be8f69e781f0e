"""Steps, phases, boxes and kinds in the clerk's words."""

from __future__ import annotations

from dataclasses import dataclass

from client.cases.rows import Matter, Standing, Target
from client.documents.rows import Action, Box, DocumentRow, DocumentView
from client.ui.base.language import tr
from client.ui.base.rows import Mark
from client.ui.base.theme import Tone
from protocol.cases.objects import ObjectKind
from protocol.documents.kinds import Kind
from protocol.documents.steps import Answer, Phase, Step


def box_words(box: Box) -> str:
    """A box by the name on its shelf."""
    return {
        Box.WAITING: tr("To act on"),
        Box.DRAFTS: tr("Drafts"),
        Box.RUNNING: tr("In circulation"),
        Box.OUTGOING: tr("Dispatched by us"),
        Box.INCOMING: tr("To be received"),
        Box.RECEIVED: tr("Received by us"),
        Box.VOID: tr("Voided"),
    }[box]


def empty_words(box: Box) -> tuple[str, str]:
    """What an empty box says: that it is empty, and what would be in it."""
    return {
        Box.WAITING: (tr("Nothing to act on"), tr("Documents that wait for your word appear here.")),
        Box.DRAFTS: (tr("No drafts"), tr("Drafts stay on this computer until you send them to review.")),
        Box.RUNNING: (tr("Nothing in circulation"), tr("Documents that colleagues work on appear here.")),
        Box.OUTGOING: (tr("Nothing dispatched yet"), tr("Documents your body has issued appear here.")),
        Box.INCOMING: (tr("Nothing to receive"), tr("Documents sent to your body wait here for receipt.")),
        Box.RECEIVED: (tr("Nothing received yet"), tr("Documents your body has received appear here.")),
        Box.VOID: (
            tr("Nothing voided"),
            tr(
                "Drafts that were ended before they were issued stay here; each can be begun again as a copy."
            ),
        ),
    }[box]


def step_words(step: str, called: str = "") -> str:
    """A step as the button and the route call it; `called`: the site's own word, for a step of its own procedures."""
    return called or _step_words()[step]


def _step_words() -> dict[str, str]:
    return {
        Step.DRAFT: tr("Draft"),
        Step.REVISE: tr("Revise"),
        Step.SUBMIT: tr("Send to review"),
        Step.REVIEW_PASS: tr("Pass review"),
        Step.REVIEW_RETURN: tr("Return"),
        Step.CONSULT_OPEN: tr("Consult"),
        Step.CONSULT_REPLY: tr("Answer consultation"),
        Step.VET_PASS: tr("Pass vetting"),
        Step.VET_RETURN: tr("Return"),
        Step.SIGN_OFF: tr("Sign off"),
        Step.SIGN_RETURN: tr("Return"),
        Step.RECHECK_PASS: tr("Pass recheck"),
        Step.RECHECK_RETURN: tr("Return"),
        Step.NUMBER: tr("Give a number"),
        Step.SEAL: tr("Seal"),
        Step.DISPATCH: tr("Dispatch"),
        Step.WITHDRAW: tr("Make void"),
        Step.ANNUL: tr("Annul"),
        Step.CLOSE: tr("Close case"),
        Step.OPINION: tr("Leave a remark"),
        Step.RECEIVE: tr("Receive"),
        Step.REJECT: tr("Reject"),
        Step.REGISTER: tr("Register"),
        Step.RESEAL: tr("Deliver late"),
        Step.TAKE_BACK: tr("Fetch back"),
        Step.URGE: tr("Urge"),
        Step.LATER: tr("A step of a newer version"),
    }


def act_words(action: Action) -> str:
    """An act as its button calls it."""
    # Before a document is issued a case is sealed anew; afterwards the issue is delivered late.
    return tr("Seal anew") if action.step == Step.RESEAL else step_words(action.step, action.called)


def acting_words(action: Action) -> str:
    """An act with the post it is taken in: 以“主任”身份签发."""
    return tr("{act} as {post}", act=act_words(action), post=action.post_name)


def consequence_words(step: str) -> str:
    """What cannot be taken back, for the steps that ask once; empty for the others."""
    words: dict[str, str] = {
        Step.SIGN_OFF: tr(
            "You sign every element of this document. From now on no word of it can change without your signing again."
        ),
        Step.SEAL: tr("The document is typeset and sealed in the name of the body. A seal cannot be lifted."),
        Step.DISPATCH: tr(
            "The sealed document goes to every recipient at once. It can be annulled later, but not fetched back."
        ),
        Step.RECEIVE: tr(
            "Your signature tells the sender that your body has received exactly these pages, and when."
        ),
    }
    return words.get(step, "")


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """How a reason is asked for: what is done, what follows from it, what the field and its button are called."""

    title: str
    consequence: str
    field: str
    confirm: str


def reason_words(step: str, called: str = "") -> ReasonWords:
    """The words of the panel of a step that wants a reason; `called`: the site's own word, for a step of its own."""
    known = _reason_words()
    if step in known:
        return known[step]
    return ReasonWords(
        called, tr("Whoever has the case reads your reason."), tr("Reason"), tr("Confirm: {act}", act=called)
    )


def _reason_words() -> dict[str, ReasonWords]:
    returned = ReasonWords(
        tr("Return"),
        tr("It goes back for correction with your reason, and comes again."),
        tr("Reason for the return"),
        tr("Confirm the return"),
    )
    return {
        Step.WITHDRAW: ReasonWords(
            tr("Make this draft void"),
            tr(
                "The case ends for everybody who works on it and cannot be taken up again. Text and attachments stay "
                "under Voided, where they can be copied into a new draft."
            ),
            tr("Reason for voiding"),
            tr("Confirm: make void"),
        ),
        Step.ANNUL: ReasonWords(
            tr("Annul the issued document"),
            tr(
                "Every recipient is told that the document is annulled from the beginning. Nothing is deleted."
            ),
            tr("Reason for annulling"),
            tr("Confirm: annul"),
        ),
        Step.REJECT: ReasonWords(
            tr("Reject the document"),
            tr("The sender is told that your body does not accept it, and why."),
            tr("Reason for rejecting"),
            tr("Confirm: reject"),
        ),
        Step.URGE: ReasonWords(
            tr("Urge whose turn it is"),
            tr("Whoever has the document sees your words; nothing moves."),
            tr("Reason for urging"),
            tr("Confirm: urge"),
        ),
        Step.REVIEW_RETURN: returned,
        Step.VET_RETURN: returned,
        Step.SIGN_RETURN: returned,
        Step.RECHECK_RETURN: returned,
    }


def phase_mark(phase: Phase) -> Mark:
    """Where a case stands."""
    return {
        Phase.DRAFTING: Mark(tr("being drafted"), Tone.NEUTRAL),
        Phase.REVIEW: Mark(tr("to be reviewed"), Tone.WAITING),
        Phase.VETTING: Mark(tr("to be vetted"), Tone.WAITING),
        Phase.SIGNING: Mark(tr("to be signed"), Tone.WAITING),
        Phase.RECHECK: Mark(tr("to be rechecked"), Tone.WAITING),
        Phase.NUMBERING: Mark(tr("to be numbered"), Tone.WAITING),
        Phase.SEALING: Mark(tr("to be sealed"), Tone.WAITING),
        Phase.DISPATCHING: Mark(tr("to be dispatched"), Tone.WAITING),
        Phase.DISPATCHED: Mark(tr("dispatched"), Tone.DONE),
        Phase.CLOSED: Mark(tr("closed"), Tone.DONE),
        Phase.VOID: Mark(tr("void"), Tone.NEUTRAL),
        Phase.ANNULLED: Mark(tr("annulled"), Tone.SEAL),
    }[phase]


def row_mark(row: DocumentRow, box: Box | None) -> Mark:
    """The state chip of a row; an act of mine under way comes before everything else."""
    if row.standing is Standing.REFUSED:
        return Mark(tr("refused"), Tone.SEAL)
    if row.standing is Standing.PENDING:
        return Mark(tr("on its way"), Tone.WAITING)
    if row.outdated:
        return Mark(tr("newer version needed"), Tone.WAITING)
    if row.matter is not None and row.matter.phase:
        return Mark(row.matter.phase, Tone.WAITING if box is Box.WAITING else Tone.NEUTRAL)
    if row.consult:
        return Mark(tr("to be consulted"), Tone.WAITING)
    if box is Box.DRAFTS:
        return Mark("" if row.kind is None else kind_words(row.kind), Tone.NEUTRAL)
    if box is Box.INCOMING:
        return Mark(tr("to be received"), Tone.WAITING)
    if row.phase is not None:
        return phase_mark(row.phase)
    return Mark(tr("received"), Tone.DONE) if box is Box.RECEIVED else Mark(tr("waiting"), Tone.WAITING)


def _matter_mark(view: DocumentView, matter: Matter) -> Mark:
    """Of a matter only one branch of which is mine, or whose rules are not known here, the phase is out of sight."""
    if view.outdated:
        return Mark(tr("newer version needed"), Tone.WAITING)
    return Mark(matter.phase or tr("waiting"), Tone.WAITING if view.actions else Tone.NEUTRAL)


def target_words(target: Target) -> str:
    """A person, a post or a body in a list to choose from: 办公室主任（周正）."""
    return f"{target.name}（{target.detail}）" if target.detail else target.name


def view_mark(view: DocumentView) -> Mark:
    """The state chip of the document page."""
    if view.matter is not None:
        return _matter_mark(view, view.matter)
    steps = {action.step for action in view.actions}
    if Step.CONSULT_REPLY in steps:
        return Mark(tr("to be consulted"), Tone.WAITING)
    if Step.RECEIVE in steps:
        return Mark(tr("to be received"), Tone.WAITING)
    if view.phase is not None:
        return phase_mark(view.phase)
    done = {step.step for step in view.route if step.standing is not Standing.REFUSED}
    if Step.REJECT in done:
        return Mark(tr("rejected"), Tone.SEAL)
    if Step.REGISTER in done:
        return Mark(tr("registered"), Tone.DONE)
    if view.role is ObjectKind.BRANCH:
        return Mark(tr("consultation answered"), Tone.DONE)
    return Mark(tr("received"), Tone.DONE)


def urgency_mark(urgency: str) -> Mark | None:
    """特急 and 加急 as small filled tags."""
    words = {"urgent": tr("Urgent"), "most_urgent": tr("Most urgent")}.get(urgency)
    return Mark(words, Tone.SEAL, filled=True) if words else None


def kind_words(kind: Kind) -> str:
    """The statutory kind."""
    return {
        Kind.RESOLUTION: tr("Resolution"),
        Kind.DECISION: tr("Decision"),
        Kind.ORDER: tr("Order"),
        Kind.COMMUNIQUE: tr("Communiqué"),
        Kind.ANNOUNCEMENT: tr("Announcement"),
        Kind.PUBLIC_NOTICE: tr("Public notice"),
        Kind.OPINION: tr("Opinion"),
        Kind.NOTICE: tr("Official notice"),
        Kind.CIRCULAR: tr("Circular"),
        Kind.REPORT: tr("Report to above"),
        Kind.REQUEST: tr("Request for instructions"),
        Kind.REPLY: tr("Official reply"),
        Kind.PROPOSAL: tr("Proposal"),
        Kind.LETTER: tr("Official letter"),
        Kind.MINUTES: tr("Meeting minutes"),
    }[kind]


def answer_words(answer: Answer) -> str:
    """What a consulted body says."""
    return {
        Answer.AGREE: tr("agrees"),
        Answer.COMMENTS: tr("has comments"),
        Answer.DISAGREE: tr("disagrees"),
    }[answer]


def phrases() -> tuple[str, ...]:
    """The usual phrases of an opinion."""
    return (
        tr("Agreed."),
        tr("I propose to agree; please decide."),
        tr("Agreed for issue."),
        tr("Read."),
        tr("Please handle this according to procedure."),
        tr("Please correct it as marked and submit it again."),
    )
