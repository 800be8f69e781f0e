"""Which keys a device holds, looked up where it keeps them."""

from __future__ import annotations

from client.core.keys.principals import PrincipalKeys


def principals_held(keys: PrincipalKeys) -> frozenset[str]:
    """Its own principals whose newest generation it can open."""
    return frozenset(name for name in keys.mine() if keys._seeds.held(name) is not None)
