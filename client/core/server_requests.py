"""Requests to the server, as services make them: what they need of `connection.api`, so that a test answers in its place."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import BaseModel

ReplyT = TypeVar("ReplyT", bound=BaseModel)


class ServerRequests(Protocol):
    """Each raises `network.*` when the server is not reached, and what the server refused with, as a JinshuError."""

    async def post(self, path: str, model: BaseModel, reply: type[ReplyT]) -> ReplyT:
        """Send a model to `path` below /v1 and read the reply."""
        ...

    async def post_bytes(self, path: str, body: bytes) -> bytes:
        """Send a body that was made before, such as an act's, and return the reply as it came."""
        ...

    async def server_protocol(self) -> int:
        """The version of the protocol that the server speaks."""
        ...
