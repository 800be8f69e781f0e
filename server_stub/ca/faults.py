"""What an operator of the CA can get wrong, as typed errors with a sentence in both languages."""

from __future__ import annotations


class CaError(Exception):
    """A refusal that `jinshu-ca` prints as it is; carries no secret."""

    def __init__(self, chinese: str, english: str) -> None:
        self.chinese = chinese
        self.english = english
        super().__init__(f"{chinese} ({english})")

    def text(self, lang: str) -> str:
        return self.english if lang == "en" else self.chinese
