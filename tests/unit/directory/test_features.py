"""What a snapshot may have in it that this version does not know (C41)."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.crypto import cbor, merkle
from protocol.directory.organisation import (
    PAGE_SETTINGS_ID,
    SITE_ID,
    Body,
    Duty,
    LaterEntry,
    Organisation,
    PageSettings,
    Post,
    Site,
    parse_entry,
)
from protocol.directory.page_settings import RELEASED, Setting
from protocol.errors import ErrorCode, JinshuError
from protocol.features import FEATURES, PAGE_CHECKS, lacking
from protocol.identifiers import IdKind, new_id

BODY = new_id(IdKind.BODY, b"b" * 16)
POST = new_id(IdKind.POST, b"p" * 16)
STRANGE = "zzz" + BODY[3:]
TOMORROW = Site(SITE_ID, ("tomorrow/1",), 0)
POSTED = Post(POST, BODY, "文书", (Duty.REGISTRY,), 1)


def entries(*also: bytes, site: Site | None = None) -> list[bytes]:
    body = Body(BODY, "fgw", "发展和改革委员会", "发改委", None, 1, "发改", "commission", None)
    known = [body.to_bytes(), *also, *([] if site is None else [site.to_bytes()])]
    return sorted(known, key=lambda data: str(cbor.decode(data).get("id")))


def with_more(entry: Any, **more: Any) -> bytes:
    return cbor.encode({**cbor.decode(entry.to_bytes()), **more})


NEW = [
    (
        "a kind",
        cbor.encode({"kind": "committee", "id": STRANGE, "name": "领导小组"}),
        ErrorCode.DIRECTORY_UNKNOWN_KIND,
    ),
    ("a duty", with_more(POSTED, duties=["hasten", "registry"]), ErrorCode.DIRECTORY_UNKNOWN_KIND),
    ("a field", with_more(POSTED, seat=7), ErrorCode.WIRE_MALFORMED),
]


@pytest.mark.parametrize(("what", "data", "code"), NEW)
def test_what_is_new_is_refused_where_nothing_new_is_switched_on(
    what: str, data: bytes, code: ErrorCode
) -> None:
    for site in (None, Site(SITE_ID, (), 2)):
        with pytest.raises(JinshuError) as refused:
            Organisation.parse(3, entries(data, site=site))
        assert refused.value.code is code, what


@pytest.mark.parametrize(("what", "data", "_code"), NEW)
def test_it_is_passed_over_where_this_version_lacks_a_feature(
    what: str, data: bytes, _code: ErrorCode
) -> None:
    raw = entries(data, site=TOMORROW)
    organisation = Organisation.parse(3, raw)
    assert organisation.lacking == {"tomorrow/1"}
    assert organisation.raw == tuple(raw), what
    assert organisation.root == merkle.Tree([merkle.leaf_hash(each) for each in raw]).root()
    proved, index, path = organisation.proof(cbor.decode(data)["id"])
    assert proved == data
    merkle.verify_inclusion(merkle.leaf_hash(data), index, len(raw), path, organisation.root)


def test_duties_of_another_version_are_no_rights_here() -> None:
    organisation = Organisation.parse(
        3, entries(with_more(POSTED, duties=["hasten", "registry"]), site=TOMORROW)
    )
    post = organisation.posts[POST]
    assert post.duties == ("hasten", Duty.REGISTRY)
    assert isinstance(parse_entry(NEW[0][1], tolerant=True), LaterEntry)


def test_a_feature_this_version_knows_excuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from protocol.features import Feature

    monkeypatch.setitem(FEATURES, "tomorrow/1", Feature("tomorrow/1", 3))
    assert not lacking(TOMORROW.features)
    with pytest.raises(JinshuError) as refused:
        Organisation.parse(3, entries(NEW[0][1], site=TOMORROW))
    assert refused.value.code is ErrorCode.DIRECTORY_UNKNOWN_KIND


@pytest.mark.parametrize(
    "data",
    [
        cbor.encode({"kind": "Committee!", "id": STRANGE}),
        cbor.encode({"kind": "committee", "id": "committee"}),
        cbor.encode({"kind": "committee"}),
        with_more(TOMORROW, id=STRANGE),
        with_more(TOMORROW, features=["b", "a"]),
        with_more(TOMORROW, lowest_client=-1),
    ],
)
def test_what_has_no_form_is_refused_whatever_is_switched_on(data: bytes) -> None:
    with pytest.raises(JinshuError):
        Organisation.parse(3, entries(data, site=TOMORROW) if b"committee" in data else entries(data))


def test_a_site_without_an_entry_has_nothing_switched_on() -> None:
    organisation = Organisation.parse(3, entries())
    assert (organisation.site.features, organisation.site.lowest_client) == ((), 0)


LISTED = frozenset({Setting(b"t" * 32, b"f" * 32, "typst 0.15.2"), *RELEASED})
CHECKED = Site(SITE_ID, (PAGE_CHECKS.name,), 0)


def test_the_site_s_list_of_page_settings_comes_back_as_it_was_signed_and_whole() -> None:
    made = PageSettings.of(LISTED)
    organisation = Organisation.parse(3, entries(made.to_bytes(), site=CHECKED))
    assert organisation.page_settings == LISTED
    assert organisation.proof(PAGE_SETTINGS_ID)[0] == made.to_bytes()
    assert Organisation.parse(3, entries(site=CHECKED)).page_settings is None


def test_a_list_where_it_is_not_switched_on_is_refused_as_by_programs_that_do_not_know_it() -> None:
    data = PageSettings.of(LISTED).to_bytes()
    for site in (None, Site(SITE_ID, (), 0)):
        with pytest.raises(JinshuError) as refused:
            Organisation.parse(3, entries(data, site=site))
        assert refused.value.code is ErrorCode.DIRECTORY_UNKNOWN_KIND


@pytest.mark.parametrize(
    "lines",
    [["typst"], [str(next(iter(RELEASED))).upper()], [str(next(iter(RELEASED))) + "\n"], ["b", "a"], [7]],
)
def test_a_list_in_another_form_is_refused(lines: list[Any]) -> None:
    data = cbor.encode({"kind": "page_settings", "id": PAGE_SETTINGS_ID, "settings": lines})
    with pytest.raises(JinshuError) as refused:
        Organisation.parse(3, entries(data, site=CHECKED))
    assert refused.value.code is ErrorCode.WIRE_MALFORMED
