"""The CA's key is stolen, and the city goes on under another (C1): real commands, a real server, real clients."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.client import CoreClient
from client.core.connection.address import ServerAddress
from protocol.crypto.signature import certificate_hash
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.session import TrustReply
from server_stub.ca.api import ServerRefused
from server_stub.ca.folder import CaFolder
from server_stub.ca.publishing import Publication
from tests.end_to_end.processes import StoryError
from tests.integration.ca.changing_site import ANOTHER, LI, THIEF, WANG, Site, opened


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site.founded(tmp_path)
    yield made
    made.stop()


@pytest.mark.expects_logs
async def test_the_city_goes_on_and_the_thief_does_not(site: Site, tmp_path: Path) -> None:
    wang, li = site.appoint(WANG), site.appoint(LI)
    site.publish()
    old = await site.enrol(wang, tmp_path / "wang")
    await old.principals.maintain()
    trusted, first, first_log = old.directory.size, old.directory.state.issuing, old.directory.trust
    await old.stop()
    # Whoever copied the CA's folder appoints himself and enrols.
    stolen = site.stolen()
    intruder = stolen.appoint(THIEF)
    stolen.publish()
    rogue = await stolen.enrol(intruder, tmp_path / "rogue")
    assert intruder in rogue.directory.organisation.people

    site.change_ca(trusted, "--server", site.address)
    # The operator's certificate was of the old CA: the session it has does not count any more, nor does a new one.
    with stolen.api() as api, pytest.raises(ServerRefused) as refused:
        api.sign_in()
    assert refused.value.code == ErrorCode.CERTIFICATE_UNTRUSTED
    with pytest.raises(JinshuError) as caught:
        await rogue.catch_up()
    assert caught.value.code is ErrorCode.CERTIFICATE_REVOKED
    await rogue.stop()
    site.sign_server()
    site.restart()
    site.operator()
    site.publish()

    back = await opened(tmp_path / "wang")
    try:
        await back.catch_up()
        state, trust = back.directory.state, back.directory.trust
        assert intruder not in back.directory.organisation.people
        assert {wang, li} <= back.directory.organisation.people.keys()
        assert [device.id for device in state.active_devices(wang)] == [back.me.device]
        assert not state.active_devices(intruder)
        # Snapshot 3 was the thief's; its number stays used.
        assert state.organisation.org_seq == 4
        new = CaFolder(site.ca).issuing_certificate()
        assert (state.issuing, state.first_issuing, trust.issuing, trust.first) == (new, first, new, first)
        assert certificate_hash(trust.log_certificate) != certificate_hash(first_log.log_certificate)

        newcomer = await site.enrol(li, tmp_path / "li")
        assert newcomer.directory.state.issuing_for(newcomer.me.cert_hash) == new
        await back.catch_up()
        assert back.directory.has_device(newcomer.me.device)
        assert newcomer.directory.root == back.directory.root
        await newcomer.stop()
        refuse_the_thief(site, stolen, tmp_path / "forged")
    finally:
        await back.stop()
    again = await opened(tmp_path / "wang")
    assert again.directory.state.issuing == new
    await again.stop()


def refuse_the_thief(site: Site, stolen: Site, out: Path) -> None:
    """What he signs now is refused whoever brings it, and he himself has no session and finds no server."""
    stolen.appoint(ANOTHER)
    stolen.publish_to(out)
    forged = [Publication.read(path) for path in out.iterdir()]
    assert [publication.kind for publication in forged] == ["organisation"]
    with site.api() as api:
        api.sign_in()
        for publication in forged:
            with pytest.raises(ServerRefused) as refused:
                api.post_leaf(publication.leaf)
            assert refused.value.code == ErrorCode.CERTIFICATE_UNTRUSTED
    with stolen.api(CaFolder(site.ca)) as api, pytest.raises(ServerRefused) as refused:
        api.sign_in()
    assert refused.value.code == ErrorCode.CERTIFICATE_UNTRUSTED
    with pytest.raises(StoryError, match="CERTIFICATE_VERIFY_FAILED"):
        stolen.code(WANG.name)


@pytest.mark.expects_logs
async def test_a_client_refuses_a_server_that_the_old_ca_certified(site: Site, tmp_path: Path) -> None:
    person = site.appoint(WANG)
    site.publish()
    client = await site.enrol(person, tmp_path / "wang")
    impostor = site.stolen().beside("impostor")
    tls = client.api.tls
    try:
        # Before the change it is a server like any other: TLS believes the root.
        assert await asked(client, impostor, tls)
        site.change_ca(client.directory.size, "--server", site.address)
        site.sign_server()
        site.restart()
        assert await asked(client, site, tls)
        await client.directory.catch_up()
        with pytest.raises(JinshuError) as caught:
            await asked(client, impostor, tls)
        assert caught.value.code is ErrorCode.NETWORK_UNTRUSTED
    finally:
        impostor.stop()
        await client.stop()


async def asked(client: CoreClient, server: Site, tls: ssl.SSLContext) -> TrustReply:
    """The client turns to another server, with the TLS it has."""
    await client.api.disconnect()
    client.api.connect(ServerAddress.parse(server.address), tls)
    return await client.api.get("/trust", TrustReply, session=False)


async def test_a_ca_without_network_is_changed_by_files(site: Site, tmp_path: Path) -> None:
    person = site.appoint(WANG)
    site.publish()
    old = await site.enrol(person, tmp_path / "wang")
    size = old.directory.size
    await old.stop()
    site.stop()
    site.change_ca(size, "--out", str(tmp_path / "out"))
    # Only the requests travel to the CA, and what it signs comes back.
    carried = tmp_path / "carried"
    (carried / "tls").mkdir(parents=True)
    for name in ("server.csr", "log.csr"):
        shutil.copy(site.server_dir / "tls" / name, carried / "tls" / name)
    site.sign_server(carried)
    before = (site.server_dir / "tls" / "first.pem").read_bytes()
    for path in (carried / "tls").glob("*.pem"):
        shutil.copy(path, site.server_dir / "tls" / path.name)
    assert (site.server_dir / "tls" / "first.pem").read_bytes() == before
    site.publish_to(tmp_path / "out")
    site.import_files(tmp_path / "out")
    site.start_server(int(site.address.rpartition(":")[2]))
    back = await opened(tmp_path / "wang")
    await back.catch_up()
    assert back.directory.state.issuing == CaFolder(site.ca).issuing_certificate()
    assert back.directory.organisation.org_seq == 3
    await back.stop()
