"""A seal whose key lies in a UKey: asked for, certified by the CA, and set on a document that verifies like any other."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from client.core.client import CoreClient
from client.core.tokens.rows import PinState, TokenPin
from client.documents.rows import Box, SealStanding, SealToken
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.integration.documents.desks import TITLE, Desk, Office
from tests.integration.documents.test_circulation import verify_in_thread
from tests.support.software_token import DRIVER, LABEL, PIN, SoftwareTokens
from tests.support.waiting import until


@pytest.fixture
def software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftwareTokens:
    return SoftwareTokens.at(tmp_path / "ukey", monkeypatch)


async def seal_ready(desk: Desk, token: str) -> str:
    """Wait until a desk's one seal is certified for a key in that token (none: in its store); its id."""

    async def ready() -> bool:
        rows = await desk.documents.seals.rows()
        return [(row.standing, row.token) for row in rows] == [(SealStanding.READY, token)]

    await until(ready)
    (row,) = await desk.documents.seals.rows()
    return row.id


async def moved_into_token(desk: Desk) -> None:
    seal = await seal_ready(desk, "")
    (row,) = await desk.documents.seals.tokens(DRIVER)
    await desk.documents.seals.ask_in_token(seal, row, PIN)
    await seal_ready(desk, LABEL)


async def numbered(clerk: Desk, leader: Desk) -> str:
    """A case that waits for its seal."""
    await until(
        lambda: clerk.core.directory.state.generation(clerk.post(clerk.body("fgw"), "办公室主任")) is not None
    )
    draft = await clerk.draft()
    reviewers = await clerk.documents.drafting.reviewers()
    case = await clerk.documents.drafting.start(
        draft, next(t.id for t in reviewers if "办公室主任" in t.name)
    )
    await clerk.core.outbox.drained()
    assert await leader.waits(Box.WAITING) == case
    for step in (Step.REVIEW_PASS, Step.VET_PASS, Step.SIGN_OFF, Step.RECHECK_PASS):
        await leader.act(case, step)
    await clerk.act(case, Step.NUMBER)
    await clerk.may(case, Step.SEAL)
    return case


async def refused(desk: Desk, case: str, pin: TokenPin | None) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        await desk.act(case, Step.SEAL, pin=pin)
    return caught.value.code


async def test_a_document_is_sealed_by_a_key_in_a_ukey(
    office: Office, software: SoftwareTokens, tmp_path: Path
) -> None:
    token = await asyncio.to_thread(software.add)
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk", "czj.section")
    await until(lambda: clerk.core.directory.state.generation(clerk.body("czj")) is not None)
    case = await numbered(clerk, leader)
    post = next(each.post for each in (await clerk.view(case)).actions if each.step == Step.SEAL)
    await seal_ready(clerk, "")
    assert await clerk.documents.circulating.seal_token(post) is None
    await moved_into_token(clerk)
    assert await clerk.documents.circulating.seal_token(post) == SealToken(LABEL, PinState.FINE)

    # Nothing is sealed, and the case stays where it is, until the right token is there and opened.
    assert await refused(clerk, case, None) is ErrorCode.KEYS_TOKEN_PIN_WANTED
    assert await refused(clerk, case, TokenPin("000000")) is ErrorCode.KEYS_TOKEN_WRONG_PIN
    away = software.pull_out(token)
    assert await refused(clerk, case, TokenPin(PIN)) is ErrorCode.KEYS_TOKEN_ABSENT
    await asyncio.to_thread(software.add, "别人的")
    assert await refused(clerk, case, TokenPin(PIN)) is ErrorCode.KEYS_TOKEN_OTHER
    with pytest.raises(JinshuError):
        await clerk.documents.circulating.seal_token(post)
    software.plug_in(away)

    await clerk.act(case, Step.SEAL, pin=TokenPin(PIN))
    await clerk.act(case, Step.DISPATCH)
    issue = await finance.waits(Box.INCOMING)
    await finance.documents.reader.pages(issue, 400)
    assert (await finance.view(issue)).verification[0] == "sealed"
    await finance.act(issue, Step.RECEIVE)
    pdf = tmp_path / "out.pdf"
    await finance.documents.reader.save_pdf(issue, pdf)
    number = (await clerk.view(case)).number
    root = finance.core.directory.trust.root
    assert verify_in_thread(pdf.read_bytes(), root) == (TITLE, number, True)
    (tmp_path / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(root))
    command = [sys.executable, "-m", "client.verify", str(pdf), "--root", str(tmp_path / "root.pem")]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "印章有效" in done.stdout


@pytest.mark.expects_logs
async def test_a_seal_the_server_refused_is_not_set_again_without_its_pin(
    office: Office, software: SoftwareTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeper's clock was an hour fast: trying again gives the case back to him as it was."""
    await asyncio.to_thread(software.add)
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    await office.appointed("丙", "czj.clerk", "czj.section")
    await until(lambda: clerk.core.directory.state.generation(clerk.body("czj")) is not None)
    case = await numbered(clerk, leader)
    await moved_into_token(clerk)
    clock = type(clerk.core.clock)
    true = clock.now_ms
    with monkeypatch.context() as fast:
        fast.setattr(clock, "now_ms", lambda self: true(self) + 3_600_000)
        await clerk.act(case, Step.SEAL, pin=TokenPin(PIN))
    assert ErrorCode.CLOCK_SKEW.value in [each.code for each in await clerk.core.outbox.states()]
    await clerk.documents.circulating.retry(case)
    assert await clerk.core.outbox.states() == ()
    await clerk.act(case, Step.SEAL, pin=TokenPin(PIN))
    await clerk.may(case, Step.DISPATCH)


async def test_a_seal_moves_from_a_ukey_to_the_next_and_back_to_the_computer(
    office: Office, software: SoftwareTokens
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    await asyncio.to_thread(software.add)
    await moved_into_token(clerk)
    seal = await seal_ready(clerk, LABEL)
    before = await clerk.core.keystore.seal_key(seal)
    (row,) = await clerk.documents.seals.tokens(DRIVER)
    await clerk.documents.seals.ask_in_token(seal, row, PIN)

    async def anew() -> bool:
        return (await clerk.core.keystore.seal_key(seal)).key != before.key

    await until(anew)
    await clerk.documents.seals.ask_here(seal)
    await seal_ready(clerk, "")
    assert (await clerk.core.keystore.seal_key(seal)).token is None


async def test_what_is_kept_of_a_key_in_a_ukey_holds_no_private_half(
    office: Office, software: SoftwareTokens
) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    await asyncio.to_thread(software.add)
    seal = await seal_ready(clerk, "")
    local = await clerk.core.keystore.seal_key(seal)
    await moved_into_token(clerk)
    key = await clerk.core.keystore.seal_key(seal)
    assert key.token is not None
    assert key.key.public_spki != local.key.public_spki
    assert await private_halves(clerk.core) == [None]


async def private_halves(core: CoreClient) -> list[object]:
    def read(connection: object) -> list[object]:
        rows = connection.exec_driver_sql(  # type: ignore[attr-defined]
            "SELECT private FROM own_keys WHERE name LIKE 'seal:%' OR name LIKE 'asked:%'"
        )
        return [row[0] for row in rows]

    return await core.store.read(read)
