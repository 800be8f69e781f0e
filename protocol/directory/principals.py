"""The rules of key generations (C6), the same for the server that accepts them and every client that believes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from protocol.directory.log import RECOVERY, KeyGeneration, KeyShare
from protocol.directory.organisation import Organisation
from protocol.directory.records import Device, Generation, Standing, records_office
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind


def active_holders(
    generation: Generation, organisation: Organisation, active: Mapping[str, Device]
) -> frozenset[str]:
    """The devices that hold a generation and are still those of present members."""
    members = organisation.members(generation.principal)
    return frozenset(d for d in generation.holders if d in active and active[d].person in members)


def is_stale(generation: Generation, organisation: Organisation, active: Mapping[str, Device]) -> bool:
    """Whether somebody who holds this generation may no longer: nothing more is sealed to it."""
    return active_holders(generation, organisation, active) != generation.holders


def check_generation(
    wanted: KeyGeneration,
    signer: Device,
    last: Generation | None,
    organisation: Organisation,
    active: Mapping[str, Device],
) -> None:
    """Return if a new generation may stand after the last one.

    Raises:
        JinshuError: `keys.generation_conflict`, `keys.not_a_member`, `keys.unknown_device`,
            `directory.entry_refused` or `documents.snapshot_outdated`.
    """
    if wanted.org_seq != organisation.org_seq:
        raise JinshuError(ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED, org_seq=organisation.org_seq)
    _check_succession(wanted, last)
    if signer.person not in organisation.members(wanted.principal):
        raise JinshuError(ErrorCode.KEYS_NOT_A_MEMBER, principal=wanted.principal)
    holders = active_holders(last, organisation, active) if last is not None else frozenset()
    if last is not None and wanted.restart == bool(holders):
        raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="restart")
    if last is None and wanted.restart:
        raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="restart")
    if holders and signer.id not in holders:
        raise JinshuError(ErrorCode.KEYS_NOT_A_MEMBER, principal=wanted.principal)
    _check_recipients(wanted, signer, holders, organisation, active)


def _check_succession(wanted: KeyGeneration, last: Generation | None) -> None:
    expected = (1, None) if last is None else (last.number + 1, last.entry)
    if (wanted.generation, wanted.previous) != expected:
        raise JinshuError(ErrorCode.KEYS_GENERATION_CONFLICT, principal=wanted.principal)


def _check_recipients(
    wanted: KeyGeneration,
    signer: Device,
    holders: frozenset[str],
    organisation: Organisation,
    active: Mapping[str, Device],
) -> None:
    named = [str(recipient["to"]) for recipient in wanted.recipients]
    devices = {name for name in named if name.startswith(f"{IdKind.DEVICE.value}_")}
    if len(set(named)) != len(named) or not (holders | {signer.id}) <= devices:
        raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="recipients")
    # The seed before, wrapped to the new key: whoever is given the new one can read what was sealed before.
    former = {wanted.principal} if wanted.previous is not None else set[str]()
    others = set(named) - devices - former
    if (
        others - optional_recipients(wanted.principal, organisation)
        or required_recipients(wanted.principal, organisation) - others
    ):
        raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="recipients")
    for device in devices:
        check_recipient(device, wanted.principal, organisation, active, but=signer.id)
        # The first generation, and a restart, vouch for nobody but the one who makes them.
        if not holders and active[device].person != signer.person:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="unconfirmed")


def check_recipient(
    device: str, principal: str, organisation: Organisation, active: Mapping[str, Device], *, but: str = ""
) -> None:
    """Return if a device may be given a principal's seed; `but` is exempt from the question of standing.

    Raises:
        JinshuError: `keys.unknown_device` or `keys.not_a_member`.
    """
    found = active.get(device)
    if found is None or (
        found.standing is Standing.ON_CA_WORD and device != but and principal == found.person
    ):
        raise JinshuError(ErrorCode.KEYS_UNKNOWN_DEVICE, device=device)
    if found.person not in organisation.members(principal):
        raise JinshuError(ErrorCode.KEYS_NOT_A_MEMBER, principal=principal)


def required_recipients(principal: str, organisation: Organisation) -> frozenset[str]:
    """The records office of a post's or body's body, where it has one; a person's key is never escrowed."""
    if principal.startswith(IdKind.PERSON.value):
        return frozenset()
    post = organisation.posts.get(principal)
    body = organisation.bodies.get(post.body if post is not None else principal)
    return (
        frozenset({records_office(body.id)})
        if body is not None and body.records_key is not None
        else frozenset()
    )


def optional_recipients(principal: str, organisation: Organisation) -> frozenset[str]:
    """What may stand among the recipients besides devices."""
    own = {RECOVERY} if principal.startswith(IdKind.PERSON.value) else set[str]()
    return required_recipients(principal, organisation) | own


def check_share(
    share: KeyShare,
    signer: Device,
    current: Generation | None,
    organisation: Organisation,
    active: Mapping[str, Device],
) -> None:
    """Return if a holder may give the current generation to that device.

    Raises:
        JinshuError: `keys.no_generation`, `keys.generation_conflict`, `keys.not_a_member` or `keys.unknown_device`.
    """
    if current is None:
        raise JinshuError(ErrorCode.KEYS_NO_GENERATION, principal=share.principal)
    if (share.generation, share.generation_entry) != (current.number, current.entry):
        raise JinshuError(ErrorCode.KEYS_GENERATION_CONFLICT, principal=share.principal)
    if signer.id not in active_holders(current, organisation, active):
        raise JinshuError(ErrorCode.KEYS_NOT_A_MEMBER, principal=share.principal)
    check_recipient(share.to, share.principal, organisation, active)


def waiting_devices(
    principal: str, current: Generation | None, organisation: Organisation, active: Iterable[Device]
) -> tuple[Device, ...]:
    """Devices of present members that hold nothing yet: each waits for a holder's confirmation. One whose key cannot be used
    waits for nothing that could come."""
    members = organisation.members(principal)
    holders = current.holders if current is not None else frozenset()
    return tuple(
        device for device in active if device.person in members and device.id not in holders and device.usable
    )
