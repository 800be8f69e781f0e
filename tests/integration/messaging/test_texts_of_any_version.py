"""What any version's client sent is read, with its dangers made visible; what cannot be read is refused to its writer (C43)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from client.messaging import incoming_events, message_store
from client.messaging.rows import MessageRow
from protocol.crypto import cbor
from protocol.crypto.signature import SignedType
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.messaging.contents import ContentKind
from tests.security.forging import place
from tests.security.lies_of_conversations import ciphertext
from tests.security.ring import Ring, Talker, altered, fresh_message, ring

FILE: Final[dict[str, Any]] = {
    "media_type": "application/pdf",
    "size": 3,
    "sha256": bytes(32),
    "blob": "b" * 64,
    "key": bytes(32),
}


async def older(first: Talker, talk: str, kind: ContentKind, **fields: Any) -> bytes:
    """A message as the first landing packed it: with nothing looked at."""
    plain = cbor.encode({"v": 1, "kind": kind.value, **fields})
    data = await ciphertext(first, talk, plain)
    value = altered(first.posted()[-1], id=fresh_message(), ciphertext=data, parents=[])
    return await first.signs(SignedType.MESSAGE, value)


def events_of(talker: Talker) -> incoming_events.MessageEvents:
    core = talker.core
    contents = incoming_events.MessageContents(core.signer, core.directory)
    return incoming_events.MessageEvents(
        core.signer, core.store, core.directory, core.copied_back, core.bus, contents
    )


async def last(talker: Talker, talk: str) -> MessageRow:
    return (await talker.conversations.newest(talk, 50)).rows[-1]


async def both(made: Ring) -> tuple[Talker, Talker, str]:
    first, second, third = await made.three()
    return first, second, await made.group(first, second, third)


async def test_every_text_of_an_older_client_is_read_with_its_marks_made_visible() -> None:
    async with ring() as made:
        first, second, talk = await both(made)
        for sent, seen in (
            ("\u202aD:\\共享\\值班表.xlsx", "[U+202A]D:\\共享\\值班表.xlsx"),
            ("\u200e0416\u200e-5550123", "[U+200E]0416[U+200E]-5550123"),
            ("字" * 20_001, "字" * 20_001),
            ("字" * 60_000, "字" * 60_000),
            ("\ue863", "䶮"),
            ("\ue000", "[U+E000]"),
            ("张三\t123", "张三 123"),
            ("", ""),
        ):
            n = await place(second, talk)
            data = await older(first, talk, ContentKind.TEXT, text=sent, reply_to=None)
            assert await second.told("message", data, n) == []
            row = await last(second, talk)
            assert (row.text, row.unreadable) == (seen, None)
        found = await second.conversations.search("值班表")
        assert [row.text for row in found] == ["[U+202A]D:\\共享\\值班表.xlsx"]
        assert [row.text for row in await second.conversations.search("䶮")] == ["䶮"]


async def test_edits_names_of_files_and_of_groups_of_an_older_client_are_in_force() -> None:
    async with ring() as made:
        first, second, talk = await both(made)
        mine = next(row for row in (await second.conversations.newest(talk, 9)).rows if row.text == "第一条")
        n = await place(second, talk)
        edit = await older(first, talk, ContentKind.EDIT, target=mine.id, text="\u202a改过")
        assert await second.told("message", edit, n) == []
        assert "[U+202A]改过" in await second.texts(talk)
        title = await older(first, talk, ContentKind.TITLE, title="工作组\u2068一\u2069")
        assert await second.told("message", title, n + 1) == []
        rows = await second.conversations.rows()
        assert [row.title for row in rows if row.id == talk] == ["工作组[U+2068]一[U+2069]"]
        names = {
            "通知\t附件.docx": "通知 附件.docx",
            "\u200e合同.pdf": "[U+200E]合同.pdf",
            "名单\ue863.xls": "名单䶮.xls",
            "通知.pdf\n.exe": "通知.pdf[U+000A].exe",
        }
        for offset, (sent, seen) in enumerate(names.items(), start=2):
            file = await older(first, talk, ContentKind.FILE, name=sent, **FILE)
            assert await second.told("message", file, n + offset) == []
            row = await last(second, talk)
            assert row.file is not None
            assert row.file.name == seen


async def test_what_an_older_version_refused_to_read_is_read_after_the_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ring() as made:
        first, second, talk = await both(made)
        n = await place(second, talk)

        def refuse(_data: bytes) -> tuple[ContentKind, dict[str, Any]]:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="text")

        data = await older(first, talk, ContentKind.TEXT, text="\u202aD:\\表.xlsx", reply_to=None)
        with monkeypatch.context() as patch:
            patch.setattr(incoming_events, "unpack", refuse)
            await second.told("message", data, n)
        assert (await last(second, talk)).unreadable == ErrorCode.WIRE_MALFORMED.value
        await events_of(second).read_again()
        assert (await last(second, talk)).text == "[U+202A]D:\\表.xlsx"
        assert await second.core.store.read(message_store.unread_by_version) == []


async def test_what_no_reader_would_show_is_refused_to_its_writer_before_anything_is_kept(
    tmp_path: Path,
) -> None:
    async with ring() as made:
        first, _, talk = await both(made)
        mine = await last(first, talk)
        before = await first.belief()
        strange = tmp_path / "名单\ue000.xls"
        strange.write_bytes(b"1")
        for refused, code in (
            (first.conversations.send_text(talk, "字" * 20_001, None), ErrorCode.TEXT_TOO_LONG),
            (first.conversations.send_text(talk, "\u200b\u200e", None), ErrorCode.TEXT_EMPTY),
            (first.conversations.edit(mine.id, "\ue000"), ErrorCode.TEXT_UNKNOWN_CHARACTER),
            (first.conversations.rename(talk, "组" * 61), ErrorCode.TEXT_TOO_LONG),
            (first.conversations.send_file(talk, strange), ErrorCode.TEXT_UNKNOWN_CHARACTER),
        ):
            with pytest.raises(JinshuError) as said:
                await refused
            assert said.value.code is code
        with pytest.raises(JinshuError):
            await first.conversations.start((), "组" * 61)
        assert await first.belief() == before


async def test_what_is_typed_arrives_clean() -> None:
    async with ring() as made:
        first, second, talk = await both(made)
        await first.says(talk, "\u202aD:\\共享\\值班表.xlsx\t一份 \ue863 re\u0301sume\u0301")
        await second.follows()
        assert (await second.texts(talk))[-1] == "D:\\共享\\值班表.xlsx 一份 䶮 résumé"


async def test_too_long_a_text_goes_as_a_file_named_after_its_first_line(tmp_path: Path) -> None:
    async with ring() as made:
        first, second, talk = await both(made)
        said = "关于/防汛的\u202a说明\n" + "字" * 20_001
        await first.conversations.send_as_file(talk, said)
        await first.core.outbox.drained()
        await second.follows()
        row = await last(second, talk)
        assert row.file is not None
        assert row.file.name == "关于_防汛的说明.txt"
        assert await second.conversations.save_file(row.id, tmp_path / row.file.name)
        saved = (tmp_path / row.file.name).read_text(encoding="utf-8")
        assert saved == "关于/防汛的说明\n" + "字" * 20_001
