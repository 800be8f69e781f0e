"""Commands about people: add, appoint, dismiss, delegate, list; `publish` puts changes into force."""

from __future__ import annotations

import argparse

from server_stub.ca.faults import CaError
from server_stub.ca.folder import CaFolder
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.register import Register
from server_stub.ca.state import CaState, PersonRecord
from server_stub.ca.workplace import Workplace

_DAY = 24 * 3600 * 1000
_PUBLISH = ("用 publish 发布后生效。", "Publish to put it into force.")


def person_add(args: argparse.Namespace, work: Workplace) -> None:
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        posts = [code for group in args.post for code in group]
        person = Register(state, fresh_id).add_person(args.name, posts, work.clock())
        work.journal(folder).append("person", person=person.id, posts=posts)
        folder.save(state)
    work.speaker.say(
        f"已登记{person.name}（{person.id}），岗位 {len(posts)} 个。{_PUBLISH[0]}",
        f"Added {person.name} ({person.id}) to {len(posts)} posts. {_PUBLISH[1]}",
    )
    work.speaker.fact("person", {"person": person.id, "name": person.name, "posts": posts})


def appoint(args: argparse.Namespace, work: Workplace) -> None:
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        holding = Register(state, fresh_id).appoint(args.person, args.post, work.clock())
        work.journal(folder).append("appoint", person=holding.person, post=holding.post)
        folder.save(state)
    work.speaker.say(f"已任命。{_PUBLISH[0]}", f"Appointed. {_PUBLISH[1]}")
    work.speaker.fact("appoint", {"person": holding.person, "post": holding.post})


def dismiss(args: argparse.Namespace, work: Workplace) -> None:
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        ended = Register(state, fresh_id).dismiss(args.person, args.post)
        for holding in ended:
            work.journal(folder).append("dismiss", person=holding.person, post=holding.post)
        folder.save(state)
    work.speaker.say(
        f"已免去 {len(ended)} 个岗位。{_PUBLISH[0]}", f"Ended {len(ended)} appointments. {_PUBLISH[1]}"
    )
    work.speaker.fact("dismiss", {"person": ended[0].person, "posts": [held.post for held in ended]})


def delegate(args: argparse.Namespace, work: Workplace) -> None:
    folder = CaFolder(args.ca)
    with folder.locked() as state:
        now = work.clock()
        record = Register(state, fresh_id).delegate(
            args.post, args.person, args.duty, now + args.days * _DAY, now
        )
        work.journal(folder).append(
            "delegate",
            delegation=record.id,
            post=record.from_post,
            person=record.to_person,
            until=record.until,
        )
        folder.save(state)
    work.speaker.say(
        f"已登记委托 {record.id}。{_PUBLISH[0]}", f"Recorded delegation {record.id}. {_PUBLISH[1]}"
    )
    work.speaker.fact("delegate", {"delegation": record.id, "until": record.until})


def listing(args: argparse.Namespace, work: Workplace) -> None:
    with CaFolder(args.ca).locked() as state:
        register = Register(state, fresh_id)
        only = register.body(args.body).id if args.body else None
        for body in state.bodies:
            if only in (None, body.id):
                _list_body(body.id, state, register, work)
        if only is None:
            _list_unposted(state, register, work)


def _list_body(body_id: str, state: CaState, register: Register, work: Workplace) -> None:
    body = register.body(body_id)
    work.speaker.plain(f"{body.code}  {body.name}（{body.short_name}，{body.number_code}）  {body.id}")
    work.speaker.fact("body", {"id": body.id, "code": body.code, "name": body.name})
    for post in sorted((post for post in state.posts if post.body == body.id), key=lambda post: post.order):
        held = {item.person for item in state.holdings if item.post == post.id}
        holders = [person for person in state.people if person.id in held]
        work.speaker.plain(f"    {post.code:16s} {post.name}  [{' '.join(post.duties)}]")
        work.speaker.fact(
            "post",
            {
                "id": post.id,
                "code": post.code,
                "name": post.name,
                "body": body.id,
                "duties": list(post.duties),
                "holders": [item.id for item in holders],
            },
        )
        for person in holders:
            _list_person(person, state, work)


def _list_unposted(state: CaState, register: Register, work: Workplace) -> None:
    free = [person for person in state.people if not register.posts_of(person.id)]
    if free:
        work.speaker.say("没有岗位的人员", "People without a post")
    for person in free:
        _list_person(person, state, work)


def _list_person(person: PersonRecord, state: CaState, work: Workplace) -> None:
    revoked = state.revoked()
    devices = [device for device in state.devices if device.person == person.id]
    work.speaker.plain(f"        {person.name}  {person.id}")
    for device in devices:
        mark = "  已吊销 revoked" if device.certificate_hash in revoked else ""
        work.speaker.plain(f"            {device.label}  {device.device}{mark}")
    work.speaker.fact(
        "person",
        {
            "id": person.id,
            "name": person.name,
            "devices": [
                {"id": device.device, "label": device.label, "revoked": device.certificate_hash in revoked}
                for device in devices
            ],
        },
    )


def resolve_devices(state: CaState, target: str) -> list[str]:
    """Certificate hashes still in force of one device, or of all devices of a person, seals included."""
    persons = {person.id for person in state.people if target in (person.id, person.name)}
    devices = {
        device.device for device in state.devices if device.device == target or device.person in persons
    }
    if not devices:
        raise CaError(
            f"没有设备“{target}”，也没有有设备的这个人", f"no device, and no person with a device: {target}"
        )
    known, revoked = state.certificates(), state.revoked()
    live = [digest for digest, device in known.items() if device in devices and digest not in revoked]
    if not live:
        raise CaError(f"“{target}”已经吊销", f"{target} is revoked already")
    return live
