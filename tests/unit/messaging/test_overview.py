"""The list of conversations in a few queries says of each what a look into it alone would say."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert

from client.core.store.conversations import CONVERSATIONS
from client.messaging import conversation_store, marks, message_store, overview, pages, presenter
from client.messaging.rows import Delivery
from protocol.crypto import cbor
from protocol.directory.organisation import Organisation
from protocol.messaging.contents import ContentKind

ME, OTHER = "prs_me", "prs_other"
TALKS = [f"cnv_{n}" for n in range(12)]
NAMES = presenter.Names(ME, Organisation(1, []), lambda _blob: None, lambda _device: True)


def talk(store: Connection, name: str, read_n: int, updated_at: int, *, without_me: bool = False) -> None:
    people = {"members": cbor.encode([OTHER] if without_me else [ME, OTHER]), "admins": cbor.encode([ME])}
    row = {"id": name, "grouped": True, "title": name, "roster": b"", "roster_n": 1, "joined_n": 1}
    rest = {"last_n": 99, "read_n": read_n, "draft": "", "updated_at": updated_at}
    store.execute(insert(CONVERSATIONS).values(row | people | rest))


def said(
    store: Connection,
    name: str,
    n: int | None,
    kind: ContentKind | None,
    person: str,
    *,
    standing: str = message_store.SETTLED,
    recalled: bool = False,
) -> None:
    identity = {"id": f"msg_{name}_{n}_{standing}", "conversation": name, "n": n, "person": person}
    word = {ContentKind.TITLE: "title", ContentKind.FILE: "name"}.get(kind or ContentKind.TEXT, "text")
    fields = {word: f"{name} {n}", "blob": "b", "media_type": "text/plain", "size": 1}
    content = {"kind": kind and kind.value, "fields": kind and cbor.encode(fields)}
    rest = {
        "device": "dev",
        "sent_at": n or (100 if standing == message_store.PENDING else 101),
        "standing": standing,
        "recalled": recalled,
    }
    message_store.put(store, identity | content | rest)


def test_each_row_says_what_a_look_into_the_conversation_says(store: Connection) -> None:
    chance = random.Random(7)
    kinds = (*ContentKind, None, ContentKind.TEXT, ContentKind.TEXT)
    for place, name in enumerate(TALKS):
        talk(store, name, chance.randrange(20), place)
        for n in range(1, chance.randrange(2, 25)):
            who = chance.choice((ME, OTHER))
            said(store, name, n, chance.choice(kinds), who, recalled=chance.random() < 0.2)
        if place % 3 == 0:
            said(store, name, None, ContentKind.TEXT, ME, standing=message_store.PENDING)
        if place % 4 == 0:
            said(store, name, None, ContentKind.EDIT, ME, standing=message_store.REFUSED)
        marks.mark_read(store, name, OTHER, chance.randrange(25))
    rows = presenter.rows(store, NAMES)
    assert [row.id for row in rows] == TALKS[::-1]
    for row in rows:
        known = conversation_store.conversation(store, row.id)
        assert known is not None
        last = presenter.page(store, NAMES, pages.newest(store, row.id, 1)).rows[-1]
        assert (row.preview, row.recalled) == (last.text, last.recalled)
        assert row.standing is (last.delivery if last.mine else Delivery.SENT)
        assert row.unread == overview.unread(store, known, ME)
        unread = [
            each
            for each in pages.newest(store, row.id, 99).messages
            if each.n is not None and each.n > known.read_n and each.person == OTHER and not each.recalled
            if each.kind in (ContentKind.TEXT, ContentKind.FILE, None)
        ]
        assert row.unread == len(unread)
        assert (row.news and row.news.n) == (unread[-1].n if unread else None)
        assert row.unread_from == (unread[0].n if unread else None)
        assert row.unreadable == (last.unreadable is not None)
    some = frozenset(TALKS[3:7])
    assert presenter.rows(store, NAMES, some) == tuple(row for row in rows if row.id in some)


def test_an_empty_conversation_and_one_i_have_left(store: Connection) -> None:
    talk(store, "cnv_new", 0, 1)
    talk(store, "cnv_left", 0, 2, without_me=True)
    (row,) = presenter.rows(store, NAMES)
    assert (row.id, row.preview, row.unread, row.news, row.standing) == (
        "cnv_new",
        "",
        0,
        None,
        Delivery.SENT,
    )
