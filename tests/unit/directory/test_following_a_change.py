"""A client follows a change of the CA and a log key certified anew, and finds all of it on its disk again (C1, C4)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from client.core.store import directory as table
from client.core.trust.anchors import Trust
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import CaChange, Leaf, LeafKind
from protocol.directory.organisation import Organisation
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import LI, WANG, City, Device


class ChangingCity(City):
    """Its CA can be replaced, and its log's key certified anew."""

    def certify_log(self, key: SigningKey | None = None) -> None:
        """What `sign-server` does."""
        spki, issuing = (key or self.log_key).public_spki, self.state.issuing
        log = certificates.make_log(self.ca_key, issuing, spki, at_ms=self.clock.now_ms())
        self.trust = replace(self.trust, issuing=issuing, log_certificate=log)

    def change(self, last_trusted: int) -> None:
        """The root names a new CA; the log's certificate is still of the old one."""
        now, key = self.clock.now_ms(), SigningKey.generate()
        issuing = certificates.make_issuing(self.root_key, self.trust.root, key.public_spki, "CA", at_ms=now)
        value = CaChange(issuing, last_trusted, now).value()
        signed = sign(self.root_key, certificate_hash(self.trust.root), SignedType.CA_CHANGE, value)
        leaf = Leaf(LeafKind.CA_CHANGE, signed.to_bytes())
        needed = self.state.snapshot_needed(leaf)
        self._add(leaf, None if needed is None else Organisation.parse(needed, self.snapshots[needed]))
        self.ca_key = key


@pytest.fixture
def city() -> ChangingCity:
    made = ChangingCity(ManualClock())
    made.publish_organisation([WANG])
    return made


async def enrolled(city: City, folder: Path, person: str = WANG) -> Device:
    device = Device(folder, city, person)
    await device.enrol()
    return device


async def test_a_renewed_log_certificate_takes_the_place_of_the_old(
    city: ChangingCity, tmp_path: Path
) -> None:
    device = await enrolled(city, tmp_path / "wang")
    before = device.directory.trust
    city.certify_log()
    await device.directory.catch_up()
    assert device.directory.trust == city.trust != before
    assert await device.store.read(table.trust) == city.trust.by_name()
    city.publish_organisation([WANG, LI])
    await device.directory.catch_up()
    await device.restart()
    assert device.directory.trust == city.trust


async def test_another_log_key_is_refused_whoever_certified_it(city: ChangingCity, tmp_path: Path) -> None:
    device = await enrolled(city, tmp_path / "wang")
    before = device.directory.trust
    city.log_key = SigningKey.generate()
    city.certify_log()
    with pytest.raises(JinshuError) as caught:
        await device.directory.catch_up()
    assert caught.value.code is ErrorCode.CERTIFICATE_UNTRUSTED
    assert device.directory.trust == before


async def test_what_a_change_goes_back_to_is_found_again(city: ChangingCity, tmp_path: Path) -> None:
    device = await enrolled(city, tmp_path / "wang")
    trusted = device.directory.size
    city.publish_organisation([WANG, LI])
    city.change(trusted)
    city.certify_log()
    # One client has followed all along, one begins now: it is shown the void snapshot too, and goes back.
    late = await enrolled(city, tmp_path / "li", LI)
    await device.directory.catch_up()
    for one in (device, late):
        await one.restart()
        assert one.directory.state.issuing == city.state.issuing != one.directory.trust.first
        assert one.directory.organisation.org_seq == 1
        assert one.directory.trust == city.trust
        assert one.directory.replaced_issuers() == (city.trust.first,)
    assert late.directory.root == device.directory.root


async def test_until_the_log_is_certified_anew_the_old_certificates_are_kept(
    city: ChangingCity, tmp_path: Path
) -> None:
    device = await enrolled(city, tmp_path / "wang")
    before = device.directory.trust
    city.change(device.directory.size)
    await device.directory.catch_up()
    assert (device.directory.trust, device.directory.state.issuing) == (before, city.state.issuing)


async def test_certificates_of_a_ca_the_log_does_not_name_are_not_kept(
    city: ChangingCity, tmp_path: Path
) -> None:
    """The server was certified by the new CA before the change was in its log."""
    device = await enrolled(city, tmp_path / "wang")
    before, key, now = device.directory.trust, SigningKey.generate(), city.clock.now_ms()
    issuing = certificates.make_issuing(city.root_key, before.root, key.public_spki, "CA", at_ms=now)
    log = certificates.make_log(key, issuing, city.log_key.public_spki, at_ms=now)
    city.trust = replace(city.trust, issuing=issuing, log_certificate=log)
    await device.directory.catch_up()
    assert device.directory.trust == before


async def test_a_store_of_before_there_was_a_first_ca_opens(city: ChangingCity, tmp_path: Path) -> None:
    device = await enrolled(city, tmp_path / "wang")
    await device.store.write(
        lambda connection: connection.execute(table.TRUST.delete().where(table.TRUST.c.name == "first"))
    )
    await device.restart()
    assert device.directory.trust == city.trust
    city.change(device.directory.size)
    city.certify_log()
    await device.directory.catch_up()
    await device.restart()
    assert device.directory.trust == city.trust
    assert Trust.of(await device.store.read(table.trust)).first == city.trust.first
