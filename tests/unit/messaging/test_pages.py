"""Pages of a conversation whose log has gaps: nothing is left out or met twice, and an end is an end only where it is."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Connection

from client.messaging import marks, message_store, pages, presenter
from client.messaging.rows import QuoteStanding
from protocol.crypto import cbor
from protocol.directory.organisation import Organisation
from protocol.messaging.contents import ContentKind

TALK = "cnv"
NAMES = presenter.Names("prs_me", Organisation(1, []), lambda _blob: None, lambda _device: True)
SHOWN, HIDDEN = (ContentKind.TEXT, None), (ContentKind.READ, ContentKind.EDIT)


def said(
    store: Connection, n: int | None, kind: ContentKind | None, *, name: str = "", reply_to: str | None = None
) -> str:
    made = name or f"msg_{n}"
    fields = {"text": f"第{n}条", "upto": 1, "target": "msg_other", "reply_to": reply_to}
    message_store.put(
        store,
        {
            "id": made,
            "conversation": TALK,
            "n": n,
            "person": "prs_other",
            "device": "dev",
            "kind": kind and kind.value,
            "fields": kind and cbor.encode(fields),
            "sent_at": n or 10_000,
            "standing": message_store.PENDING if n is None else message_store.SETTLED,
        },
    )
    return made


def fill(store: Connection, seed: int) -> list[int]:
    """A log of 400 numbers, most of them not to be shown, with a long gap before its end; returns the places shown."""
    chance = random.Random(seed)
    shown = []
    for n in range(1, 401):
        kind = chance.choice(SHOWN if chance.random() < 0.3 and not 250 < n < 390 else HIDDEN)
        said(store, n, kind)
        if kind in SHOWN:
            shown.append(n)
    return shown


def places(page: pages.Page) -> list[int | None]:
    return [kept.n for kept in page.messages]


@pytest.mark.parametrize("seed", range(3))
def test_walking_in_either_direction_meets_every_message_once(store: Connection, seed: int) -> None:
    shown = fill(store, seed)
    waiting = said(store, None, ContentKind.TEXT, name="msg_waiting")
    page = pages.newest(store, TALK, 7)
    assert page.messages[-1].id == waiting
    back = [n for n in places(page) if n is not None]
    while not page.at_start:
        page = pages.before(store, TALK, back[0], 7)
        assert not page.at_end
        back = [*(n for n in places(page) if n is not None), *back]
    assert back == shown
    page = pages.after(store, TALK, 0, 7)
    assert page.at_start
    forth = places(page)
    while not page.at_end:
        last = forth[-1]
        assert last is not None
        page = pages.after(store, TALK, last, 7)
        assert not page.at_start
        forth += places(page)
    assert forth == [*shown, None]


@pytest.mark.parametrize("limit", [1, 2, 10, 2000])
def test_a_message_is_found_with_its_neighbours(store: Connection, limit: int) -> None:
    shown = fill(store, 5)
    for at, n in enumerate(shown):
        page = pages.around(store, TALK, f"msg_{n}", limit)
        assert page is not None
        start, end = max(at - limit // 2, 0), at + limit - limit // 2
        assert places(page) == shown[start:end]
        assert page.at_start == (start == 0)
        assert page.at_end == (end >= len(shown))


def test_what_is_not_shown_is_not_found(store: Connection) -> None:
    said(store, 1, ContentKind.TEXT)
    mark = said(store, 2, ContentKind.READ)
    assert pages.around(store, TALK, mark, 10) is None
    assert pages.around(store, TALK, "msg_nowhere", 10) is None
    assert pages.around(store, "cnv_other", "msg_1", 10) is None


def test_marks_after_the_last_message_leave_it_the_last(store: Connection) -> None:
    said(store, 1, ContentKind.TEXT)
    said(store, 2, ContentKind.TEXT)
    for n in range(3, 200):
        said(store, n, ContentKind.READ)
    page = pages.after(store, TALK, 1, 1)
    assert (places(page), page.at_start, page.at_end) == ([2], False, True)


def test_an_empty_conversation_has_both_ends(store: Connection) -> None:
    for page in (
        pages.newest(store, TALK, 5),
        pages.after(store, TALK, 0, 5),
        pages.before(store, TALK, 9, 5),
    ):
        assert (page.messages, page.at_start, page.at_end) == ([], True, True)


def test_a_reply_says_what_became_of_what_it_answers(store: Connection) -> None:
    for n, standing in enumerate((*QuoteStanding,), 1):
        kind = None if standing is QuoteStanding.UNREADABLE else ContentKind.TEXT
        if standing is not QuoteStanding.ABSENT:
            said(store, n, kind)
        if standing is QuoteStanding.RECALLED:
            message_store.amend(store, f"msg_{n}", recalled=True)
        said(store, n + 10, ContentKind.TEXT, reply_to=f"msg_{n}")
    marks.mark_read(store, TALK, "prs_me", 1)
    found = presenter.page(store, NAMES, pages.after(store, TALK, 10, 9)).rows
    replies = [row.reply for row in found]
    assert [reply and reply.standing for reply in replies] == [*QuoteStanding]
    assert [reply and reply.text for reply in replies] == ["第1条", "", "", ""]
