"""What a server tells those who do not know it yet (C1, C2)."""

from __future__ import annotations

from client.core.connection.address import ServerAddress
from client.core.connection.enrolment import fetch_trust
from protocol.crypto.certificates import fingerprint
from tests.support.small_city import SmallCity, b64


async def test_the_first_ca_is_left_out_while_there_was_no_other(city: SmallCity) -> None:
    """A client of before it was told apart refuses what it does not know."""
    with city.server.client() as client:
        told = client.get("/trust").json()
    assert told.keys() == {"root", "issuing", "log_certificate", "protocol"}
    assert told["issuing"] == b64(city.ca.issuing)
    address = ServerAddress("127.0.0.1", city.server.port)
    trust = await fetch_trust(address, fingerprint(city.ca.root), city.clock.now)
    assert (trust.first, trust.issuing) == (city.ca.issuing, city.ca.issuing)
