"""Nothing unknown in a query, as nothing unknown is in a body: a parameter that is misspelt must not be taken for one left out."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute

from protocol.errors import ErrorCode, JinshuError


async def no_unknown_query(request: Request) -> None:
    """A dependency of every route.

    Raises:
        JinshuError: `wire.malformed`, a parameter the route does not have, or one given twice.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute), "a dependency of our own routes"
    given = [name for name, _ in request.query_params.multi_items()]
    if len(given) != len(set(given)) or not set(given) <= {
        each.alias for each in route.dependant.query_params
    }:
        raise JinshuError(ErrorCode.WIRE_MALFORMED, field="query")
