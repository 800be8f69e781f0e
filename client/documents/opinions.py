"""Opinions half written: they outlive a lock and the end of the program, in the encrypted store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from client.core.settings import Settings

_NAME: Final = "documents.opinions"


class KeptOpinions:
    """By document, what was typed and not yet given."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def load(self) -> dict[str, str]:
        return dict(await self._settings.load(_NAME, {}))

    async def keep(self, opinions: Mapping[str, str]) -> None:
        await self._settings.save(_NAME, dict(opinions))
