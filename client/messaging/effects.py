"""What a message does besides being there: edits and recalls its author's own, names the conversation, marks read.

Always worked out from all that is kept, so that it is the same in whatever order keys and answers come, and undone when the
server refuses it. A device that only the CA vouches for touches what it said itself and nothing else of its person's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection

from client.core.store import search
from client.messaging import conversation_store, marks, message_store
from client.messaging.message_store import StoredMessage
from protocol import text
from protocol.crypto import cbor
from protocol.directory.records import Standing
from protocol.directory.state import DirectoryState
from protocol.messaging.contents import ContentKind
from protocol.text import Field

Vouched = Callable[[str], bool]
_CHANGES: Final = (ContentKind.EDIT, ContentKind.RECALL)
_DEPENDING: Final = (*_CHANGES, ContentKind.TITLE)  # on the standing of the message that says so


def vouched_in(state: DirectoryState) -> Vouched:
    """Whether somebody besides the CA says that a device is its person's."""
    return lambda device: state.standing(device) not in (None, Standing.ON_CA_WORD)


def apply(connection: Connection, kept: StoredMessage, me: str, vouched: Vouched) -> None:
    """What follows from a message that is new here, or can be read now."""
    fields = kept.fields or {}
    if kept.kind in _CHANGES:
        _revise(connection, fields["target"], vouched)
    elif kept.kind is ContentKind.TITLE:
        conversation_store.change(
            connection, kept.conversation, title=message_store.newest_title(connection, kept.conversation)
        )
    elif kept.kind is ContentKind.READ:
        if vouched(kept.device):
            marks.mark_read(connection, kept.conversation, kept.person, fields["upto"])
        if vouched(kept.device) and kept.person == me:
            conversation_store.read_here(connection, kept.conversation, fields["upto"])
    elif not kept.recalled:
        search.add(connection, area=message_store.AREA, key=kept.id, content=_words(kept, kept.edited))


def work_out_anew(connection: Connection, message: str, me: str, vouched: Vouched) -> None:
    """The standing of a message is another: it was given its place, refused, or is tried again."""
    kept = message_store.find(connection, message)
    if kept is not None and kept.kind in _DEPENDING:
        apply(connection, kept, me, vouched)


def _revise(connection: Connection, message: str, vouched: Vouched) -> None:
    """Make a message what its author's changes say. What it said is kept until the server has the recall."""
    target = message_store.find(connection, message)
    if target is None:
        return
    changes = [
        change
        for change in message_store.changes_of(connection, target)
        if change.device == target.device or vouched(change.device)
    ]
    recalls = [change for change in changes if change.kind is ContentKind.RECALL]
    edits = [change.fields["text"] for change in changes if change.kind is ContentKind.EDIT and change.fields]
    edited = edits[-1] if edits and not recalls else None
    values: dict[str, Any] = {"recalled": bool(recalls), "edited": edited}
    if any(recall.n is not None for recall in recalls):
        values["fields"] = cbor.encode({})
    message_store.amend(connection, target.id, **values)
    if recalls:
        search.remove(connection, area=message_store.AREA, key=target.id)
    elif target.fields and (edited, False) != (target.edited, target.recalled):
        search.put(connection, area=message_store.AREA, key=target.id, content=_words(target, edited))


def _words(kept: StoredMessage, edited: str | None) -> str:
    """What a search finds it by: what a reader sees of it, without the marks that are drawn for him."""
    fields = kept.fields or {}
    return text.clean(edited or str(fields.get("text") or fields.get("name") or ""), Field.MESSAGE)
