"""Snapshots and revocation lists are numbered, chained, renewed in time, and kept until delivered (C3)."""

from __future__ import annotations

from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType, verify
from server_stub.ca.publishing import ORGANISATION_LIFE, REVOCATIONS_LIFE, Publication
from server_stub.ca.state import RevocationRecord
from tests.unit.ca.conftest import START, Office


def _signed(publication: Publication) -> Signed:
    return Signed.parse(cbor.decode(publication.leaf)["s"])


def test_the_first_publication_is_number_one_of_each(office: Office) -> None:
    organisation, revocations = office.publisher.sign_due(office.state)
    assert (organisation.kind, organisation.number) == ("organisation", 1)
    assert (revocations.kind, revocations.number) == ("revocations", 1)
    key = office.issuer.issuing.key.public_spki
    verify(_signed(organisation), key, SignedType.ORGANISATION_ROOT)
    verify(_signed(revocations), key, SignedType.REVOCATION_LIST)
    assert _signed(organisation).value()["previous"] is None
    assert _signed(organisation).value()["count"] == len(organisation.entries)


def test_entries_come_in_the_order_of_their_ids(office: Office) -> None:
    ids = [cbor.decode(entry)["id"] for entry in office.publisher.sign_due(office.state)[0].entries]
    assert ids == sorted(ids)


def test_nothing_is_signed_when_nothing_changed(office: Office) -> None:
    office.publisher.sign_due(office.state)
    assert office.publisher.sign_due(office.state) == []


def test_a_changed_organisation_names_the_former(office: Office) -> None:
    first = _signed(office.publisher.sign_due(office.state)[0])
    office.register.appoint("财政局文书", "czj.section", START)
    (second,) = office.publisher.sign_due(office.state)
    assert second.number == 2
    assert _signed(second).value()["previous"] == first.entry_id


def test_an_unchanged_list_is_renewed_at_half_its_life(office: Office) -> None:
    office.publisher.sign_due(office.state)
    office.now += REVOCATIONS_LIFE // 2
    (renewed,) = office.publisher.sign_due(office.state, renew_only=True)
    assert (renewed.kind, renewed.number) == ("revocations", 2)


def test_a_watcher_never_publishes_changes_of_its_own_accord(office: Office) -> None:
    office.publisher.sign_due(office.state)
    office.register.appoint("财政局文书", "czj.section", START)
    office.now += ORGANISATION_LIFE // 2
    kinds = [item.kind for item in office.publisher.sign_due(office.state, renew_only=True)]
    assert kinds == ["revocations"]


def test_what_was_not_delivered_is_offered_again(office: Office) -> None:
    made = office.publisher.sign_due(office.state)
    assert office.publisher.undelivered(office.state) == made
    for publication in made:
        office.publisher.mark_delivered(office.state, publication)
    assert office.publisher.undelivered(office.state) == []
    assert office.publisher.undelivered(office.state, again=True) == made


def test_a_revocation_list_is_always_whole(office: Office) -> None:
    for digest in ("aa" * 32, "bb" * 32):
        office.state.revocations.append(
            RevocationRecord(certificate_hash=digest, device=None, reason="lost", at=START)
        )
        publication = office.publisher.sign_revocations(office.state)
    listed = [item["cert"] for item in _signed(publication).value()["revoked"]]
    assert listed == [b"\xaa" * 32, b"\xbb" * 32]
