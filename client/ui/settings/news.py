"""What the desktop is told of new messages."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import NewsShown, chosen_news, keep_news
from client.ui.settings.section import Choice, Section


def news_words(choice: NewsShown) -> str:
    """What a notification says, from most to least."""
    return {
        NewsShown.CONTENT: tr("Who writes, and how the message begins"),
        NewsShown.SENDER: tr("Who writes"),
        NewsShown.PRESENCE: tr("Only that there is a message"),
        NewsShown.NOTHING: tr("No notifications"),
    }[choice]


class NewsSection(Section):
    """Takes effect with the next message."""

    def __init__(self, state: WindowState, parent: QWidget | None = None) -> None:
        super().__init__(tr("Notifications"), Icon.MESSAGES, parent)
        options = [(news_words(choice), choice) for choice in NewsShown]
        self.add_card(
            tr("Notifications of new messages"),
            Choice(options, chosen_news(state), lambda choice: keep_news(state, choice), self),
            hint=tr("While Jinshu is locked nothing is told. The desktop may keep what it was shown."),
        )
