"""How old a log is (C45): judged by what the CA and the witnesses signed, never by heads, and what stops when it is too old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.events import LogAged, NoticeRaised
from protocol.crypto.certificates import public_key_of
from protocol.directory.age import Stage, Statement
from protocol.directory.cosignatures import Cosignature, Witness, origin_of
from protocol.directory.log import Leaf, OrganisationRoot
from protocol.directory.organisation import Organisation
from protocol.errors import ErrorCode, JinshuError
from tests.support.given_witness import GivenWitness
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import DAY, LI, WANG, City, Device

DAY_S = DAY // 1000


@pytest.fixture
def city() -> City:
    made = City(ManualClock())
    made.switch_on(grace_days=30)
    made.publish_organisation((WANG,))
    return made


@pytest.fixture
def device(tmp_path: Path, city: City) -> Iterator[Device]:
    made = Device(tmp_path / "device", city, WANG)
    yield made
    made.store.close()


def said(
    city: City, witness: GivenWitness, size: int | None = None, root: bytes | None = None
) -> Cosignature:
    """What a witness signs now of the city's log at a size."""
    tree = city.tree()
    size = len(tree) if size is None else size
    origin = origin_of(public_key_of(city.trust.log_certificate))
    return witness.says(origin, size, tree.root(size) if root is None else root, city.clock.now_ms() // 1000)


def lets_anything_stand(city: City) -> None:
    """From now on this server appends whatever it is given."""

    def add(leaf: Leaf, organisation: Organisation | None) -> None:
        city.leaves.append(leaf.to_bytes())

    city._add = add  # type: ignore[method-assign]


def refusal(device: Device) -> ErrorCode | None:
    try:
        device.directory.check_age()
    except JinshuError as error:
        return error.code
    return None


async def code_of_catching_up(device: Device) -> ErrorCode | None:
    try:
        await device.directory.catch_up()
    except JinshuError as error:
        return error.code
    return None


async def test_a_statement_names_the_log_it_was_signed_over(device: Device, city: City) -> None:
    await device.enrol()
    city.publish_organisation((WANG, LI))
    await device.directory.catch_up()
    root = device.directory.state.organisation_root
    assert root is not None
    assert (root.log_size, root.log_root) == (2, city.tree().root(2))


async def test_a_statement_over_another_log_is_a_split_view(device: Device, city: City) -> None:
    """The CA vouches for the log it saw; a server that shows another one is named by the CA's own words."""
    await device.enrol()
    honest = city.dated
    city.dated = lambda: honest() | {"log_root": b"\x01" * 32}  # type: ignore[method-assign]
    lets_anything_stand(city)
    city.publish_organisation((WANG, LI))
    assert await code_of_catching_up(device) is ErrorCode.DIRECTORY_SPLIT_VIEW
    assert device.directory.size == 2


async def test_a_statement_names_no_log_where_that_is_not_switched_on(device: Device, city: City) -> None:
    city.site = []
    city.publish_organisation((WANG,))
    await device.enrol()
    city.dated = lambda: {"log_size": 1, "log_root": city.tree().root(1)}  # type: ignore[method-assign]
    lets_anything_stand(city)
    city.publish_organisation((WANG, LI))
    assert await code_of_catching_up(device) is ErrorCode.WIRE_MALFORMED


def test_a_statement_names_both_size_and_root_or_neither() -> None:
    value = OrganisationRoot(1, bytes(32), 0, None, 1, 2).value()
    assert not OrganisationRoot.parse(value).dated
    assert OrganisationRoot.parse(value | {"log_size": 1, "log_root": bytes(32)}).dated
    with pytest.raises(JinshuError):
        OrganisationRoot.parse(value | {"log_size": 1})


async def test_from_the_day_on_there_is_a_warning_and_nothing_stops(device: Device, city: City) -> None:
    await device.enrol()
    assert device.directory.age().stage is Stage.CURRENT
    await city.clock.advance(8 * DAY_S)
    age = device.directory.age()
    assert (age.stage, age.late) == (Stage.OVERDUE, (Statement.ORGANISATION,))
    assert age.stops_at == age.due_at + 30 * DAY
    assert refusal(device) is None


async def test_the_warning_is_told_once_by_time_alone(device: Device, city: City) -> None:
    """A server that is silent for ever must not keep its clients from hearing it."""
    await device.enrol()
    await city.clock.advance(8 * DAY_S)
    device.events.clear()
    device.directory.publish_age()
    device.directory.publish_age()
    notice = NoticeRaised(ErrorCode.DIRECTORY_OVERDUE, (("statement", "organisation"),))
    assert device.events == [notice, LogAged(device.directory.age())]


async def test_fresh_heads_of_the_server_make_nothing_younger(device: Device, city: City) -> None:
    await device.enrol()
    await city.clock.advance(40 * DAY_S)
    await device.directory.catch_up()
    assert device.directory.head.at == city.clock.now_ms()
    assert device.directory.age().stage is Stage.STOPPED


async def test_after_the_grace_what_reaches_new_people_stops(device: Device, city: City) -> None:
    await device.enrol()
    await city.clock.advance(37 * DAY_S + 1)
    await device.directory.confirm_clock()
    assert refusal(device) is ErrorCode.DIRECTORY_STOPPED
    city.publish_organisation((WANG,))
    await device.directory.catch_up()
    assert (refusal(device), device.directory.age().stage) == (None, Stage.CURRENT)


async def test_the_grace_is_the_sites_own(device: Device, city: City) -> None:
    city.switch_on(grace_days=90)
    city.publish_organisation((WANG,))
    await device.enrol()
    await city.clock.advance(60 * DAY_S)
    assert device.directory.age().stage is Stage.OVERDUE
    assert refusal(device) is None


async def test_where_it_is_not_switched_on_there_are_warnings_alone(device: Device, city: City) -> None:
    city.site = []
    city.publish_organisation((WANG,))
    await device.enrol()
    await city.clock.advance(400 * DAY_S)
    age = device.directory.age()
    assert (age.stage, age.stops_at, refusal(device)) == (Stage.OVERDUE, None, None)


@pytest.mark.parametrize("days", [31, -31])
async def test_a_clock_far_from_the_last_statement_is_asked_about_first(
    device: Device, city: City, days: int
) -> None:
    """Ahead, a new log looks old; behind, an old one looks new."""
    await device.enrol()
    await city.clock.advance(days * DAY_S)
    assert refusal(device) is ErrorCode.DIRECTORY_CLOCK_DIFFERS
    await device.directory.confirm_clock()
    assert refusal(device) is None
    await device.restart()
    assert refusal(device) is None


async def test_a_confirmed_clock_is_asked_about_again_when_it_jumps(device: Device, city: City) -> None:
    await device.enrol()
    await city.clock.advance(31 * DAY_S)
    await device.directory.confirm_clock()
    await city.clock.advance(-100 * DAY_S)
    assert refusal(device) is ErrorCode.DIRECTORY_CLOCK_DIFFERS


async def test_a_device_enrols_no_more_when_the_log_it_is_shown_is_too_old(
    tmp_path: Path, device: Device, city: City
) -> None:
    await device.enrol()
    city.publish_organisation((WANG, LI))
    other = Device(tmp_path / "other", city, LI)
    await other.enrol()
    await device.step()
    await other.step()
    waiting = (await device.principals.unconfirmed_members())[0]
    await city.clock.advance(60 * DAY_S)
    await device.directory.confirm_clock()
    with pytest.raises(JinshuError) as caught:
        await device.principals.confirm_member(waiting)
    assert caught.value.code is ErrorCode.DIRECTORY_STOPPED
    other.store.close()


async def test_shutting_somebody_out_goes_on_when_all_else_has_stopped(
    tmp_path: Path, device: Device, city: City
) -> None:
    """Whoever is revoked is shut out of the key even then."""
    await device.enrol()
    await device.step()
    other = Device(tmp_path / "other", city, WANG)
    await other.enrol()
    await device.directory.catch_up()
    mine = next(each for each in await device.principals.unconfirmed_members() if each.mine)
    await device.principals.confirm_member(mine)
    await other.step()
    await city.clock.advance(60 * DAY_S)
    city.revoke(other.id)
    await city.clock.advance(40 * DAY_S)
    await device.step()
    assert device.directory.age().stage is Stage.STOPPED
    generations = device.directory.state.generations(WANG)
    assert (len(generations), generations[-1].holders) == (2, frozenset({device.id}))
    other.store.close()


async def test_a_recovery_code_waits_too(tmp_path: Path, device: Device, city: City) -> None:
    """It makes a further device one of his own."""
    await device.enrol(recovery=True)
    await device.step()
    other = Device(tmp_path / "other", city, WANG)
    await other.enrol()
    await city.clock.advance(60 * DAY_S)
    await other.directory.confirm_clock()
    with pytest.raises(JinshuError) as caught:
        await other.principals.recover(device.recovery)
    assert caught.value.code is ErrorCode.DIRECTORY_STOPPED
    other.store.close()


# Witnesses


async def demanded(device: Device, city: City, *witnesses: GivenWitness, needed: int = 1) -> None:
    city.switch_on(witnesses=[each.verifier for each in witnesses], needed=needed)
    city.publish_organisation((WANG,))
    await device.enrol()


async def test_a_view_no_witness_has_seen_for_a_day_is_overdue(device: Device, city: City) -> None:
    witness = GivenWitness()
    await demanded(device, city, witness)
    assert device.directory.age().stage is Stage.CURRENT
    await city.clock.advance(DAY_S + 1)
    assert device.directory.age().late == (Statement.WITNESSES,)
    city.said = [said(city, witness)]
    await device.directory.catch_up()
    assert device.directory.age().stage is Stage.CURRENT
    await device.restart()
    assert device.directory.age().stage is Stage.CURRENT


async def test_a_frozen_view_is_told_by_the_witnesses_long_before_the_ca(device: Device, city: City) -> None:
    """The server shows this client alone no more leaves, and the co-signatures of then."""
    witness = GivenWitness()
    await demanded(device, city, witness)
    city.said = [said(city, witness)]
    await device.directory.catch_up()
    await city.clock.advance(2 * DAY_S)
    await device.directory.catch_up()
    assert device.directory.age().late == (Statement.WITNESSES,)


async def test_as_many_witnesses_must_have_seen_it_as_the_site_demands(device: Device, city: City) -> None:
    first, second = GivenWitness("one"), GivenWitness("two")
    await demanded(device, city, first, second, needed=2)
    await city.clock.advance(DAY_S + 1)
    city.said = [said(city, first)]
    await device.directory.catch_up()
    assert device.directory.age().late == (Statement.WITNESSES,)
    city.said.append(said(city, second))
    await device.directory.catch_up()
    assert device.directory.age().stage is Stage.CURRENT


async def test_renewed_snapshots_give_withheld_witnesses_no_new_day(device: Device, city: City) -> None:
    await demanded(device, city, GivenWitness())
    for _ in range(8):
        await city.clock.advance(5 * DAY_S)
        city.publish_organisation((WANG,))
        await device.directory.catch_up()
    assert device.directory.age().stage is Stage.STOPPED


async def test_a_witness_that_is_itself_shown_an_old_log_dates_nothing(device: Device, city: City) -> None:
    witness = GivenWitness()
    await demanded(device, city, witness)
    old = len(city.leaves)
    city.publish_organisation((WANG,))
    await city.clock.advance(2 * DAY_S)
    city.said = [said(city, witness, old)]
    await device.directory.catch_up()
    assert device.directory.age().late == (Statement.WITNESSES,)


async def test_a_fork_is_named_by_the_witness_that_saw_the_other_log(device: Device, city: City) -> None:
    witness = GivenWitness()
    await demanded(device, city, witness)
    city.said = [said(city, witness, 2, b"\x07" * 32)]
    assert await code_of_catching_up(device) is ErrorCode.DIRECTORY_SPLIT_VIEW


async def test_nobody_co_signs_in_a_witnesss_name(device: Device, city: City) -> None:
    witness, forger = GivenWitness(), GivenWitness()
    await demanded(device, city, witness)
    honest, forged = said(city, witness), said(city, forger)
    city.said = [
        Cosignature(honest.witness, honest.size, honest.root, honest.at_s, forged.signature),
    ]
    assert await code_of_catching_up(device) is ErrorCode.DIRECTORY_COSIGNATURE_INVALID


async def test_a_witness_the_site_does_not_list_counts_for_nothing(device: Device, city: City) -> None:
    await demanded(device, city, GivenWitness())
    await city.clock.advance(2 * DAY_S)
    city.said = [said(city, GivenWitness())]
    await device.directory.catch_up()
    assert device.directory.age().late == (Statement.WITNESSES,)


async def test_an_older_co_signature_shown_again_takes_none_back(device: Device, city: City) -> None:
    witness = GivenWitness()
    await demanded(device, city, witness)
    old = said(city, witness)
    await city.clock.advance(DAY_S)
    for shown in ([said(city, witness)], [old], []):
        city.said = shown
        await device.directory.catch_up()
    await city.clock.advance(DAY_S // 2)
    assert device.directory.age().stage is Stage.CURRENT


def test_a_verifier_key_is_read_as_signed_notes_write_it() -> None:
    witness = GivenWitness()
    assert Witness.parse(witness.verifier).verifier == witness.verifier
    for spoilt in (witness.verifier[:-4], f"x{witness.verifier}", "", "a+b+c", f"a b+{witness.verifier}"):
        with pytest.raises(JinshuError):
            Witness.parse(spoilt)


async def test_two_people_compare_the_log_as_it_was_after_the_newest_statement(
    tmp_path: Path, device: Device, city: City
) -> None:
    """Leaves that come between two glances change nothing; another statement, or another log, does."""
    await device.enrol()
    before = device.directory.stated_head()
    other = Device(tmp_path / "other", city, LI)
    await other.enrol()
    await device.directory.catch_up()
    assert device.directory.stated_head() == before == other.directory.stated_head()
    city.publish_organisation((WANG, LI))
    await device.directory.catch_up()
    assert device.directory.stated_head() != other.directory.stated_head()
    await other.directory.catch_up()
    assert device.directory.stated_head() == other.directory.stated_head()
    other.store.close()
