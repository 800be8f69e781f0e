"""The words of the organisation for ids, as the pages show them."""

from __future__ import annotations

from client.core.names import person_name
from protocol.directory.organisation import Organisation


def body_name(organisation: Organisation, body: str) -> str:
    found = organisation.bodies.get(body)
    return found.name if found is not None else body


def short_name(organisation: Organisation, body: str) -> str:
    found = organisation.bodies.get(body)
    return found.short_name if found is not None else body


def post_name(organisation: Organisation, post: str) -> str:
    """Post with its body in short."""
    found = organisation.posts.get(post)
    return f"{short_name(organisation, found.body)} {found.name}" if found is not None else post


def principal_name(organisation: Organisation, principal: str) -> str:
    """A person, a post or a body; a post with the people who hold it."""
    if principal in organisation.people:
        return person_name(organisation, principal)
    if principal in organisation.posts:
        people = "、".join(person_name(organisation, p) for p in sorted(organisation.holders(principal)))
        name = post_name(organisation, principal)
        return f"{name}（{people}）" if people else name
    return body_name(organisation, principal)
