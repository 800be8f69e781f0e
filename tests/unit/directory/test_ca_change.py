"""What the old CA signed beyond the last trusted size is void, and nothing else is (C1)."""

from __future__ import annotations

import pytest

from protocol.crypto.signature import certificate_hash
from protocol.directory.organisation import Organisation
from protocol.directory.records import Standing
from protocol.errors import ErrorCode, JinshuError
from tests.unit.directory.changing_ca import ChangingCity


@pytest.fixture
def city() -> ChangingCity:
    return ChangingCity()


def refused(city: ChangingCity, act: object) -> ErrorCode:
    """Why the fold refuses; the state must be as it was."""
    assert callable(act)
    before = (city.state.size, city.state.issuing, dict(city.state.revoked_at), city.state.organisation)
    with pytest.raises(JinshuError) as caught:
        act()
    assert (
        city.state.size,
        city.state.issuing,
        dict(city.state.revoked_at),
        city.state.organisation,
    ) == before
    return caught.value.code


def test_what_came_before_the_last_trusted_size_goes_on(city: ChangingCity) -> None:
    device = city.enter(city.clerk)
    seal = city.seal_for(device)
    city.change(city.state.size)
    city.follow()
    for state in (city.state, city.fold()):
        assert state.issuing == city.ca.issuing != city.first
        assert state.active_signer(device.cert_hash).id == device.id
        assert [found.cert_hash for found in state.seal_certificates(city.bureau)] == [seal]
        assert state.issuing_for(device.cert_hash) == city.first
        assert state.issuing_for(bytes(32)) == city.ca.issuing


def test_devices_and_seals_that_came_after_it_are_void(city: ChangingCity) -> None:
    honest = city.enter(city.clerk)
    trusted = city.state.size
    thief = city.enter(city.other)
    seal = city.seal_for(honest)
    city.change(trusted)
    for state in (city.state, city.fold()):
        with pytest.raises(JinshuError) as caught:
            state.active_signer(thief.cert_hash)
        assert caught.value.code is ErrorCode.CERTIFICATE_REVOKED
        assert state.void == {thief.cert_hash, seal}
        assert not state.was_active(thief.cert_hash, state.size)
        assert not state.seal_certificates(city.bureau)
        assert state.active_signer(honest.cert_hash)


def test_the_last_trusted_leaf_is_the_one_before_that_size(city: ChangingCity) -> None:
    first = city.enter(city.clerk)
    second = city.enter(city.other)
    city.change(2)
    assert city.state.device(first.cert_hash) in city.state.active.values()
    assert city.state.void == {second.cert_hash}


def test_void_snapshots_are_taken_back_and_keep_their_numbers(city: ChangingCity) -> None:
    trusted = city.state.size
    legitimate = city.ca.previous
    intruder = city.ca.person("外人", city.post)
    city.publish()
    city.publish()
    assert intruder in city.state.organisation.people
    city.change(trusted)
    for state in (city.state, city.fold()):
        assert intruder not in state.organisation.people
        assert (state.organisation.org_seq, state.org_seq_at(state.size)) == (1, 1)
        # What was received while they were in force is judged by them still.
        assert [state.org_seq_at(size) for size in range(state.size + 1)] == [0, 1, 2, 3, 1]
        assert state.organisation_entry == legitimate
    # The CA never saw what was signed in its name: it goes on from its own last, with the next free number.
    city.ca.dismiss(intruder)
    del city.ca.entries[intruder]
    city.ca.previous = legitimate
    city.follow()
    assert city.state.organisation.org_seq == 4
    assert city.fold().organisation.org_seq == 4


def test_after_a_change_the_chain_of_snapshots_still_holds(city: ChangingCity) -> None:
    trusted = city.state.size
    city.publish()
    void = city.ca.previous
    city.change(trusted)
    city.ca.previous, city.ca.org_seq = bytes(32), 2
    assert refused(city, city.publish) is ErrorCode.DIRECTORY_SNAPSHOT_INVALID
    city.ca.previous, city.ca.org_seq = void, 1
    assert refused(city, city.publish) is ErrorCode.DIRECTORY_SNAPSHOT_INVALID
    # Its own snapshot of after the last trusted size is what the CA goes on from when it made that one itself.
    city.ca.previous, city.ca.org_seq = void, 2
    city.publish()
    city.ca.previous = void
    assert refused(city, city.publish) is ErrorCode.DIRECTORY_SNAPSHOT_INVALID


def test_all_snapshots_can_be_void(city: ChangingCity) -> None:
    city.change(0)
    assert city.state.organisation.org_seq == 0
    assert city.fold().organisation_entry is None
    city.ca.previous = None
    city.follow()
    assert city.state.organisation.org_seq == 2


def test_going_back_needs_the_very_snapshot(city: ChangingCity) -> None:
    trusted = city.state.size
    city.publish()
    leaf = city.change_to(city.first, trusted, city.ca.clock.now)
    assert city.state.snapshot_needed(leaf) == 1
    honest = city.snapshots[1]
    for given in (None, city.snapshots[2], Organisation(1, honest.entries[:-1])):
        city.snapshots[1] = given  # type: ignore[assignment]
        assert refused(city, lambda: city.change(trusted)) is ErrorCode.DIRECTORY_SNAPSHOT_INVALID
    city.snapshots[1] = honest
    city.change(trusted)


def test_void_revocations_do_not_count(city: ChangingCity) -> None:
    early, late = city.enter(city.clerk), city.enter(city.other)
    city.add(city.ca.revoke(early))
    trusted = city.state.size
    city.add(city.ca.revoke(late))
    city.change(trusted)
    for state in (city.state, city.fold()):
        assert state.revoked_at.keys() == {early.cert_hash}
        assert state.revocations is None
    # What was revoked in time is never taken back, by the new CA neither.
    city.ca.revoked = []
    assert refused(city, lambda: city.add(city.ca.revoke(late))) is ErrorCode.DIRECTORY_ENTRY_REFUSED


def test_the_new_ca_need_not_list_what_is_void(city: ChangingCity) -> None:
    honest = city.enter(city.clerk)
    trusted = city.state.size
    thief = city.enter(city.other)
    city.change(trusted)
    city.add(city.ca.revoke(honest))
    assert city.state.revoked_at.keys() == {honest.cert_hash, thief.cert_hash}


def test_what_the_old_ca_signs_later_is_refused(city: ChangingCity) -> None:
    old_key, old = city.ca.issuing_key, city.ca.issuing
    city.change(city.state.size)
    new_key, new = city.ca.issuing_key, city.ca.issuing
    city.ca.issuing_key, city.ca.issuing = old_key, old
    assert refused(city, city.publish) is ErrorCode.CERTIFICATE_UNTRUSTED
    assert refused(city, lambda: city.enter(city.clerk)) is ErrorCode.CERTIFICATE_UNTRUSTED
    city.ca.issuing_key, city.ca.issuing = new_key, new
    device = city.enter(city.clerk)
    assert city.state.issuing_for(device.cert_hash) == new
    city.ca.issuing_key, city.ca.issuing = old_key, old
    assert refused(city, lambda: city.add(city.ca.revoke(device))) is ErrorCode.CERTIFICATE_UNTRUSTED
    assert refused(city, lambda: city.seal_for(device)) is ErrorCode.CERTIFICATE_UNTRUSTED


def test_a_void_device_does_not_make_the_real_one_a_further_one(city: ChangingCity) -> None:
    trusted = city.state.size
    city.enter(city.clerk)
    city.change(trusted)
    city.enter(city.clerk)
    assert [device.standing for device in city.state.active_devices(city.clerk)] == [Standing.FIRST]


def test_a_second_change_judges_only_its_own_ca(city: ChangingCity) -> None:
    of_first = city.enter(city.clerk)
    city.change(city.state.size)
    of_second = city.enter(city.other)
    city.change(1)
    for state in (city.state, city.fold()):
        assert state.active_signer(of_first.cert_hash)
        assert state.void == {of_second.cert_hash}
        assert state.issuing_for(of_first.cert_hash) == city.first
        assert len(state.ca_changes) == 2


def test_a_replaced_ca_is_never_brought_back(city: ChangingCity) -> None:
    held_back = city.change_to(_another(city), 0, city.ca.clock.now)
    brought = city.change(city.state.size)
    city.change(city.state.size)
    for leaf in (brought, held_back, city.change_to(city.first, 0, city.ca.clock.now + 1)):
        assert refused(city, lambda leaf=leaf: city.add(leaf)) is ErrorCode.DIRECTORY_ENTRY_REFUSED


def test_a_copy_is_changed_alone(city: ChangingCity) -> None:
    trusted = city.state.size
    city.enter(city.clerk)
    kept = city.state.clone()
    city.change(trusted)
    assert (kept.issuing, kept.void, kept.ca_changes) == (city.first, set(), ())
    assert city.state.clone().void == city.state.void
    assert certificate_hash(city.state.clone().issuing) == certificate_hash(city.ca.issuing)


def _another(city: ChangingCity) -> bytes:
    side = ChangingCity()
    side.ca.root_key, side.ca.root = city.ca.root_key, city.ca.root
    side.state.root = city.ca.root
    side.change(0)
    return side.ca.issuing
