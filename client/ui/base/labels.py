"""Words on buttons, ticks and menus that are words: the only place that knows Qt's mark for a key.

Qt takes the sign `&` in such words for "the next letter is a shortcut", and hides it: a post called 研发R&D部主任 took Alt+D from
whatever had it, and was called 研发RD部主任. What other people wrote must not be able to do either.
"""

from __future__ import annotations


def plain_label(words: str) -> str:
    """What to give to Qt so that exactly these words are shown and none of their letters becomes a shortcut."""
    return words.replace("&", "&&")


def words_of(label: str) -> str:
    """The words that were made a plain label."""
    return label.replace("&&", "&")


def plain_entry(words: str) -> str:
    """The same for a line of a menu, in which Qt moreover sets what follows a tab at the right as the keys to press."""
    return plain_label(words.replace("\t", " "))
