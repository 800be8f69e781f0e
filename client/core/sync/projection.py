"""Store and pending acts folded into what the user sees: each object's rows are recomputed from its entries
alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from client.core.events import Event

Project = Callable[[Connection, str], Iterable[Event]]


class Projection:
    """Areas add how to project an object of theirs; whoever changes its entries calls `refresh` in the same
    transaction."""

    def __init__(self) -> None:
        self._projects: dict[str, Project] = {}

    def register(self, area: str, project: Project) -> None:
        if area in self._projects:
            raise ValueError(f"two projections for {area}")
        self._projects[area] = project

    def refresh(self, connection: Connection, area: str, objects: Iterable[str]) -> list[Event]:
        """Project each object once, in a stable order."""
        project = self._projects[area]
        return [event for name in sorted(set(objects)) for event in project(connection, name)]
