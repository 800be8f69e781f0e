"""What a person may do with a case now, whatever its procedure: read off the rows, by the server's own checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from client.cases import names
from client.cases.local_case import LocalCase
from client.cases.rows import FieldKind, HeadField, Target
from client.core.names import person_name
from protocol.cases import succession
from protocol.cases.authority import bodies_of, may_take
from protocol.cases.procedure import Offer, StepRule
from protocol.cases.shapes import NAMED
from protocol.directory.organisation import Organisation, Post
from protocol.directory.state import DirectoryState


def offers(
    case: LocalCase, shown: str, person: str, organisation: Organisation
) -> Iterator[tuple[StepRule, Post]]:
    """The steps a person may take while one looks at the object `shown`, each with the post it is taken in."""
    for row in case.file.procedure.rows:
        if row.offer is Offer.NEVER:
            continue
        for post in organisation.posts_of(person):
            if may_take(row, person, post, organisation) and is_open(case, shown, row, person, post):
                yield row, post


def is_open(case: LocalCase, shown: str, row: StepRule, person: str, post: Post) -> bool:
    """Whether the step may be taken now while one looks at an object, and stands on nothing one cannot read."""
    file = case.file
    if file.objects[shown].begun_later:
        return False
    target = succession.object_for(file, row, shown, post)
    # Most steps are not possible in the phase: what they would stand on is looked at last, for it is the dearest.
    if target is None or not succession.allowed(file, row.step, target, person, post):
        return False
    return case.is_readable(file.parents_for(row.step, target))


def fields_of(
    row: StepRule, body: str, state: DirectoryState, words: Mapping[str, str]
) -> tuple[HeadField, ...]:
    """What an author of a body decides in a step: every field of the head that its procedure leaves open."""
    return tuple(
        _field(row, name, shape, body, state, words) for name, shape in row.head.items() if name != "to"
    )


def _field(
    row: StepRule, name: str, shape: str, body: str, state: DirectoryState, words: Mapping[str, str]
) -> HeadField:
    kind, optional = shape.rstrip("?*"), shape.endswith("?")
    called = words.get(name, name)
    if kind.startswith("="):
        choices = tuple(Target(each, words.get(each, each), "") for each in kind[1:].split("|"))
        return HeadField(name, called, FieldKind.ONE, choices, optional)
    if not NAMED.issuperset(kind.split("|")):
        written = FieldKind.FIGURE if kind == "integer" else FieldKind.TEXT
        return HeadField(name, called, written, (), optional)
    within = None if name != "next" or row.crosses else body
    # Who has no key yet cannot be handed the case; of a list, those without one are left out and wait.
    sealed = name in row.seals_to and not shape.endswith("*")
    choices = tuple(
        each
        for each in _principals(kind.split("|"), within, state.organisation)
        if not sealed or state.generation(each.id) is not None
    )
    many = FieldKind.MANY if shape.endswith("*") else FieldKind.ONE
    return HeadField(name, called, many, choices, optional)


def _principals(kinds: list[str], within: str | None, organisation: Organisation) -> Iterator[Target]:
    """Those a field may name, in the organisation's order; `within` a body, where the case stays there."""
    known = {"body": organisation.bodies, "post": organisation.posts, "person": organisation.people}
    for kind in kinds:
        for found in sorted(known[kind].values(), key=lambda each: (each.order, each.id)):  # type: ignore[attr-defined]
            if within is None or within in bodies_of(found.id, organisation):
                yield Target(found.id, found.name, _detail(found.id, organisation))


def _detail(principal: str, organisation: Organisation) -> str:
    """Whom a post means, and where a person sits."""
    if principal in organisation.posts:
        return "、".join(person_name(organisation, each) for each in sorted(organisation.holders(principal)))
    held = organisation.posts_of(principal) if principal in organisation.people else ()
    return names.post_name(organisation, held[0].id) if held else ""
