"""The address book's answers: the organisation as signed, the devices as logged, and who waits for my word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from client.core.client import CoreClient
from client.core.identity.signer import Identity
from client.core.keys.principals import PrincipalKeys, Unconfirmed
from client.core.trust.directory import Directory
from client.directory.rows import (
    BodyRow,
    DeviceRow,
    PendingMember,
    PersonCard,
    PersonRow,
    PostRow,
    RecoveryRow,
    TrustRow,
)
from protocol import text
from protocol.crypto.certificates import fingerprint
from protocol.directory.age import LogAge
from protocol.directory.organisation import Organisation
from protocol.directory.records import Device
from protocol.text import Field

_CHECK_DIGITS = 16
_CHECK_GROUP = 4


class DirectoryService:
    """Reads the verified directory; confirming is the one thing it does."""

    def __init__(
        self,
        identity: Identity,
        directory: Directory,
        principals: PrincipalKeys,
        recover: Callable[[str], Awaitable[None]],
    ) -> None:
        """`recover` takes the recovery code as it was typed (`Login.recover`)."""
        self._identity = identity
        self._directory = directory
        self._principals = principals
        self._recover = recover

    @classmethod
    def of(cls, core: CoreClient) -> Self:
        """The service of a running client."""
        return cls(core.signer, core.directory, core.principals, core.login.recover)

    async def bodies(self) -> tuple[BodyRow, ...]:
        """Every body with its posts and people, parents before children."""
        organisation = self._directory.organisation
        ordered = sorted(
            organisation.bodies.values(), key=lambda body: (len(organisation.ancestors(body.id)), body.order)
        )
        return tuple(self._body(organisation, body.id) for body in ordered)

    async def card(self, person: str) -> PersonCard:
        """One person with his devices."""
        state, organisation = self._directory.state, self._directory.organisation
        devices = tuple(
            DeviceRow(
                id=device.id,
                label=text.shown(device.label, Field.NAME),
                standing=device.standing.value,
                since=device.created_at,
                revoked=not state.is_active(device),
                is_this=device.id == self._identity.me.device,
                check=_check(device),
            )
            for device in state.devices(person)
        )
        return PersonCard(self._person(organisation, person), devices)

    async def me(self) -> PersonCard:
        return await self.card(self._identity.me.person)

    async def pending_members(self) -> tuple[PendingMember, ...]:
        """Devices that wait for my confirmation (C6) or, my own ones, for my consent (C2)."""
        waiting = await self._principals.unconfirmed_members()
        return tuple(self._pending(member) for member in waiting)

    async def confirm(self, member: PendingMember) -> None:
        """Give a member the key of my post or body, signed and visible.

        Raises:
            JinshuError: `network.*`, `keys.*`.
        """
        await self._principals.confirm_member(
            Unconfirmed(member.principal, member.person, member.device, member.mine)
        )

    async def recovery(self) -> RecoveryRow:
        """Where my own keys stand on this device."""
        return RecoveryRow(self._principals.recoverable, self._principals.may_start_anew)

    async def recover(self, code: str) -> None:
        """Bring my keys to this device with the recovery code I wrote down on another.

        Raises:
            JinshuError: `keys.wrong_recovery_code`, `keys.wrap_withheld`, `network.*`.
        """
        await self._recover(code)

    async def start_anew(self) -> None:
        """The code is lost and no device of mine is left: my key is made anew."""
        await self._principals.start_anew()

    async def age(self) -> LogAge:
        """How old the directory is (C45)."""
        return self._directory.age()

    async def confirm_clock(self) -> None:
        """The user says that this computer's date is right."""
        await self._directory.confirm_clock()

    async def trust(self) -> TrustRow:
        """Where the directory stands."""
        directory = self._directory
        return TrustRow(
            log_size=directory.size,
            head_at=directory.head.at,
            organisation_seq=directory.organisation.org_seq,
            overdue=", ".join(directory.overdue()),
            root_fingerprint=fingerprint(directory.trust.root).hex(),
        )

    def _body(self, organisation: Organisation, body: str) -> BodyRow:
        entry = organisation.bodies[body]
        posts = tuple(
            PostRow(
                id=post.id,
                body=body,
                name=post.name,
                duties=tuple(map(str, post.duties)),
                holders=tuple(
                    self._person(organisation, person) for person in sorted(organisation.holders(post.id))
                ),
            )
            for post in organisation.posts_of_body(body)
        )
        return BodyRow(
            id=body,
            name=entry.name,
            short_name=entry.short_name,
            parent=entry.parent,
            depth=len(organisation.ancestors(body)),
            posts=posts,
            enrolled=self._directory.state.generation(body) is not None,
        )

    def _person(self, organisation: Organisation, person: str) -> PersonRow:
        posts = tuple(
            f"{organisation.bodies[post.body].short_name} {post.name}"
            for post in organisation.posts_of(person)
        )
        entry = organisation.people.get(person)
        return PersonRow(
            id=person,
            name=entry.name if entry is not None else person,
            posts=posts,
            enrolled=bool(self._directory.state.active_devices(person)),
            is_me=person == self._identity.me.person,
        )

    def _pending(self, member: Unconfirmed) -> PendingMember:
        organisation, state = self._directory.organisation, self._directory.state
        device = state.device_by_id(member.device)
        names = {
            **{
                post.id: f"{organisation.bodies[post.body].short_name} {post.name}"
                for post in organisation.posts.values()
            },
            **{body.id: body.name for body in organisation.bodies.values()},
            **{person.id: person.name for person in organisation.people.values()},
        }
        label = text.shown(device.label, Field.NAME) if device is not None else member.device
        return PendingMember(
            principal=member.principal,
            principal_name=names.get(member.principal, member.principal),
            person=member.person,
            device=member.device,
            device_label=f"{names.get(member.person, '')} · {label}",
            mine=member.mine,
            device_check="" if device is None else _check(device),
        )


def _check(device: Device) -> str:
    """The bundle's id, which a consent signs: whoever puts another device in its place has another one."""
    digits = device.bundle.hex()[:_CHECK_DIGITS]
    return " ".join(digits[start : start + _CHECK_GROUP] for start in range(0, _CHECK_DIGITS, _CHECK_GROUP))
