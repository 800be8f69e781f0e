"""How the pages of a sealed document were compared with what was signed off; a receipt (签收) names it."""

from __future__ import annotations

from enum import StrEnum

# The hidden field of a receipt that holds it.
FIELD = "page_check"


class PageCheck(StrEnum):
    """PAGE: set again, by a setting that counts, and every byte the same. WORDS: only the words were compared. NONE: what was
    signed off cannot be set on that machine at all, and nothing says what the pages look like."""

    PAGE = "page"
    WORDS = "words"
    NONE = "none"
