"""Changes to the organisation as the CA keeps it: bodies and posts, people, appointments, delegations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from protocol.directory.organisation import Duty
from protocol.identifiers import IdKind
from server_stub.ca.faults import CaError
from server_stub.ca.organisation_file import BodyPlan, OrganisationPlan, PostPlan
from server_stub.ca.state import (
    BodyRecord,
    CaState,
    DelegationRecord,
    HoldingRecord,
    PersonRecord,
    PostRecord,
    SealRecord,
)

_NAME = re.compile(r"[^\W_](?:[\w ·.()（）-]{0,30}\w|[\w)）]{0,31})?")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import changed; `new_bodies` need records keys."""

    new_bodies: tuple[str, ...]
    new_posts: int
    changed: int


class Register:
    """Works on the state it is given; ids come from `new_id`, so that a test may fix them."""

    def __init__(self, state: CaState, new_id: Callable[[IdKind], str]) -> None:
        self._state = state
        self._new_id = new_id

    def import_plan(self, plan: OrganisationPlan) -> ImportResult:
        """Merge a file by code: what is new gets an id, what is known keeps its id; nothing is removed."""
        state = self._state
        bodies_before = {item.id: item for item in state.bodies}
        posts_before = {item.id: item for item in state.posts}
        ids = {body.code: body.id for body in state.bodies}
        new = [body.code for body in plan.bodies if body.code not in ids]
        ids.update({code: self._new_id(IdKind.BODY) for code in new})
        known = {body.id: body for body in state.bodies}
        for body in plan.bodies:
            known[ids[body.code]] = _body_record(body, ids, known.get(ids[body.code]))
        state.bodies = sorted(known.values(), key=lambda body: body.order)
        new_posts = sum(
            self._import_post(ids[body.code], body.code, post) for body in plan.bodies for post in body.posts
        )
        self._add_seals()
        changed = sum(1 for item in state.bodies if bodies_before.get(item.id, item) != item)
        changed += sum(1 for item in state.posts if posts_before.get(item.id, item) != item)
        return ImportResult(tuple(ids[code] for code in new), new_posts, changed)

    def _import_post(self, body: str, body_code: str, plan: PostPlan) -> int:
        code = f"{body_code}.{plan.code}"
        old = next((post for post in self._state.posts if post.code == code), None)
        record = PostRecord(
            id=old.id if old else self._new_id(IdKind.POST),
            code=code,
            body=body,
            name=plan.name,
            duties=plan.duties,
            order=plan.order,
        )
        self._state.posts = [post for post in self._state.posts if post.code != code] + [record]
        return int(old is None)

    def _add_seals(self) -> None:
        sealed = {seal.body for seal in self._state.seals}
        keeping = {post.body for post in self._state.posts if Duty.SEAL in post.duties}
        for body in self._state.bodies:
            if body.id in keeping - sealed:
                self._state.seals.append(
                    SealRecord(id=self._new_id(IdKind.SEAL), body=body.id, name=body.name)
                )

    def set_records_key(self, body_id: str, public: bytes) -> None:
        self._state.bodies = [
            body.model_copy(update={"records_key": public}) if body.id == body_id else body
            for body in self._state.bodies
        ]

    def add_person(self, name: str, posts: Iterable[str], at: int) -> PersonRecord:
        name = unicodedata.normalize("NFC", name.strip())
        if not _NAME.fullmatch(name):
            raise CaError(f"姓名“{name}”不能用", f"the name {name!r} cannot be used")
        if any(person.name == name for person in self._state.people):
            raise CaError(
                f"已有“{name}”，同名的人请在姓名后加以区分", f"there is a {name} already; tell them apart"
            )
        records = [self.post(post) for post in posts]
        person = PersonRecord(id=self._new_id(IdKind.PERSON), name=name, order=len(self._state.people) + 1)
        self._state.people.append(person)
        for post in records:
            self._hold(person, post, at)
        return person

    def appoint(self, person: str, post: str, at: int) -> HoldingRecord:
        return self._hold(self.person(person), self.post(post), at)

    def _hold(self, person: PersonRecord, post: PostRecord, at: int) -> HoldingRecord:
        if any(held.person == person.id and held.post == post.id for held in self._state.holdings):
            raise CaError(f"{person.name}已任{post.code}", f"{person.name} already holds {post.code}")
        holding = HoldingRecord(id=self._new_id(IdKind.HOLDING), person=person.id, post=post.id, since=at)
        self._state.holdings.append(holding)
        return holding

    def dismiss(self, person: str, post: str | None) -> list[HoldingRecord]:
        """End one appointment, or all of a person's when no post is named."""
        who = self.person(person)
        what = self.post(post) if post is not None else None
        ended = [
            held
            for held in self._state.holdings
            if held.person == who.id and (what is None or held.post == what.id)
        ]
        if not ended:
            raise CaError(f"{who.name}没有这个岗位", f"{who.name} does not hold this post")
        self._state.holdings = [held for held in self._state.holdings if held not in ended]
        return ended

    def delegate(
        self, post: str, person: str, duties: Iterable[Duty], until: int, now: int
    ) -> DelegationRecord:
        source, who = self.post(post), self.person(person)
        given = tuple(sorted(set(duties)))
        if not given or not set(given) <= set(source.duties):
            raise CaError(f"{source.code}没有要委托的职责", f"{source.code} has no such duty to delegate")
        if until <= now:
            raise CaError("委托的截止时间已过", "the delegation would end in the past")
        record = DelegationRecord(
            id=self._new_id(IdKind.DELEGATION),
            from_post=source.id,
            to_person=who.id,
            duties=given,
            until=until,
        )
        self._state.delegations.append(record)
        return record

    def person(self, name_or_id: str) -> PersonRecord:
        for person in self._state.people:
            if name_or_id in (person.id, person.name):
                return person
        raise CaError(f"没有“{name_or_id}”这个人", f"there is no person {name_or_id}")

    def post(self, code_or_id: str) -> PostRecord:
        for post in self._state.posts:
            if code_or_id in (post.id, post.code):
                return post
        raise CaError(
            f"没有岗位“{code_or_id}”（写法：机关代码.岗位代码，如 fgw.clerk）",
            f"there is no post {code_or_id} (written body.post, such as fgw.clerk)",
        )

    def body(self, code_or_id: str) -> BodyRecord:
        for body in self._state.bodies:
            if code_or_id in (body.id, body.code, body.short_name):
                return body
        raise CaError(f"没有机关“{code_or_id}”", f"there is no body {code_or_id}")

    def posts_of(self, person_id: str) -> list[PostRecord]:
        held = {item.post for item in self._state.holdings if item.person == person_id}
        return [post for post in self._state.posts if post.id in held]

    def keepers(self, body_id: str) -> list[str]:
        """People who hold a post with the duty of the seal in this body."""
        posts = {post.id for post in self._state.posts if post.body == body_id and Duty.SEAL in post.duties}
        return sorted({held.person for held in self._state.holdings if held.post in posts})


def _body_record(plan: BodyPlan, ids: dict[str, str], old: BodyRecord | None) -> BodyRecord:
    return BodyRecord(
        id=ids[plan.code],
        code=plan.code,
        name=plan.name,
        short_name=plan.short_name,
        number_code=plan.number_code,
        type=plan.type,
        parent=ids[plan.parent] if plan.parent is not None else None,
        order=plan.order,
        records_key=old.records_key if old else None,
    )
