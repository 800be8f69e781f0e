"""Documents of before a change of the CA and of after it prove what they say, with the root alone (C1, C9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from client.documents.rows import Box
from client.verify.check import verify_document
from protocol.crypto.signature import certificate_hash
from protocol.documents.steps import Step
from protocol.errors import JinshuError
from tests.end_to_end.processes import Service
from tests.integration.ca.changing_site import Site
from tests.integration.documents.desks import Desk, Office
from tests.support.held_keys import principals_held
from tests.support.waiting import until


class ChangingOffice(Office):
    """An office whose city changes its CA while everybody is at work."""

    def __init__(self, site: Site, folder: Path) -> None:
        super().__init__(site, folder)
        self.site = site
        self.watcher: Service = site.watch()

    def change_ca(self, size: int) -> None:
        # The watcher goes on: what it signs from now on must be of the new CA.
        self.site.change_ca(size, "--server", self.site.address)
        self.site.sign_server()
        self.site.restart()
        self.site.operator()
        self.site.publish()


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[ChangingOffice]:
    site = await asyncio.to_thread(Site.founded, tmp_path)
    made = ChangingOffice(site, tmp_path)
    yield made
    await made.close()
    made.watcher.stop()
    site.stop()


async def numbered(clerk: Desk, leader: Desk, title: str) -> str:
    """A case from its draft to its number."""
    draft = await clerk.draft(title=title)
    reviewers = await clerk.documents.drafting.reviewers()
    case = await clerk.documents.drafting.start(
        draft, next(t.id for t in reviewers if "办公室主任" in t.name)
    )
    await clerk.core.outbox.drained()
    assert await leader.waits(Box.WAITING, title) == case
    for step in (Step.REVIEW_PASS, Step.VET_PASS, Step.SIGN_OFF, Step.RECHECK_PASS):
        await leader.act(case, step)
    await clerk.act(case, Step.NUMBER)
    return case


async def issued(clerk: Desk, case: str, reader: Desk, title: str, pdf: Path) -> str:
    """The rest of the way; the recipient saves the file, and it is verified with the root alone."""
    await until(lambda: bool(clerk.core.directory.state.seal_certificates(clerk.body("fgw"))))
    await clerk.act(case, Step.SEAL)
    await clerk.act(case, Step.DISPATCH)
    issue = await reader.waits(Box.INCOMING, title)
    await reader.act(issue, Step.RECEIVE)
    await reader.documents.reader.save_pdf(issue, pdf)
    return await verified(reader, pdf)


async def verified(desk: Desk, pdf: Path) -> str:
    root = desk.core.directory.trust.root
    # The verifier runs a loop of its own: not on this one's thread.
    verdict = await asyncio.to_thread(lambda: verify_document(pdf.read_bytes(), root))
    assert verdict.reproduced
    return verdict.title


async def confirmed(member: Desk, newcomer: Desk) -> None:
    """A colleague with a device of the old CA gives one of the new CA the keys he holds (C6)."""
    device, principals = newcomer.core.me.device, newcomer.core.principals
    await until(lambda: member.core.directory.has_device(device))
    for waiting in await member.core.principals.unconfirmed_members():
        if waiting.device == device:
            await member.core.principals.confirm_member(waiting)

    async def holds_all() -> bool:
        return principals.mine() <= principals_held(principals)

    await until(holds_all)


def follows(desk: Desk) -> bool:
    """Whether a client has heard of the change and of all the new CA said, and is back from the server's restart."""
    directory = desk.core.directory
    new, listed = directory.state.issuing, directory.state.revocations_signed
    known = bool(directory.replaced_issuers()) and directory.trust.issuing == new
    return desk.core.online and known and listed is not None and listed.cert_hash == certificate_hash(new)


@pytest.mark.expects_logs
async def test_both_prove_what_they_say(office: ChangingOffice, tmp_path: Path) -> None:
    clerk = await office.appointed("甲", "fgw.clerk", "fgw.seal")
    leader = await office.appointed("乙", "fgw.leader", "fgw.office")
    finance = await office.appointed("丙", "czj.clerk", "czj.section")
    await until(lambda: clerk.core.directory.state.generation(clerk.body("czj")) is not None)
    before = await numbered(clerk, leader, "换证以前的通知")
    assert await issued(clerk, before, finance, "换证以前的通知", tmp_path / "1.pdf") == "换证以前的通知"
    waiting = await numbered(clerk, leader, "换证以前签发的通知")

    await asyncio.to_thread(office.change_ca, clerk.core.directory.size)
    for desk in (clerk, leader, finance):
        await until(partial(follows, desk))
    # An extract names one issuing CA: what was signed off under the other is not sealed, and nothing leaves.
    with pytest.raises(JinshuError) as caught:
        await clerk.act(waiting, Step.SEAL)
    assert caught.value.code.value.startswith("verify.")

    second = await office.appointed("丁", "fgw.clerk", "fgw.seal")
    deputy = await office.appointed("戊", "fgw.leader", "fgw.office")
    await confirmed(clerk, second)
    await confirmed(leader, deputy)
    after = await numbered(second, deputy, "换证以后的通知")
    assert await issued(second, after, finance, "换证以后的通知", tmp_path / "2.pdf") == "换证以后的通知"
    assert await verified(second, tmp_path / "1.pdf") == "换证以前的通知"
