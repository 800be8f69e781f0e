"""Where an invitation leads, in words, before the newcomer agrees to it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from client.ui.base.language import tr
from client.ui.widgets.card import Card
from client.ui.widgets.panes import Column
from client.ui.widgets.text import Text, TextKind
from protocol.invitation import Invitation
from protocol.text import Field, shown

_GROUP = 4
_GROUPS_A_LINE = 4


class InvitedCard(Column):
    """The names are what the invitation's maker says; the root's fingerprint is what the server must have."""

    def __init__(self, invitation: Invitation, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=0, spacing=8, ground="")
        card = Card(
            tr("Join {site}", site=shown(invitation.site, Field.NAME)),
            tr("You are invited as:"),
            self,
        )
        card.add_fact(tr("Name"), shown(invitation.person, Field.NAME))
        if invitation.post:
            card.add_fact(tr("Post"), shown(invitation.post, Field.NAME))
        card.add_fact(tr("Server"), invitation.server)
        fingerprint = card.add_fact(tr("Root fingerprint"), in_groups(invitation.root_fingerprint))
        fingerprint.setProperty("kind", TextKind.CODE.value)
        fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.add(card)
        words = tr(
            "Go on only if this is you and your city, and the slip or file came from your administrator's hand."
        )
        self.add(Text(words, TextKind.HINT, self, wrap=True))


def in_groups(fingerprint: bytes) -> str:
    """As it stands on the slip: hexadecimal in groups of four, four to a line."""
    digits = fingerprint.hex()
    groups = [digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)]
    lines = (groups[at : at + _GROUPS_A_LINE] for at in range(0, len(groups), _GROUPS_A_LINE))
    return "\n".join(" ".join(line) for line in lines)
