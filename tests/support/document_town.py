"""A small organisation for documents: an issuing bureau with a post for each duty, and bodies it consults and writes to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from protocol.cases.procedure import Procedure
from protocol.directory.organisation import (
    SITE_ID,
    Body,
    Delegation,
    Duty,
    Entry,
    Holding,
    Organisation,
    Person,
    Post,
    ProcedureEntry,
    Site,
)
from protocol.features import DISPATCH_2
from protocol.identifiers import IdKind, new_id

NOW: Final = 1_790_000_000_000
DAY: Final = 24 * 3600 * 1000

# body → post → duties. `inner` is an 内设机构: it has no 机关代字 and may not begin a case.
POSTS: Final[dict[str, dict[str, tuple[Duty, ...]]]] = {
    "bureau": {
        "drafter": (Duty.DRAFT,),
        "head": (Duty.REVIEW, Duty.CONSULT),
        "office": (Duty.VET,),
        "leader": (Duty.SIGN,),
        "checker": (Duty.RECHECK,),
        "clerk": (Duty.NUMBER, Duty.DISPATCH, Duty.REGISTRY),
        "keeper": (Duty.SEAL,),
    },
    "finance": {
        "desk": (Duty.CONSULT, Duty.RECEIVE, Duty.REGISTRY),
        "leader": (Duty.SIGN,),
        "drafter": (Duty.DRAFT,),
        "head": (Duty.REVIEW,),
    },
    "audit": {"desk": (Duty.CONSULT, Duty.RECEIVE), "registry": (Duty.REGISTRY,)},
    "inner": {"drafter": (Duty.DRAFT,), "desk": (Duty.RECEIVE, Duty.REGISTRY)},
}


def made(kind: IdKind, name: str) -> str:
    """The id of a thing by its name in the tests."""
    return new_id(kind, hashlib.sha256(f"{kind.value}/{name}".encode()).digest()[:16])


def digest(name: str) -> bytes:
    """32 bytes by a name."""
    return hashlib.sha256(name.encode()).digest()


def body(name: str) -> str:
    return made(IdKind.BODY, name)


def post(name: str) -> str:
    """A post by `body.post`."""
    return made(IdKind.POST, name)


def person(name: str) -> str:
    """Who holds a post, by `body.post`."""
    return made(IdKind.PERSON, name)


def bodies(*names: str) -> list[str]:
    """Ids as a head lists them."""
    return sorted(map(body, names))


DEPUTY: Final = made(IdKind.PERSON, "deputy")
DELEGATION: Final = made(IdKind.DELEGATION, "deputy signs")


def entries() -> Iterable[Entry]:
    for order, (name, posts) in enumerate(POSTS.items()):
        code = "" if name == "inner" else f"云{name}"
        yield Body(body(name), name, name, name, None, order, code, "bureau", None)
        for place, duties in posts.items():
            full = f"{name}.{place}"
            yield Post(post(full), body(name), place, tuple(sorted(duties)), order)
            yield Person(person(full), full, order)
            yield Holding(made(IdKind.HOLDING, full), person(full), post(full), NOW - DAY)
    yield Person(DEPUTY, "deputy", 9)
    yield Delegation(DELEGATION, post("bureau.leader"), DEPUTY, (Duty.SIGN,), NOW + DAY)


def organisation(org_seq: int = 5, procedures: Iterable[Procedure] = ()) -> Organisation:
    """`procedures`: what cases may begin under; none: the site has not switched on that there is a choice."""
    listed: list[Entry] = [
        ProcedureEntry(made(IdKind.PROCEDURE, each.name), each.id, each.version, each.hash, None, ())
        for each in procedures
    ]
    if listed:
        listed.append(Site(SITE_ID, (DISPATCH_2.name,), DISPATCH_2.protocol))
    return Organisation(org_seq, sorted([*entries(), *listed], key=lambda entry: entry.id))
