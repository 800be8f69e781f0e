"""Meetings over HTTP; what happens in them at the moment comes back as signals."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from protocol.wire.base import Empty
from protocol.wire.meetings import (
    ChairRequest,
    EpochRequest,
    JoinReply,
    JoinRequest,
    MeetingRequest,
    PresentReply,
    RunningReply,
)
from server_stub.areas import area
from server_stub.auth.callers import device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.meetings.meetings import Meetings

_Meeting = Annotated[str, Path(pattern=r"^mtg_[a-z2-7]{26}$")]


def router(sessions: Sessions, meetings: Meetings, quotas: Quotas) -> APIRouter:
    routes = area("/meetings")
    device = Depends(device_caller(sessions))

    @routes.post("")
    async def call(body: MeetingRequest, session: Session = device) -> Empty:
        quotas.meetings.take(session.device)
        await meetings.call(session, body.meeting)
        return Empty()

    @routes.post("/acts")
    async def act(body: ChairRequest, session: Session = device) -> Empty:
        quotas.meetings.take(session.device)
        await meetings.act(session, body.act)
        return Empty()

    @routes.post("/{meeting}/join")
    async def join(meeting: _Meeting, body: JoinRequest, session: Session = device) -> JoinReply:
        quotas.joins.take(session.device)
        return await meetings.join(session, meeting, body.join, list(body.offers))

    @routes.get("/running")
    async def running(session: Session = device) -> RunningReply:
        return await meetings.running(session)

    @routes.get("/{meeting}")
    async def present(meeting: _Meeting, session: Session = device) -> PresentReply:
        return await meetings.present(session, meeting)

    @routes.post("/{meeting}/leave")
    async def leave(meeting: _Meeting, session: Session = device) -> Empty:
        await meetings.leave(session, meeting)
        return Empty()

    @routes.post("/{meeting}/speak")
    async def speak(meeting: _Meeting, session: Session = device) -> Empty:
        await meetings.speak(session, meeting)
        return Empty()

    @routes.post("/{meeting}/epoch")
    async def epoch(meeting: _Meeting, body: EpochRequest, session: Session = device) -> Empty:
        quotas.epochs.take(session.device)
        await meetings.announce(session, meeting, body.epoch, list(body.packets))
        return Empty()

    return routes
