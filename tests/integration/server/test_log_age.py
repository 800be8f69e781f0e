"""What the server refuses when its log is too old (C45), and what witnesses may say of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from protocol.crypto.certificates import public_key_of
from protocol.crypto.signature import Signed
from protocol.directory.cosignatures import Cosignature, Witness, origin_of
from protocol.directory.log import LogHead
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from server_stub.directory.trust import ServerTrust
from server_stub.witness.folder import WitnessFolder
from server_stub.witness.log_api import LogApi
from server_stub.witness.visit import Visitor
from tests.support.document_city import DocumentCity, refused
from tests.support.given_witness import GivenWitness
from tests.support.open_case import NumberedCase
from tests.support.small_city import HOUR_MS, SmallCity, append, b64

DAY_MS = 24 * HOUR_MS


def grow_old(city: SmallCity, days: int = 60) -> None:
    """The newest snapshot was due so long ago."""
    city.ca.switch_on(grace_days=30)
    city.ca.life_ms = -days * DAY_MS
    city.publish()


def head_of(city: SmallCity) -> LogHead:
    raw = base64.b64decode(city.operator.get("/directory/head").json()["head"])
    return LogHead.parse(Signed.parse(raw).value())


def origin(city: SmallCity) -> str:
    return origin_of(public_key_of(ServerTrust.load(city.server.config.tls).log_certificate))


def said_of(city: SmallCity, witness: GivenWitness) -> Cosignature:
    """What an honest witness says of the log as it is."""
    head = head_of(city)
    return witness.says(origin(city), head.size, head.root, city.clock.now // 1000)


def bring(city: SmallCity, said: Cosignature) -> httpx.Response:
    with city.server.client() as client:
        return client.post(
            "/directory/witness",
            json={
                "witness": b64(said.witness),
                "size": said.size,
                "root": b64(said.root),
                "at": said.at_s,
                "signature": b64(said.signature),
            },
        )


def test_new_devices_stop_and_who_is_shut_out_is_shut_out(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    lost, _ = city.enrolled(city.second_clerk)
    leaf, wraps = device.generation(city.clerk, 1, None, {device.id: device.xwing}, city.ca.org_seq)
    assert append(client, leaf, wraps).status_code == 200
    grow_old(city)
    late = city.ca.device(city.leader)
    assert refused(append(city.server.device(late), late.bundle())) is ErrorCode.DIRECTORY_STOPPED
    city.operate(city.ca.revoke(lost))
    made = device.generation(
        city.clerk, 2, leaf.parsed().entry_id, {device.id: device.xwing}, city.ca.org_seq
    )
    assert append(client, *made).status_code == 200


def test_within_the_grace_devices_come_in(city: SmallCity) -> None:
    grow_old(city, days=29)
    city.enrolled(city.clerk)


def test_a_statement_over_another_log_is_refused(city: SmallCity) -> None:
    city.ca.switch_on()
    city.publish()
    city.look_at_log()
    city.ca.seen["log_root"] = bytes(32)
    leaf, organisation = city.ca.snapshot()
    entries = [b64(entry) for entry in organisation.raw]
    city.operator.put(f"/admin/organisation/{organisation.org_seq}", json={"entries": entries})
    reply = city.operator.post("/admin/directory", json={"leaf": b64(leaf.to_bytes())})
    assert refused(reply) is ErrorCode.DIRECTORY_SPLIT_VIEW


def test_a_dated_statement_stands_once_every_client_reads_it(city: SmallCity) -> None:
    city.ca.switch_on()
    city.publish()
    city.look_at_log()
    city.publish()
    lost, _ = city.enrolled(city.clerk)
    city.look_at_log()
    city.operate(city.ca.revoke(lost))


def test_a_dated_statement_is_refused_while_older_clients_may_come(city: SmallCity) -> None:
    city.ca.switch_on(lowest_client=2)
    city.publish()
    lost, _ = city.enrolled(city.clerk)
    city.look_at_log()
    leaf = city.ca.revoke(lost)
    reply = city.operator.post("/admin/directory", json={"leaf": b64(leaf.to_bytes())})
    assert refused(reply) is ErrorCode.WIRE_MALFORMED


# Witnesses


@pytest.fixture
def witness(city: SmallCity) -> GivenWitness:
    made = GivenWitness()
    city.ca.switch_on(witnesses=[made.verifier], needed=1)
    city.publish()
    return made


def test_what_a_witness_says_is_shown_to_every_device(city: SmallCity, witness: GivenWitness) -> None:
    said = said_of(city, witness)
    assert bring(city, said).json()["head"]
    _, client = city.enrolled(city.clerk)
    (shown,) = client.get("/directory/cosignatures").json()["cosignatures"]
    assert (shown["size"], base64.b64decode(shown["signature"])) == (said.size, said.signature)
    with city.server.client() as stranger:
        assert stranger.get("/directory/cosignatures").status_code == 401


Change = Callable[[Cosignature], Cosignature]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda said: replace(said, witness=bytes(32)), ErrorCode.DIRECTORY_NOT_AUTHORISED),
        (lambda said: replace(said, signature=bytes(64)), ErrorCode.DIRECTORY_COSIGNATURE_INVALID),
        (lambda said: replace(said, at_s=said.at_s + 1), ErrorCode.DIRECTORY_COSIGNATURE_INVALID),
    ],
)
def test_a_word_that_is_no_witnesss_is_refused(
    city: SmallCity, witness: GivenWitness, change: Change, code: ErrorCode
) -> None:
    assert refused(bring(city, change(said_of(city, witness)))) is code


def test_a_witness_of_another_log_is_told_so(city: SmallCity, witness: GivenWitness) -> None:
    size, now = head_of(city).size, city.clock.now // 1000
    for other in (
        witness.says(origin(city), size, bytes(32), now),
        witness.says(origin(city), size + 1, bytes(32), now),
    ):
        assert refused(bring(city, other)) is ErrorCode.DIRECTORY_SPLIT_VIEW


def test_a_word_of_long_ago_does_not_pass_for_todays(city: SmallCity, witness: GivenWitness) -> None:
    old = said_of(city, witness)
    city.clock.advance(HOUR_MS)
    assert refused(bring(city, old)) is ErrorCode.CLOCK_SKEW


def test_devices_stop_at_the_server_too_when_no_witness_comes(city: SmallCity, witness: GivenWitness) -> None:
    """Its own clock tells it, whatever the clients do."""
    city.clock.advance(32 * DAY_MS)
    device = city.ca.device(city.clerk)
    client = city.server.device(device)
    assert refused(append(client, device.bundle())) is ErrorCode.DIRECTORY_STOPPED


def test_the_command_follows_a_real_server(city: SmallCity, tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path / "witness")
    folder.create("audit.example", city.server.url.removesuffix("/v1"), city.ca.root)
    city.ca.switch_on(witnesses=[folder.witness().verifier], needed=1)
    city.publish()
    with LogApi(folder.load().server, folder.root()) as server:
        visitor = Visitor(folder, server, city.clock.now_ms)
        visitor.visit()
        city.enrolled(city.clerk)
        state = visitor.visit()
    assert (state.size, state.root) == (head_of(city).size, head_of(city).root)
    _, client = city.enrolled(city.leader)
    (shown,) = client.get("/directory/cosignatures").json()["cosignatures"]
    assert shown["size"] == state.size
    assert Witness.parse(folder.witness().verifier).hash == base64.b64decode(shown["witness"])


def test_sealing_and_dispatch_stop_at_the_server_too(tmp_path: Path) -> None:
    town = DocumentCity(tmp_path)
    case = NumberedCase(town, "case of an old log")
    case.until(Phase.SEALING)
    grow_old(town)
    assert case.tries(Step.SEAL) is ErrorCode.DIRECTORY_STOPPED
    case.do(Step.OPINION, "bureau.head")
    town.ca.life_ms = 30 * DAY_MS
    town.publish()
    case.until(Phase.DISPATCHING)
    grow_old(town)
    assert case.tries(Step.DISPATCH) is ErrorCode.DIRECTORY_STOPPED
    town.close()
