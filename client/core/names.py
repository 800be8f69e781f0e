"""The words of the organisation for people, as the pages show them."""

from __future__ import annotations

from protocol.directory.organisation import Organisation


def person_name(organisation: Organisation, person: str) -> str:
    found = organisation.people.get(person)
    return found.name if found is not None else person


def post_of(organisation: Organisation, person: str) -> str:
    """The first post a person holds, with its body in short."""
    post = next(iter(organisation.posts_of(person)), None)
    if post is None:
        return ""
    return f"{organisation.bodies[post.body].short_name} {post.name}"
