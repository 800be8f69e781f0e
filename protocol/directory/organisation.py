"""The organisation as the CA signs it (C3): bodies, posts, people, who holds which post, seals, delegations.

A snapshot is a list of entries in the order of their ids; its root is the Merkle tree over their bytes, so that a document
can carry the few entries it needs with proofs. The bytes the CA signed are kept as they came: an entry of a later version has
more in it than this one reads.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, TypeAlias, overload

from protocol import payload
from protocol.crypto import cbor, merkle
from protocol.directory.page_settings import Setting, is_setting
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import DISPATCH_2, LOG_AGE, PAGE_CHECKS, UPDATES, Feature, lacking
from protocol.identifiers import IdKind, is_formed, new_id


class Duty(StrEnum):
    """What a post may do; the transition table names one for each step."""

    DRAFT = "draft"
    REVIEW = "review"
    VET = "vet"
    SIGN = "sign"
    RECHECK = "recheck"
    NUMBER = "number"
    SEAL = "seal"
    DISPATCH = "dispatch"
    RECEIVE = "receive"
    CONSULT = "consult"
    REGISTRY = "registry"  # 文书: holds the body's key
    RECORDS = "records"


_DUTIES: Final = payload.list_of(payload.word)
_KNOWN_DUTIES: Final = frozenset(duty.value for duty in Duty)
SITE_ID: Final = new_id(IdKind.SITE, bytes(16))  # there is one site
LOG_POLICY_ID: Final = new_id(IdKind.SITE, bytes(15) + b"\x01")  # and one policy for its log
UPDATE_ROOT_ID: Final = new_id(IdKind.SITE, bytes(15) + b"\x02")  # and one root of its updates
MAX_WITNESSES: Final = 16
MAX_FEATURES: Final = 200
PAGE_SETTINGS_ID: Final = new_id(IdKind.PAGE_SETTINGS, bytes(16))  # and it has one list
MAX_PAGE_SETTINGS: Final = 1000
MAX_WORDS: Final = 500  # of a procedure


class _Entry:
    """How an entry becomes bytes and back; subclasses name their kind and the shape of each field."""

    __slots__ = ()
    KIND: ClassVar[str]
    SHAPES: ClassVar[Mapping[str, payload.Shape]]

    def to_bytes(self) -> bytes:
        value: dict[str, Any] = {"kind": self.KIND}
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            item = getattr(self, field.name)
            value[field.name] = (
                sorted(str(part) for part in item) if isinstance(item, tuple | frozenset) else item
            )
        return cbor.encode(value)


@dataclass(frozen=True, slots=True)
class Body(_Entry):
    """A body (机关). `records_key` is the X-Wing key of its records office, 1216 bytes."""

    KIND: ClassVar[str] = "body"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(IdKind.BODY),
        "code": payload.text,
        "name": payload.text,
        "short_name": payload.text,
        "parent": payload.optional(payload.identifier(IdKind.BODY)),
        "order": payload.integer,
        "number_code": payload.text,
        "type": payload.text,
        "records_key": payload.optional(payload.octets(1216)),
    }
    id: str
    code: str
    name: str
    short_name: str
    parent: str | None
    order: int
    number_code: str
    type: str
    records_key: bytes | None


@dataclass(frozen=True, slots=True)
class Post(_Entry):
    """A post (岗位) of a body and the duties that go with it."""

    KIND: ClassVar[str] = "post"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(IdKind.POST),
        "body": payload.identifier(IdKind.BODY),
        "name": payload.text,
        "duties": _DUTIES,
        "order": payload.integer,
    }
    id: str
    body: str
    name: str
    duties: tuple[str, ...]  # a Duty, or a later version's
    order: int


@dataclass(frozen=True, slots=True)
class Person(_Entry):
    """A person who may enrol."""

    KIND: ClassVar[str] = "person"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(IdKind.PERSON),
        "name": payload.text,
        "order": payload.integer,
    }
    id: str
    name: str
    order: int


@dataclass(frozen=True, slots=True)
class Holding(_Entry):
    """That a person holds a post, since a time (ms UTC)."""

    KIND: ClassVar[str] = "holding"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(),
        "person": payload.identifier(IdKind.PERSON),
        "post": payload.identifier(IdKind.POST),
        "since": payload.integer,
    }
    id: str
    person: str
    post: str
    since: int


@dataclass(frozen=True, slots=True)
class Seal(_Entry):
    """A seal (印章) of a body and the people who keep it."""

    KIND: ClassVar[str] = "seal"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(IdKind.SEAL),
        "body": payload.identifier(IdKind.BODY),
        "name": payload.text,
        "keepers": payload.list_of(payload.identifier(IdKind.PERSON)),
    }
    id: str
    body: str
    name: str
    keepers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delegation(_Entry):
    """委托: a person acts with some duties of a post until a time (ms UTC)."""

    KIND: ClassVar[str] = "delegation"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(IdKind.DELEGATION),
        "from_post": payload.identifier(IdKind.POST),
        "to_person": payload.identifier(IdKind.PERSON),
        "duties": _DUTIES,
        "until": payload.integer,
    }
    id: str
    from_post: str
    to_person: str
    duties: tuple[str, ...]
    until: int


@dataclass(frozen=True, slots=True)
class Site(_Entry):
    """What the site has switched on, and the lowest protocol version its server lets in (C41)."""

    KIND: ClassVar[str] = "site"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": lambda value: value == SITE_ID,
        "features": payload.list_of(payload.text, at_most=MAX_FEATURES),
        "lowest_client": payload.integer,
    }
    id: str
    features: tuple[str, ...]
    lowest_client: int


@dataclass(frozen=True, slots=True)
class LogPolicy(_Entry):
    """How long the log may go without a word of the CA or of its witnesses (C45). `witnesses`: their verifier keys
    (`protocol/directory/cosignatures.py`), of which `needed` must have co-signed within `witness_hours`."""

    KIND: ClassVar[str] = "log_policy"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": lambda value: value == LOG_POLICY_ID,
        "grace_days": payload.between(1, 365),
        "witnesses": payload.list_of(payload.text, at_most=MAX_WITNESSES),
        "needed": payload.between(0, MAX_WITNESSES),
        "witness_hours": payload.between(1, 24 * 365),
    }
    id: str
    grace_days: int
    witnesses: tuple[str, ...]
    needed: int
    witness_hours: int


UNSAID_POLICY: Final = LogPolicy(LOG_POLICY_ID, grace_days=30, witnesses=(), needed=0, witness_hours=24)


@dataclass(frozen=True, slots=True)
class PageSettings(_Entry):
    """What pages may be set with to count, whole: what is not in it does not count on this site (C9)."""

    KIND: ClassVar[str] = "page_settings"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": lambda value: value == PAGE_SETTINGS_ID,
        "settings": payload.list_of(is_setting, at_most=MAX_PAGE_SETTINGS),
    }
    id: str
    settings: tuple[str, ...]  # lines of `Setting`

    @classmethod
    def of(cls, settings: Iterable[Setting]) -> PageSettings:
        return cls(PAGE_SETTINGS_ID, tuple(sorted(map(str, settings))))

    @property
    def listed(self) -> frozenset[Setting]:
        return frozenset(map(Setting.parse, self.settings))


@dataclass(frozen=True, slots=True)
class ProcedureEntry(_Entry):
    """A procedure under which cases may begin on this site (C42).

    `hash`: SHA-256 of its definition, 32 bytes. `definition`: its canonical CBOR, None for one that every program ships.
    `words`: how its phases and steps are called, lines of `NAME TEXT`, for those no program has words for.
    """

    KIND: ClassVar[str] = "procedure"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.identifier(IdKind.PROCEDURE),
        "name": payload.word,
        "version": payload.between(1, 1_000_000),
        "hash": payload.HASH,
        "definition": payload.optional(payload.any_octets),
        "words": payload.list_of(payload.text, at_most=MAX_WORDS),
    }
    id: str
    name: str
    version: int
    hash: bytes
    definition: bytes | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpdateRoot(_Entry):
    """Where trust in the site's updates begins: `root` is the SHA-256 (32 bytes) of the first root of its TUF repository."""

    KIND: ClassVar[str] = "update_root"
    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": lambda value: value == UPDATE_ROOT_ID,
        "root": payload.HASH,
    }
    id: str
    root: bytes


@dataclass(frozen=True, slots=True)
class LaterEntry:
    """An entry of a kind this version does not know: it has its place in the tree, and says nothing here."""

    id: str


Entry: TypeAlias = (
    Body
    | Post
    | Person
    | Holding
    | Seal
    | Delegation
    | Site
    | LogPolicy
    | PageSettings
    | ProcedureEntry
    | UpdateRoot
)
_KINDS: Final[Mapping[str, type[Entry]]] = {
    kind.KIND: kind
    for kind in (
        Body,
        Post,
        Person,
        Holding,
        Seal,
        Delegation,
        Site,
        LogPolicy,
        PageSettings,
        ProcedureEntry,
        UpdateRoot,
    )
}


@overload
def parse_entry(data: bytes, *, tolerant: Literal[False] = False) -> Entry: ...


@overload
def parse_entry(data: bytes, *, tolerant: bool) -> Entry | LaterEntry: ...


def parse_entry(data: bytes, *, tolerant: bool = False) -> Entry | LaterEntry:
    """Read one entry; `tolerant`: pass over what a later version has added.

    Raises:
        JinshuError: `wire.malformed`, or `directory.unknown_kind` for a kind or a duty that is none.
    """
    value = cbor.decode(data)
    name = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(name, str) or not payload.word(name) or not is_formed(value.get("id")):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="kind")
    kind = _KINDS.get(name)
    if kind is None:
        if tolerant:
            return LaterEntry(value["id"])
        raise RemoteProtocolError(ErrorCode.DIRECTORY_UNKNOWN_KIND, kind=name)
    rest = {field: item for field, item in value.items() if field in kind.SHAPES}
    if not payload.fields(kind.SHAPES)(rest) or (len(rest) != len(value) - 1 and not tolerant):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=kind.KIND)
    for field, item in rest.items():
        if isinstance(item, list):
            rest[field] = _in_order(field, item)
    duties = set(rest.get("duties", ())) - _KNOWN_DUTIES
    if duties and not tolerant:
        raise RemoteProtocolError(ErrorCode.DIRECTORY_UNKNOWN_KIND, kind=min(duties))
    return kind(**rest)


def _in_order(field: str, items: list[str]) -> tuple[str, ...]:
    if items != sorted(set(items)):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=field)
    if field != "duties":
        return tuple(items)
    return tuple(Duty(part) if part in _KNOWN_DUTIES else part for part in items)


def _lists_what_is_lacking(data: bytes) -> bool:
    if SITE_ID.encode() not in data:
        return False
    site = parse_entry(data, tolerant=True)
    return isinstance(site, Site) and bool(lacking(site.features))


class Organisation:
    """One snapshot, indexed. Nothing in it changes.

    Raises:
        JinshuError: `directory.snapshot_invalid`, an entry names another that is not there, or an id stands twice.
    """

    def __init__(
        self, org_seq: int, entries: Sequence[Entry | LaterEntry], raw: Sequence[bytes] | None = None
    ) -> None:
        """`raw`: the entries' bytes as the CA signed them; without them they are made from `entries`."""
        self.org_seq = org_seq
        self.entries = tuple(entries)
        self._raw = None if raw is None else tuple(raw)
        self.site = next((e for e in entries if isinstance(e, Site)), Site(SITE_ID, (), 0))
        policies = [e for e in entries if isinstance(e, LogPolicy)]
        self.log_policy = policies[0] if policies else UNSAID_POLICY
        self.bodies = {e.id: e for e in entries if isinstance(e, Body)}
        self.posts = {e.id: e for e in entries if isinstance(e, Post)}
        self.people = {e.id: e for e in entries if isinstance(e, Person)}
        self.holdings = {e.id: e for e in entries if isinstance(e, Holding)}
        self.seals = {e.id: e for e in entries if isinstance(e, Seal)}
        self.delegations = {e.id: e for e in entries if isinstance(e, Delegation)}
        self._page_settings = next((e for e in entries if isinstance(e, PageSettings)), None)
        self.procedures = {e.hash: e for e in entries if isinstance(e, ProcedureEntry)}
        roots = [e.root for e in entries if isinstance(e, UpdateRoot)]
        # SHA-256 of the first root of the site's updates; None: the site has none.
        self.update_root = roots[0] if roots else None
        self._check()
        self._holders: dict[str, set[str]] = defaultdict(set)
        self._held: dict[str, set[str]] = defaultdict(set)
        self._posts_of_body: dict[str, list[Post]] = defaultdict(list)
        for holding in self.holdings.values():
            self._holders[holding.post].add(holding.person)
            self._held[holding.person].add(holding.post)
        for post in sorted(self.posts.values(), key=lambda post: (post.order, post.id)):
            self._posts_of_body[post.body].append(post)

    @classmethod
    def parse(cls, org_seq: int, entries: Iterable[bytes]) -> Organisation:
        """Read a snapshot. What this version does not know is passed over only where the snapshot itself lists a feature that it
        lacks (C41).

        Raises:
            JinshuError: `wire.malformed`, `directory.unknown_kind` or `directory.snapshot_invalid`.
        """
        raw = tuple(entries)
        tolerant = any(map(_lists_what_is_lacking, raw))
        return cls(org_seq, [parse_entry(entry, tolerant=tolerant) for entry in raw], raw)

    @classmethod
    def empty(cls) -> Organisation:
        return cls(0, ())

    def _check(self) -> None:
        ids = [entry.id for entry in self.entries]
        known = self.bodies.keys() | self.posts.keys() | self.people.keys()
        needed = {
            *(b.parent for b in self.bodies.values() if b.parent is not None),
            *(p.body for p in self.posts.values()),
            *(h.person for h in self.holdings.values()),
            *(h.post for h in self.holdings.values()),
            *(s.body for s in self.seals.values()),
            *(keeper for s in self.seals.values() for keeper in s.keepers),
            *(d.from_post for d in self.delegations.values()),
            *(d.to_person for d in self.delegations.values()),
        }
        # Clients from before the feature know no such entry: all refuse it alike where it was not switched on.
        unasked = self.log_policy is not UNSAID_POLICY and not self.has(LOG_AGE)
        if ids != sorted(set(ids)) or needed - known or unasked:
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_INVALID, org_seq=self.org_seq)
        # Clients without the feature know no such entry: where it is not switched on, all refuse it alike (C41).
        if self._page_settings is not None and not self.has(PAGE_CHECKS):
            raise RemoteProtocolError(ErrorCode.DIRECTORY_UNKNOWN_KIND, kind=PageSettings.KIND)
        if self.update_root is not None and not self.has(UPDATES):
            raise RemoteProtocolError(ErrorCode.DIRECTORY_UNKNOWN_KIND, kind=UpdateRoot.KIND)
        self._check_procedures()

    def _check_procedures(self) -> None:
        entries = [entry for entry in self.entries if isinstance(entry, ProcedureEntry)]
        if entries and not self.has(DISPATCH_2):
            raise RemoteProtocolError(ErrorCode.DIRECTORY_UNKNOWN_KIND, kind=ProcedureEntry.KIND)
        names = {(entry.name, entry.version) for entry in entries}
        others = [
            entry
            for entry in entries
            if entry.definition is not None and hashlib.sha256(entry.definition).digest() != entry.hash
        ]
        # Two under one name would leave open which of them an entry means.
        if others or len(names) != len(entries) or len(self.procedures) != len(entries):
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_INVALID, org_seq=self.org_seq)

    @cached_property
    def page_settings(self) -> frozenset[Setting] | None:
        """The site's own list of what pages may be set with; None: it has none, and the release's stands in its place."""
        return None if self._page_settings is None else self._page_settings.listed

    def has(self, feature: Feature) -> bool:
        """Whether the site has switched a feature on."""
        return feature.name in self.site.features

    @property
    def dates_statements(self) -> bool:
        """Whether the CA's next statements may name the log: a fold that does not know the form would end there, so every client
        let in must read it."""
        return self.has(LOG_AGE) and self.site.lowest_client >= LOG_AGE.protocol

    @property
    def lacking(self) -> frozenset[str]:
        """Features of this snapshot that this program cannot read."""
        return lacking(self.site.features)

    @cached_property
    def raw(self) -> tuple[bytes, ...]:
        """The bytes of the entries, as signed."""
        if self._raw is not None:
            return self._raw
        return tuple(entry.to_bytes() for entry in self.entries if not isinstance(entry, LaterEntry))

    @cached_property
    def _tree(self) -> merkle.Tree:
        return merkle.Tree([merkle.leaf_hash(entry) for entry in self.raw])

    @property
    def root(self) -> bytes:
        return self._tree.root()

    def proof(self, entry_id: str) -> tuple[bytes, int, list[bytes]]:
        """An entry's bytes, its index and its inclusion path, for those who have the root alone."""
        index = next(n for n, entry in enumerate(self.entries) if entry.id == entry_id)
        return self.raw[index], index, self._tree.inclusion_proof(index)

    def holders(self, post: str) -> frozenset[str]:
        """The people who hold a post."""
        return frozenset(self._holders.get(post, ()))

    def posts_of(self, person: str) -> tuple[Post, ...]:
        """The posts a person holds, in the organisation's order."""
        held = (self.posts[post] for post in self._held.get(person, ()))
        return tuple(sorted(held, key=lambda post: (post.order, post.id)))

    def posts_of_body(self, body: str) -> tuple[Post, ...]:
        return tuple(self._posts_of_body.get(body, ()))

    def bodies_of(self, person: str) -> frozenset[str]:
        """The bodies in which a person holds a post."""
        return frozenset(post.body for post in self.posts_of(person))

    def members(self, principal: str) -> frozenset[str]:
        """Who may open what is sealed to a principal: himself, a post's holders, a body's 文书 (duty registry)."""
        kind = principal[:3]
        if kind == IdKind.PERSON.value:
            return frozenset({principal} & self.people.keys())
        if kind == IdKind.POST.value:
            return self.holders(principal)
        if kind == IdKind.BODY.value:
            posts = (post for post in self.posts_of_body(principal) if Duty.REGISTRY in post.duties)
            return frozenset(person for post in posts for person in self.holders(post.id))
        return frozenset()

    def principals_of(self, person: str) -> frozenset[str]:
        """Every principal a person is a member of."""
        posts = self.posts_of(person)
        bodies = {post.body for post in posts if Duty.REGISTRY in post.duties}
        return (
            frozenset({person, *(post.id for post in posts), *bodies})
            if person in self.people
            else frozenset()
        )

    def acting(self, person: str, post: str, duty: str, *, delegation: str | None, at_ms: int) -> bool:
        """Whether a person may use a duty of a post, as its holder or under a delegation."""
        held = self.posts.get(post)
        if held is None or duty not in held.duties:
            return False
        if delegation is None:
            return person in self.holders(post)
        entry = self.delegations.get(delegation)
        return (
            entry is not None
            and (entry.from_post, entry.to_person) == (post, person)
            and duty in entry.duties
            and at_ms <= entry.until
        )

    def ancestors(self, body: str) -> tuple[str, ...]:
        """The superior bodies, nearest first."""
        found: list[str] = []
        parent = self.bodies[body].parent
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.bodies[parent].parent
        return tuple(found)
