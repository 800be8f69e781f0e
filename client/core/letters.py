"""How searched text is compared: letter by letter, folded, whatever stands between the letters.

The index (`client/core/store/search.py`) and the filters of short lists go by the same letters, so that what one finds the other
does not miss.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from protocol import characters

# Accents, which people leave out: one types cafe for café. Marks of other scripts are part of their letters.
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
# Private-use characters that input methods for GBK still write: in a text they have been replaced before it was sent.
_TWINS: Final = str.maketrans(dict(characters.TWINS))


def letters(text: str) -> list[str]:
    """The letters and digits of a text: full width, superscripts (m² is m2), accents and case folded.

    What stands between them (spaces, stops, slashes) parts nothing.
    """
    parted = unicodedata.normalize("NFKD", text.translate(_TWINS))
    folded = unicodedata.normalize("NFKC", _ACCENTS.sub("", parted)).casefold()
    # Folding the case may part an accent again (İ).
    return [letter for letter in _ACCENTS.sub("", folded) if letter.isalnum()]


def is_searchable(query: str) -> bool:
    """Whether a query has anything to look for: signs alone (😀, %) are in no index."""
    return bool(letters(query))


def matches(text: str, query: str) -> bool:
    """Whether a text has the letters of each space-separated part of a query; an empty query matches everything."""
    if not query.strip():
        return True
    parts = _parts(query)
    there = "".join(letters(text))
    return bool(parts) and all(part in there for part in parts)


def place_in(text: str, query: str) -> int:
    """Where in a text the first part of a query begins that is in it; -1: none is."""
    spread = [(letter, place) for place, character in enumerate(text) for letter in letters(character)]
    there = "".join(letter for letter, _place in spread)
    found = [at for part in _parts(query) if (at := there.find(part)) >= 0]
    return spread[min(found)][1] if found else -1


def _parts(query: str) -> list[str]:
    return [part for each in query.split() if (part := "".join(letters(each)))]
