"""The trust anchors over HTTP: what a device that knows the root's fingerprint begins with."""

from __future__ import annotations

from fastapi import APIRouter

from protocol.release import PROTOCOL_VERSION
from protocol.wire.session import TrustReply
from server_stub.areas import area
from server_stub.directory.log_store import DirectoryLog


def router(log: DirectoryLog) -> APIRouter:
    routes = area()

    # What is left out was not known to the first clients, and they refuse what they do not know.
    @routes.get("/trust", response_model_exclude_none=True)
    async def trust() -> TrustReply:
        changed = log.trust.first != log.trust.issuing
        return TrustReply(
            root=log.trust.root,
            first=log.trust.first if changed else None,
            issuing=log.trust.issuing,
            log_certificate=log.trust.log_certificate,
            protocol=PROTOCOL_VERSION,
        )

    return routes
