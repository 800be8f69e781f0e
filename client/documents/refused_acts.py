"""Taking back what the server refused: what was signed together with it goes too, and a draft is a draft again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from client.cases import entry_store
from client.cases.entry_acts import KIND, entry_of
from client.core.sync import acts
from client.core.sync.acts import ActStanding
from client.documents.drafting import form_of
from client.documents.drafts import StoredDraft
from client.documents.files import attachments_in
from protocol.cases.entries import DocumentEntry
from protocol.cases.procedures import Procedures
from protocol.documents.model import Elements
from protocol.documents.steps import Step

# Signed in one go with the entry before them: without it they are nothing.
_TOGETHER: Final = frozenset({Step.SUBMIT, Step.CONSULT_OPEN})
_DRAFTED: Final = frozenset({Step.DRAFT, Step.REVISE})


def take_back(connection: Connection, entry_id: bytes, case: str, procedures: Procedures) -> None:
    """Forget a refused entry and what waits behind it that hangs on it alone; all of it is held back, none on its way."""
    entry_store.remove(connection, entry_id)
    for state in acts.states(connection):
        act = acts.find(connection, state.id, ActStanding.PENDING)
        if act is None or (act.kind, act.object) != (KIND, case):
            continue
        signed = entry_of(act)
        entry = DocumentEntry.parse(signed.value(), procedures)
        if entry.step in _TOGETHER and entry_id in entry.parents:
            entry_store.remove(connection, signed.entry_id)
            acts.remove(connection, act.id)


def draft_again(
    entry: DocumentEntry, fields: Mapping[str, Any], draft_id: str, now: int
) -> StoredDraft | None:
    """What a refused draft said, to be worked on and sent once more; None: the entry was no draft."""
    if entry.step not in _DRAFTED or "elements" not in fields:
        return None
    form = form_of(Elements.from_cbor_value(fields["elements"]), entry.head["deadline"])
    case = entry.case if entry.step == Step.REVISE else None
    return StoredDraft(draft_id, form, attachments_in(fields), case, now)
