"""Where an area's routes stand: under the version, and closed to what they do not know in a query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, params
from fastapi.routing import APIRoute
from pydantic import BeforeValidator

from protocol.errors import ErrorCode, JinshuError

VERSION: Final = "/v1"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def _digits(value: Any) -> Any:
    if isinstance(value, str) and _NUMBER.fullmatch(value) is None:
        raise ValueError("digits expected")
    return value


# Of every number in a path or a query: read as Python reads numbers, `1_0`, `+1`, ` 1` and `１` would be numbers too, and two
# addresses would be one.
DIGITS: Final = BeforeValidator(_digits)


def area(prefix: str = "", dependencies: Sequence[params.Depends] = ()) -> APIRouter:
    """A router whose routes are made once, with all that belongs to them: one that is included in another with a prefix or a
    dependency has them made a second time, at the first request, which took as long as all else at the start."""
    return APIRouter(prefix=VERSION + prefix, dependencies=[Depends(_no_unknown_query), *dependencies])


async def _no_unknown_query(request: Request) -> None:
    """Nothing unknown in a query, as nothing unknown is in a body: a parameter that is misspelt must not be taken for one left out.

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
