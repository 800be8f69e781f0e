"""What the pages see of the organisation: frozen rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BodyRow:
    """A body in the tree; `depth` 0 is the city."""

    id: str
    name: str
    short_name: str
    parent: str | None
    depth: int
    posts: tuple[PostRow, ...]
    enrolled: bool  # has a key, so documents can be sealed to it


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post and who holds it; `duties` are the keys of protocol.directory.organisation."""

    id: str
    body: str
    name: str
    duties: tuple[str, ...]
    holders: tuple[PersonRow, ...]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as lists show him."""

    id: str
    name: str
    posts: tuple[str, ...]  # "市发展改革委 文书"
    enrolled: bool
    is_me: bool


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device of a person. `standing`: first | consented | recovered | on_ca_word."""

    id: str
    label: str
    standing: str
    since: int
    revoked: bool
    is_this: bool
    check: str = ""  # to compare on two devices: the beginning of what a consent signs


@dataclass(frozen=True, slots=True)
class PersonCard:
    """The card of a person: posts, devices, and whether the log vouches for them."""

    person: PersonRow
    devices: tuple[DeviceRow, ...]


@dataclass(frozen=True, slots=True)
class PendingMember:
    """A device of a new member of my post or body, or a new device of mine, that waits for my confirmation (C6, C2)."""

    principal: str
    principal_name: str
    person: str
    device: str
    device_label: str
    mine: bool  # my own further device: consent, not confirmation
    device_check: str = ""


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """Whether my own keys are still to come to this device, and whether no other device is left that could bring them."""

    recoverable: bool
    may_start_anew: bool


@dataclass(frozen=True, slots=True)
class TrustRow:
    """Where the directory stands: `overdue` names the snapshot or list that is late."""

    log_size: int
    head_at: int
    organisation_seq: int
    overdue: str
    root_fingerprint: str
