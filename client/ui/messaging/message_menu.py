"""What may be done with a message, as its menu offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client.messaging.rows import Delivery, MessageKind, MessageRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.messaging.words import is_folded
from client.ui.widgets.menu import MenuEntry

Act = Callable[[MessageRow], object]


@dataclass(frozen=True, slots=True)
class MessageActs:
    """Who does it."""

    reply: Act
    edit: Act
    recall: Act
    copy: Act
    whole: Act
    save: Act
    retry: Act
    discard: Act
    cancel: Act


def message_menu(row: MessageRow, acts: MessageActs) -> list[MenuEntry]:
    """Only what can be done with this one."""
    if row.recalled or row.kind is MessageKind.NOTICE:
        return []
    arrived = row.delivery not in (Delivery.PENDING, Delivery.REFUSED) and row.n is not None
    readable = row.unreadable is None
    text = row.kind is MessageKind.TEXT and readable
    moving = row.file is not None and row.file.progress is not None
    offers = (
        (row.mine and row.delivery is Delivery.REFUSED, tr("Try again"), acts.retry, Icon.REFRESH),
        (arrived and readable, tr("Reply"), acts.reply, Icon.MESSAGES),
        (is_folded(row), tr("Show all"), acts.whole, Icon.FULL_SCREEN),
        (text, tr("Copy"), acts.copy, Icon.COPY),
        (row.file is not None and readable and not moving, tr("Save file as…"), acts.save, Icon.DOWNLOAD),
        (moving, tr("Cancel"), acts.cancel, Icon.CLOSE),
        (row.mine and text and arrived, tr("Edit"), acts.edit, Icon.COMPOSE),
        (row.mine and arrived, tr("Recall"), acts.recall, Icon.RETURN),
        (row.mine and row.delivery is Delivery.REFUSED, tr("Delete"), acts.discard, Icon.BIN),
    )
    return [MenuEntry(words, _bound(act, row), icon) for offered, words, act, icon in offers if offered]


def _bound(act: Act, row: MessageRow) -> Callable[[], object]:
    return lambda: act(row)
