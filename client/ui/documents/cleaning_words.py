"""What became of a pasted text when it was made fit to be printed, in a sentence; nothing when it is as it was."""

from __future__ import annotations

from client.ui.base.language import enumerated, tr
from protocol.characters import TWINS, Kind, kind_of


def cleaning_words(pasted: str, clean: str) -> str:
    """Tabs, private-use characters and marks nobody sees, by number; `clean` is what stands in the field."""
    if pasted == clean:
        return ""
    tabs = pasted.count("\t")
    twins = list(dict.fromkeys(TWINS[char] for char in pasted if char in TWINS))
    hidden = _unseen(pasted) - _unseen(clean)
    said = [
        tr("{count} tabs of a table became spaces; keep a table as an attachment.", count=tabs)
        if tabs
        else "",
        tr("Characters of one font only became standard ones: {characters}.", characters=enumerated(twins))
        if twins
        else "",
        tr("{count} invisible marks were left out.", count=hidden) if hidden else "",
    ]
    return " ".join(each for each in said if each)


def _unseen(text: str) -> int:
    """How many characters of a text are drawn as nothing of their own."""
    return sum(kind_of(char) in _UNSEEN for char in text)


_UNSEEN = (Kind.HIDDEN, Kind.QUIET, Kind.SELECTOR, Kind.JOINER)
