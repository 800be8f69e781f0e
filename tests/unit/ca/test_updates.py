"""What the operator does with updates: who holds which key, what is refused, and that each file is read back as TUF has it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata, Root, Targets, Timestamp

from protocol.directory.organisation import Organisation
from protocol.features import UPDATES
from protocol.updates import Platform
from server_stub.ca.faults import CaError
from server_stub.ca.snapshot import organisation_entries
from server_stub.ca.state import CaState, UpdatesRecord, load_state
from tests.support.update_site import DAY, START, UpdateSite


@pytest.fixture
def site(tmp_path: Path) -> UpdateSite:
    return UpdateSite(tmp_path)


def test_the_snapshot_pins_the_first_root_where_that_is_switched_on_and_nowhere_else(
    site: UpdateSite,
) -> None:
    pinned = site.found()
    data = (site.ca / "updates" / "repository" / "metadata" / "1.root.json").read_bytes()
    assert hashlib.sha256(data).digest() == pinned
    updates = load_state(site.ca / "state.json").updates
    assert updates == UpdatesRecord(root=pinned.hex())
    state = CaState(city="云州市", features=[UPDATES.name], updates=updates)
    assert Organisation.parse(1, organisation_entries(state)).update_root == pinned
    state.features = []
    assert organisation_entries(state) == []


def test_the_root_s_key_lies_in_the_safe_and_no_key_goes_to_the_server(site: UpdateSite) -> None:
    site.found()
    site.add("0.5.0", b"package")
    site.publish()
    assert [each.name for each in site.safe.iterdir()] == ["update-root.key"]
    kept = sorted(each.name for each in (site.ca / "updates" / "keys").iterdir())
    assert kept == ["snapshot.key", "targets.key", "timestamp.key"]
    carried = [each.name for each in site.carried.rglob("*") if each.is_file()]
    assert not [name for name in carried if "key" in name]
    for name in kept:
        assert json.loads((site.ca / "updates" / "keys" / name).read_bytes())["kdf"]["name"] == "argon2id"


def test_what_is_published_verifies_from_the_root_on(site: UpdateSite) -> None:
    site.found()
    name = site.add("0.5.0", b"package")
    lists = site.publish() / "metadata"
    root = Metadata[Root].from_file(str(lists / "1.root.json"))
    root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
    roles = {"timestamp.json": "timestamp", "1.snapshot.json": "snapshot", "1.targets.json": "targets"}
    for file, role in roles.items():
        found = Metadata[Any].from_file(str(lists / file))
        root.signed.verify_delegate(role, found.signed_bytes, found.signatures)
    target = Metadata[Targets].from_file(str(lists / "1.targets.json")).signed.targets[name]
    assert target.hashes == {"sha256": hashlib.sha256(b"package").hexdigest()}
    assert target.custom == {
        "version": "0.5.0",
        "platform": "tree",
        "notes_zh": "0.5.0 的新内容",
        "notes_en": "new in 0.5.0",
    }


def test_a_renewal_prolongs_the_word_and_lists_nothing_new(site: UpdateSite) -> None:
    site.found()
    site.add("0.5.0", b"one")
    site.publish()
    site.add("0.6.0", b"two")
    site.now += 20 * DAY
    site.renew()
    lists = site.carried / "metadata"
    stamp = Metadata[Timestamp].from_file(str(lists / "timestamp.json")).signed
    assert stamp.version == 2
    assert stamp.expires == datetime.fromtimestamp((START + 50 * DAY) / 1000, UTC)
    assert not (lists / "2.targets.json").exists()
    site.publish()
    assert (lists / "2.targets.json").exists()


def test_a_list_of_half_a_year_is_signed_anew_by_a_renewal(site: UpdateSite) -> None:
    site.found()
    site.publish()
    site.now += 183 * DAY
    site.renew()
    assert Metadata[Targets].from_file(str(site.carried / "metadata" / "2.targets.json")).signed.version == 2


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_rotated_key_is_named_by_the_next_root_and_the_former_one_by_none(
    site: UpdateSite, role: str
) -> None:
    site.found()
    site.publish()
    lists = site.carried / "metadata"
    before = Metadata[Root].from_file(str(lists / "1.root.json")).signed
    site.rotate(role)
    after = Metadata[Root].from_file(str(lists / "2.root.json"))
    before.verify_delegate("root", after.signed_bytes, after.signatures)
    after.signed.verify_delegate("root", after.signed_bytes, after.signatures)
    assert set(before.roles[role].keyids).isdisjoint(after.signed.roles[role].keyids)
    assert before.roles[role].keyids[0] not in after.signed.keys
    site.renew()


def test_a_package_is_refused_that_clients_could_not_take(site: UpdateSite, tmp_path: Path) -> None:
    site.found()
    site.add("0.5.0", b"package")
    empty = tmp_path / "empty.tar"
    empty.write_bytes(b"")
    odd = tmp_path / "a b.tar"
    odd.write_bytes(b"x")
    whole = tmp_path / "whole.tar"
    whole.write_bytes(b"x")
    notes = ("--notes-zh", "新", "--notes-en", "new")
    for file, version, words in (
        (empty, "0.6.0", notes),
        (odd, "0.6.0", notes),
        (whole, "0.6", notes),
        (whole, "0.5.0", notes),
        (whole, "0.6.0", ("--notes-zh", "  ", "--notes-en", "new")),
        (whole, "0.6.0", ("--notes-zh", "长" * 5000, "--notes-en", "new")),
    ):
        with pytest.raises(CaError):
            site.run("add", str(file), "--version", version, "--platform", Platform.TREE.value, *words)
    updates = load_state(site.ca / "state.json").updates
    assert updates is not None
    assert len(updates.packages) == 1


def test_a_dropped_package_is_not_listed_and_its_file_stays(site: UpdateSite) -> None:
    site.found()
    name = site.add("0.5.0", b"package")
    site.publish()
    site.run("drop", name)
    with pytest.raises(CaError):
        site.run("drop", name)
    site.publish()
    assert Metadata[Targets].from_file(str(site.carried / "metadata" / "2.targets.json")).signed.targets == {}
    assert len(list((site.carried / "targets").iterdir())) == 1


def test_without_updates_or_with_a_wrong_safe_nothing_is_signed(site: UpdateSite, tmp_path: Path) -> None:
    with pytest.raises(CaError):
        site.run("publish")
    site.found()
    with pytest.raises(CaError):
        site.found()
    other = UpdateSite(tmp_path / "other")
    other.found()
    keys = site.ca / "updates" / "keys"
    before = sorted(each.read_bytes() for each in keys.iterdir())
    with pytest.raises(CaError):
        site.run("rotate", "targets", "--root-dir", str(other.safe))
    assert sorted(each.read_bytes() for each in keys.iterdir()) == before


def test_what_was_done_stands_in_the_journal(site: UpdateSite) -> None:
    site.found()
    name = site.add("0.5.0", b"package")
    site.publish()
    lines = (site.ca / "journal.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["act"] for line in lines] == ["updates-init", "updates-add", "updates-publish"]
    assert name in lines[1]
