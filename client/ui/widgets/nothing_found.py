"""What an empty list says while something is searched for."""

from __future__ import annotations

from client.core.letters import is_searchable
from client.ui.base.language import tr


def nothing_found(query: str, words: str) -> tuple[str, str]:
    """Title and sentence of the empty state; `words` say what was looked for, unless nothing could be."""
    if not is_searchable(query):
        words = tr("Signs alone are not looked for; add a letter or digit.")
    return tr("Nothing found"), words
