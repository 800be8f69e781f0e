"""Following the log against servers that lie: each lie has its code, and none of it is believed or kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.events import DirectoryChanged
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import Leaf, LeafKind, LogHead, OrganisationRoot
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import DAY, LI, WANG, City, Device


@pytest.fixture
def city() -> City:
    made = City(ManualClock())
    made.publish_organisation((WANG,))
    return made


@pytest.fixture
def device(tmp_path: Path, city: City) -> Iterator[Device]:
    made = Device(tmp_path / "device", city, WANG)
    yield made
    made.store.close()


async def refused(device: Device, size: int | None = None) -> ErrorCode:
    before, state = device.directory.size, device.directory.state
    with pytest.raises(JinshuError) as caught:
        await device.directory.catch_up(size)
    assert (device.directory.size, device.directory.state) == (before, state)
    return caught.value.code


async def test_an_honest_log_is_followed_and_kept(device: Device, city: City) -> None:
    await device.enrol()
    assert device.directory.size == len(city.leaves) == 2
    assert device.directory.root == city.tree().root()
    assert device.directory.organisation.people[WANG].name
    assert device.directory.organisation_at(1) is device.directory.organisation
    assert DirectoryChanged(2) in device.events
    before = device.directory.head
    await device.restart()
    assert (device.directory.head, device.directory.root) == (before, city.tree().root())
    assert device.directory.certificate(device.keystore.me.cert_hash) == device.keystore.me.certificate


async def test_a_log_that_shrinks_is_a_rollback(device: Device, city: City) -> None:
    await device.enrol()
    city.leaves.pop()
    assert await refused(device) is ErrorCode.DIRECTORY_ROLLBACK


async def test_another_log_of_the_same_size_is_a_split_view(device: Device, city: City) -> None:
    await device.enrol()
    city.leaves[0] = city.leaves[1]
    assert await refused(device) is ErrorCode.DIRECTORY_SPLIT_VIEW


async def test_a_rewritten_past_is_caught_when_the_log_grows(device: Device, city: City) -> None:
    await device.enrol()
    city.publish_organisation((WANG, LI))
    city.leaves[0] = city.leaves[1]
    assert await refused(device) is ErrorCode.DIRECTORY_PROOF_INVALID


async def test_the_head_the_ca_vouched_for_must_be_in_the_first_log(device: Device, city: City) -> None:
    await device.enrol()
    honest = city.sign_head(len(city.leaves), b"\x01" * 32)
    await device.directory.keep_first_head(Signed.parse(honest))
    city.publish_organisation((WANG, LI))
    assert await refused(device) is ErrorCode.DIRECTORY_SPLIT_VIEW


async def test_a_head_by_another_key_is_refused(device: Device, city: City) -> None:
    await device.enrol()
    city.log_key = SigningKey.generate()
    assert await refused(device) is ErrorCode.SIGNATURE_INVALID


async def test_leaves_that_are_not_those_of_the_head_are_refused(device: Device, city: City) -> None:
    await device.enrol()
    city.publish_organisation((WANG, LI))
    tree = city.tree()
    honest = (city.sign_head(len(tree), tree.root()), tree.consistency_proof(2))

    async def same_head(first: int) -> tuple[bytes, list[bytes]]:
        return honest

    city.log_head = same_head  # type: ignore[method-assign]  # this server lies
    city.leaves[2] = city.leaves[1]
    assert await refused(device) is ErrorCode.DIRECTORY_PROOF_INVALID


async def test_withheld_leaves_are_noticed(device: Device, city: City) -> None:
    await device.enrol()
    assert await refused(device, size=3) is ErrorCode.DIRECTORY_ROLLBACK


async def test_a_snapshot_with_other_entries_is_refused(device: Device, city: City) -> None:
    await device.enrol()
    city.publish_organisation((WANG, LI))
    city.snapshots[2] = city.snapshots[1]
    assert await refused(device) is ErrorCode.DIRECTORY_SNAPSHOT_INVALID


async def test_a_snapshot_the_ca_did_not_sign_is_refused(device: Device, city: City) -> None:
    await device.enrol()
    now = city.clock.now_ms()
    value = OrganisationRoot(2, b"\0" * 32, 0, city.state.organisation_entry, now, now + DAY).value()
    forged = sign(
        SigningKey.generate(), certificate_hash(city.trust.issuing), SignedType.ORGANISATION_ROOT, value
    )
    city.snapshots[2] = []
    city.leaves.append(Leaf(LeafKind.ORGANISATION, forged.to_bytes()).to_bytes())
    assert await refused(device) is ErrorCode.SIGNATURE_INVALID


async def test_what_another_device_saw_must_be_in_my_log(device: Device, city: City) -> None:
    await device.enrol()
    await device.directory.check_seen(2, city.tree().root())
    await device.directory.check_seen(1, city.tree().root(1))
    with pytest.raises(JinshuError) as caught:
        await device.directory.check_seen(1, b"\x02" * 32)
    assert caught.value.code is ErrorCode.DIRECTORY_SPLIT_VIEW
    city.publish_organisation((WANG, LI))
    await device.directory.check_seen(3, city.tree().root())
    with pytest.raises(JinshuError) as caught:
        await device.directory.check_seen(4, b"\x02" * 32)
    assert caught.value.code is ErrorCode.DIRECTORY_ROLLBACK


async def test_a_publication_the_server_swallowed_is_noticed(device: Device, city: City) -> None:
    await device.enrol()

    async def swallow(leaf: bytes, wraps: list[bytes]) -> int:
        return 0

    city.append = swallow  # type: ignore[method-assign,assignment]  # this server lies
    with pytest.raises(JinshuError) as caught:
        await device.directory.publish(Leaf(LeafKind.CONFIRM, b"x"), ())
    assert caught.value.code is ErrorCode.DIRECTORY_PROOF_INVALID


async def test_a_late_snapshot_or_list_is_named(device: Device, city: City) -> None:
    await device.enrol()
    assert device.directory.overdue() == ()
    city.revoke(device.id)
    await device.directory.catch_up()
    await city.clock.advance(2 * 24 * 3600)
    assert device.directory.overdue() == ("revocations",)
    await city.clock.advance(6 * 24 * 3600)
    assert device.directory.overdue() == ("organisation", "revocations")


def test_heads_have_room_for_witnesses() -> None:
    assert LogHead(1, b"\0" * 32, 0, [b"w"]).value()["witnesses"] == [b"w"]
