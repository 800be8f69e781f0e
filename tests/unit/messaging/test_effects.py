"""Edits, recalls, names and marks come out the same in whatever order they are read, and are undone when refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, insert

from client.core.store import search
from client.core.store.conversations import CONVERSATIONS
from client.messaging import conversation_store, effects, marks, message_store, overview
from client.messaging.message_store import StoredMessage
from protocol.crypto import cbor
from protocol.messaging.contents import ContentKind

TALK, ME, OTHER = "cnv", "prs_me", "prs_other"
DOUBTFUL = "dev_doubtful"


@pytest.fixture
def store(store: Connection) -> Connection:
    row = {"id": TALK, "grouped": True, "title": "", "roster": b"", "roster_n": 1, "joined_n": 1}
    people = {"members": cbor.encode([ME, OTHER]), "admins": cbor.encode([ME])}
    rest = {"last_n": 9, "read_n": 0, "draft": "", "updated_at": 0}
    store.execute(insert(CONVERSATIONS).values(row | people | rest))
    return store


def vouched(device: str) -> bool:
    return device != DOUBTFUL


def kept(store: Connection, message: str) -> StoredMessage:
    found = message_store.find(store, message)
    assert found is not None
    return found


def write(
    store: Connection,
    message: str,
    n: int | None,
    kind: ContentKind,
    person: str = OTHER,
    device: str = "dev_1",
    *,
    readable: bool = True,
    **fields: Any,
) -> None:
    """A message comes; readable at once, or not before its key."""
    values = {"id": message, "conversation": TALK, "n": n, "person": person, "device": device}
    standing = {"standing": message_store.PENDING if n is None else message_store.SETTLED, "sent_at": n or 99}
    content = {"kind": kind.value, "fields": cbor.encode(fields)} if readable else {}
    message_store.put(store, values | standing | content)
    if readable:
        effects.apply(store, kept(store, message), ME, vouched)


def key_comes(store: Connection, message: str, kind: ContentKind, **fields: Any) -> None:
    message_store.amend(store, message, kind=kind.value, fields=cbor.encode(fields))
    effects.apply(store, kept(store, message), ME, vouched)


def refused(store: Connection, message: str) -> None:
    message_store.amend(store, message, standing=message_store.REFUSED)
    effects.work_out_anew(store, message, ME, vouched)


def found(store: Connection, query: str) -> list[str]:
    return search.find(store, area=message_store.AREA, query=query)


def text(store: Connection, message: str, n: int, said: str, **more: Any) -> None:
    write(store, message, n, ContentKind.TEXT, text=said, reply_to=None, **more)


def test_an_edit_that_comes_before_the_key_of_the_original_holds(store: Connection) -> None:
    text(store, "msg_1", 1, "", readable=False)
    write(store, "msg_2", 2, ContentKind.EDIT, target="msg_1", text="下午四点")
    key_comes(store, "msg_1", ContentKind.TEXT, text="下午三点", reply_to=None)
    assert kept(store, "msg_1").edited == "下午四点"
    assert (found(store, "四点"), found(store, "三点")) == (["msg_1"], [])


def test_a_recall_that_comes_before_the_key_of_the_original_holds(store: Connection) -> None:
    text(store, "msg_1", 1, "", readable=False)
    write(store, "msg_2", 2, ContentKind.RECALL, target="msg_1")
    assert kept(store, "msg_1").recalled
    assert message_store.unread_of_session(store, "", "dev_1") == []


def test_an_older_edit_read_late_does_not_undo_a_newer_one(store: Connection) -> None:
    text(store, "msg_1", 1, "一稿")
    write(store, "msg_2", 2, ContentKind.EDIT, readable=False)
    write(store, "msg_3", 3, ContentKind.EDIT, target="msg_1", text="三稿")
    key_comes(store, "msg_2", ContentKind.EDIT, target="msg_1", text="二稿")
    assert kept(store, "msg_1").edited == "三稿"
    assert (found(store, "三稿"), found(store, "二稿"), found(store, "一稿")) == (["msg_1"], [], [])


def test_what_was_recalled_cannot_be_edited_back(store: Connection) -> None:
    text(store, "msg_1", 1, "说错了")
    write(store, "msg_2", 2, ContentKind.RECALL, target="msg_1")
    write(store, "msg_3", 3, ContentKind.EDIT, target="msg_1", text="又来了")
    one = kept(store, "msg_1")
    assert (one.recalled, one.edited, one.fields) == (True, None, {})
    assert found(store, "又来了") == found(store, "说错了") == []


def test_a_recall_that_is_refused_gives_the_message_back(store: Connection) -> None:
    text(store, "msg_1", 1, "原来的话", person=ME)
    write(store, "msg_2", None, ContentKind.RECALL, ME, target="msg_1")
    assert (kept(store, "msg_1").recalled, found(store, "原来")) == (True, [])
    refused(store, "msg_2")
    assert (kept(store, "msg_1").recalled, found(store, "原来")) == (False, ["msg_1"])
    assert (kept(store, "msg_1").fields or {})["text"] == "原来的话"


def test_a_recall_is_for_good_when_it_has_its_place(store: Connection) -> None:
    text(store, "msg_1", 1, "原来的话", person=ME)
    write(store, "msg_2", None, ContentKind.RECALL, ME, target="msg_1")
    assert kept(store, "msg_1").fields != {}
    message_store.amend(store, "msg_2", n=2)
    effects.work_out_anew(store, "msg_2", ME, vouched)
    assert kept(store, "msg_1").fields == {}


def test_an_edit_that_is_refused_gives_the_former_words_back(store: Connection) -> None:
    text(store, "msg_1", 1, "一稿", person=ME)
    write(store, "msg_2", 2, ContentKind.EDIT, ME, target="msg_1", text="二稿")
    write(store, "msg_3", None, ContentKind.EDIT, ME, target="msg_1", text="三稿")
    assert kept(store, "msg_1").edited == "三稿"
    refused(store, "msg_3")
    assert (kept(store, "msg_1").edited, found(store, "二稿")) == ("二稿", ["msg_1"])


def test_a_name_that_is_refused_or_read_late_is_not_the_conversations(store: Connection) -> None:
    def title() -> str:
        known = conversation_store.conversation(store, TALK)
        return "" if known is None else known.title

    write(store, "msg_1", 1, ContentKind.TITLE, title="防汛组")
    write(store, "msg_2", 2, ContentKind.TITLE, readable=False)
    write(store, "msg_3", 3, ContentKind.TITLE, title="防汛抗旱组")
    key_comes(store, "msg_2", ContentKind.TITLE, title="旧名")
    assert title() == "防汛抗旱组"
    write(store, "msg_4", None, ContentKind.TITLE, ME, title="值班组")
    assert title() == "值班组"
    refused(store, "msg_4")
    assert title() == "防汛抗旱组"


@pytest.mark.parametrize("kind", [ContentKind.EDIT, ContentKind.RECALL])
@pytest.mark.parametrize("who", [(ME, "dev_1"), (OTHER, DOUBTFUL)])
def test_nobody_else_and_no_doubtful_device_changes_what_one_said(
    store: Connection, kind: ContentKind, who: tuple[str, str]
) -> None:
    text(store, "msg_1", 1, "原话")
    more: dict[str, Any] = {"text": "改写"} if kind is ContentKind.EDIT else {}
    write(store, "msg_2", 2, kind, *who, target="msg_1", **more)
    one = kept(store, "msg_1")
    assert (one.recalled, one.edited, found(store, "原话")) == (False, None, ["msg_1"])


def test_a_doubtful_device_changes_what_it_said_itself(store: Connection) -> None:
    text(store, "msg_1", 1, "原话", device=DOUBTFUL)
    write(store, "msg_2", 2, ContentKind.EDIT, OTHER, DOUBTFUL, target="msg_1", text="改写")
    assert kept(store, "msg_1").edited == "改写"


def read(store: Connection) -> dict[str, int]:
    """How far everybody has read."""
    return marks.of_all(store, conversation_store.conversations(store))[TALK].read


def unread(store: Connection) -> int:
    known = conversation_store.conversation(store, TALK)
    assert known is not None
    return overview.unread(store, known, ME)


def test_what_is_recalled_is_not_unread(store: Connection) -> None:
    text(store, "msg_1", 1, "一")
    text(store, "msg_2", 2, "二")
    assert unread(store) == 2
    write(store, "msg_3", 3, ContentKind.RECALL, target="msg_2")
    assert unread(store) == 1


def test_what_another_device_of_mine_has_read_is_read_here(store: Connection) -> None:
    text(store, "msg_1", 1, "一")
    text(store, "msg_2", 2, "二")
    write(store, "msg_3", 3, ContentKind.READ, ME, DOUBTFUL, upto=2)
    write(store, "msg_4", 4, ContentKind.READ, OTHER, upto=2)
    assert unread(store) == 2
    write(store, "msg_5", 5, ContentKind.READ, ME, "dev_2", upto=2)
    assert unread(store) == 0
    write(store, "msg_6", 6, ContentKind.READ, ME, "dev_2", upto=1)
    assert unread(store) == 0
    assert read(store) == {ME: 2, OTHER: 2}


def test_a_doubtful_device_marks_nothing_read(store: Connection) -> None:
    write(store, "msg_1", 1, ContentKind.READ, OTHER, DOUBTFUL, upto=9)
    assert read(store) == {}
