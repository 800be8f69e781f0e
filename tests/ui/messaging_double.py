"""A written double of the conversations: it remembers, and does at once what it is told."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from client.core.intake import Found, Source, look_at
from client.messaging.rows import (
    ConversationRow,
    Delivery,
    EmojiRow,
    FileRow,
    MemberRow,
    MessageKind,
    MessagePage,
    MessageRow,
    NewsRow,
    PersonChoice,
    ReplyRow,
)
from protocol.errors import ErrorCode, JinshuError

NOW = 1_795_000_000_000
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
ME = "prs_me"
GROUP = "cnv_group"
DIRECT = "cnv_direct"
LONG = "cnv_long"
PEOPLE = (
    PersonChoice("prs_wang", "王芳", "市发展改革委 文秘科文书"),
    PersonChoice("prs_li", "李强", "市发展改革委 办公室主任"),
    PersonChoice("prs_zhao", "赵敏", "市财政局 预算科科长"),
    PersonChoice("prs_qian", "钱进", "市交通运输局 综合科科员"),
)
_POSTS = {person.id: person for person in PEOPLE}
EMOJI = EmojiRow(
    ("🐶", "🌙", "🔑", "🎸", "🍎", "🚂", "☂"),
    ("狗", "月亮", "钥匙", "吉他", "苹果", "火车", "雨伞"),
    ("🐧", "🐢", "🐟", "🐙", "🦋", "🌷", "🌳", "🌵"),
    ("企鹅", "乌龟", "鱼", "章鱼", "蝴蝶", "花", "树", "仙人掌"),
)


def message(
    n: int | None,
    text: str = "",
    person: str = "prs_wang",
    *,
    conversation: str = GROUP,
    id: str = "",
    at: int | None = None,
    kind: MessageKind = MessageKind.TEXT,
    reply: ReplyRow | None = None,
    file: FileRow | None = None,
    delivery: Delivery = Delivery.SENT,
    refusal: str | None = None,
    edited: bool = False,
    recalled: bool = False,
    unreadable: str | None = None,
    readers: int = 0,
    unvouched: bool = False,
) -> MessageRow:
    """One message."""
    who = _POSTS.get(person)
    return MessageRow(
        id=id or f"msg_{conversation}_{n}",
        conversation=conversation,
        n=n,
        person=person,
        sender="我" if who is None else who.name,
        post="" if who is None else who.detail,
        mine=person == ME,
        kind=kind,
        text=text,
        at=NOW if at is None else at,
        reply=reply,
        file=file,
        delivery=delivery,
        refusal=refusal,
        edited=edited,
        recalled=recalled,
        unreadable=unreadable,
        readers=readers,
        unvouched=unvouched,
    )


PLAN = FileRow(
    "2026年度冬季农村公路养护和安全保畅工作方案（征求意见稿）.docx", "application/msword", 482_304, None
)
TALK = (
    message(1, "王芳邀请李强、赵敏加入会话", at=NOW - 2 * DAY, kind=MessageKind.NOTICE),
    message(2, "各位上午好，征求意见稿已经发到群里，请今天下班前反馈意见。", at=NOW - DAY - 40 * MINUTE),
    message(3, file=PLAN, kind=MessageKind.FILE, at=NOW - DAY - 39 * MINUTE),
    message(
        4,
        "收到。第三部分涉及资金安排，请财政局一并把关：一是明确补助标准；二是明确拨付时限；三是注明资金来源。",
        ME,
        at=NOW - DAY - 30 * MINUTE,
        delivery=Delivery.READ,
        readers=3,
    ),
    message(
        5,
        "补助标准按去年执行，时限建议改为12月5日前。",
        "prs_zhao",
        at=NOW - 50 * MINUTE,
        reply=ReplyRow(f"msg_{GROUP}_4", "我", "收到。第三部分涉及资金安排，请财政局一并把关"),
        edited=True,
    ),
    message(6, "同意。", "prs_li", at=NOW - 45 * MINUTE, unvouched=True),
    message(7, "", "prs_li", at=NOW - 44 * MINUTE, recalled=True),
    message(
        8,
        "",
        "prs_wang",
        at=NOW - 30 * MINUTE,
        unreadable=ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH.value,
    ),
    message(9, "好的，我现在修改。", ME, at=NOW - 20 * MINUTE, delivery=Delivery.DELIVERED),
    message(
        None,
        kind=MessageKind.FILE,
        person=ME,
        id="msg_file",
        file=replace(PLAN, name="修改稿.docx", progress=430),
        at=NOW - 2 * MINUTE,
        delivery=Delivery.PENDING,
    ),
    message(
        None,
        "修改稿已发，请再看一下第三部分。",
        ME,
        id="msg_refused",
        at=NOW - MINUTE,
        delivery=Delivery.REFUSED,
        refusal=ErrorCode.CLOCK_SKEW.value,
    ),
)
# An edit of mine that was refused, as it stands at the end of a conversation.
CHANGE = message(
    None,
    "好的，我明天修改。",
    ME,
    id="msg_change",
    kind=MessageKind.CHANGE,
    reply=ReplyRow(f"msg_{GROUP}_9", "我", "好的，我现在修改。"),
    delivery=Delivery.REFUSED,
    refusal=ErrorCode.MESSAGING_NOT_A_MEMBER.value,
)
MEMBERS = (
    MemberRow(ME, "周正", "市发展改革委 农业科科员", True, True, 2, False),
    MemberRow("prs_wang", "王芳", "市发展改革委 文秘科文书", False, False, 1, True),
    MemberRow("prs_li", "李强", "市发展改革委 办公室主任", False, False, 2, False, 1),
    MemberRow("prs_zhao", "赵敏", "市财政局 预算科科长", False, False, 1, False),
)
ROWS = (
    ConversationRow(
        GROUP,
        True,
        "农村公路养护征求意见",
        "周正：修改稿已发",
        NOW - MINUTE,
        2,
        "",
        4,
        Delivery.REFUSED,
        unread_from=6,
    ),
    ConversationRow(
        DIRECT,
        False,
        "李强",
        "下午三点开会",
        NOW - 3 * 60 * MINUTE,
        1,
        "",
        2,
        Delivery.SENT,
        unread_from=1,
    ),
    ConversationRow(LONG, True, "全市政务值班群", "值班正常", NOW - DAY, 0, "请各单位", 86, Delivery.READ),
)
DIRECT_TALK = (
    message(1, "下午三点开会，请带上材料。", "prs_li", conversation=DIRECT, at=NOW - 3 * 60 * MINUTE),
)


def place_of(number: int) -> int:
    """The place in its log of the message of a number: read marks, edits and recalls have used up the places between,
    one after every third message and many after every sixtieth."""
    return number + number // 3 + number // 60 * 400


def long_talk(count: int) -> tuple[MessageRow, ...]:
    """Many messages of several people, with gaps in their places as every real conversation has."""
    people = ("prs_wang", "prs_li", ME, "prs_zhao")
    return tuple(
        message(
            place_of(number),
            f"第{number}条：" + "值班正常，无突发情况。" * (number % 5 + 1),
            people[number // 3 % 4],
            conversation=LONG,
            id=f"msg_{LONG}_{number}",
            at=NOW - (count - number) * MINUTE,
        )
        for number in range(1, count + 1)
    )


def _placed(talk: list[MessageRow]) -> list[int]:
    """The places of a talk, in order; those on their way have none and stand last."""
    return [row.n for row in talk if row.n is not None]


class ConversationsDouble:
    """Conversations in memory; `refusing` makes the next act fail, `most` is the most messages asked for at once."""

    def __init__(self, long: tuple[MessageRow, ...] = ()) -> None:
        self.talks: dict[str, list[MessageRow]] = {
            GROUP: list(TALK),
            DIRECT: list(DIRECT_TALK),
            LONG: list(long),
        }
        self.listed = {row.id: row for row in ROWS}
        self.drafts = {LONG: "请各单位"}
        self.there = {GROUP: MEMBERS, DIRECT: (MEMBERS[0], MEMBERS[2]), LONG: MEMBERS}
        self.acts: list[tuple[object, ...]] = []
        self.saves = True  # False: a download is cancelled before its end
        self.refusing: ErrorCode | None = None
        self.closed: ErrorCode | None = None
        self.slow: asyncio.Event | None = None  # what the group's messages wait for
        self.listing: asyncio.Event | None = None  # what the rows of some conversations wait for
        self.most = 0
        self.given = 0
        self.pages = 0  # how often messages were read
        self.lists: list[frozenset[str] | None] = []  # which rows were asked for each time; None: all

    def arrive(self, text: str, person: str = "prs_wang", conversation: str = GROUP) -> None:
        """Somebody has written."""
        talk = self.talks[conversation]
        placed = _placed(talk)
        place = (placed[-1] if placed else 0) + 3  # its author has marked as read what came before
        new = message(place, text, person, conversation=conversation, id=f"msg_new_{place}", at=NOW)
        talk.insert(len(placed), new)
        row = self.listed[conversation]
        self.listed[conversation] = replace(
            row,
            preview=text,
            at=NOW,
            unread=row.unread + 1,
            unread_from=row.unread_from or place,
            news=NewsRow(place, _POSTS[person].name, text),
        )

    def _act(self, *what: object) -> None:
        if self.refusing is not None:
            raise JinshuError(self.refusing)
        self.acts.append(what)

    def _change(self, message_id: str, **what: object) -> None:
        for talk in self.talks.values():
            for place, row in enumerate(talk):
                if row.id == message_id:
                    talk[place] = replace(row, **what)  # type: ignore[arg-type]

    async def changed_rows(self, names: Collection[str], /) -> tuple[ConversationRow, ...]:
        self.lists.append(frozenset(names))
        if self.listing is not None:
            await self.listing.wait()
        return tuple(row for row in self._listed() if row.id in names)

    async def rows(self, query: str = "", /) -> tuple[ConversationRow, ...]:
        self.lists.append(None)
        return tuple(row for row in self._listed() if query in row.title)

    def _listed(self) -> list[ConversationRow]:
        rows = [replace(row, draft=self.drafts.get(row.id, "")) for row in self.listed.values()]
        return sorted(rows, key=lambda row: (-row.at, row.id))

    async def people(self) -> tuple[PersonChoice, ...]:
        return PEOPLE

    async def start(self, people: tuple[str, ...], title: str, /) -> str:
        self._act("start", people, title)
        made = f"cnv_{len(self.listed) + 1}"
        group = len(people) > 1
        name = title if group else _POSTS[people[0]].name
        self.listed[made] = ConversationRow(made, group, name, "", NOW, 0, "", len(people) + 1, Delivery.SENT)
        self.talks[made] = []
        self.there[made] = MEMBERS[: len(people) + 1]
        return made

    async def newest(self, conversation: str, limit: int, /) -> MessagePage:
        talk = await self._opened(conversation, limit)
        return self._page(talk, max(len(_placed(talk)) - limit, 0), len(talk))

    async def before(self, conversation: str, place: int, limit: int, /) -> MessagePage:
        talk = await self._opened(conversation, limit)
        end = bisect_left(_placed(talk), place)
        return self._page(talk, max(end - limit, 0), end)

    async def after(self, conversation: str, place: int, limit: int, /) -> MessagePage:
        talk = await self._opened(conversation, limit)
        placed = _placed(talk)
        start = bisect_right(placed, place)
        end = start + limit
        return self._page(talk, start, end if end < len(placed) else len(talk))

    async def around(self, conversation: str, message_id: str, limit: int, /) -> MessagePage | None:
        talk = await self._opened(conversation, limit)
        at = next((place for place, row in enumerate(talk) if row.id == message_id), None)
        if at is None:
            return None
        return self._page(talk, max(at - limit // 2, 0), min(at + limit // 2, len(talk)))

    async def _opened(self, conversation: str, limit: int) -> list[MessageRow]:
        if self.closed is not None:
            raise JinshuError(self.closed)
        if self.slow is not None and conversation == GROUP:
            await self.slow.wait()
        self.most = max(self.most, limit)
        self.pages += 1
        return self.talks[conversation]

    def _page(self, talk: list[MessageRow], start: int, end: int) -> MessagePage:
        self.given += end - start
        return MessagePage(tuple(talk[start:end]), start == 0, end == len(talk))

    async def members(self, conversation: str, /) -> tuple[MemberRow, ...]:
        return self.there[conversation]

    async def send_as_file(self, conversation: str, text: str, /) -> None:
        self._act("send as a file", conversation, text)

    async def send_text(self, conversation: str, text: str, reply_to: str | None, /) -> None:
        self._act("send", conversation, text, reply_to)
        self.talks[conversation].append(
            message(
                None,
                text,
                ME,
                conversation=conversation,
                id=f"msg_sent_{len(self.acts)}",
                delivery=Delivery.PENDING,
            )
        )

    async def look_at(self, paths: Sequence[Path], /) -> Found:
        return look_at(paths)

    async def send_file(self, conversation: str, source: Source, /) -> None:
        self._act("file", conversation, source)

    async def cancel(self, message_id: str, /) -> None:
        self._act("cancel", message_id)

    async def retry(self, message_id: str, /) -> None:
        self._act("retry", message_id)
        self._change(message_id, delivery=Delivery.PENDING, refusal=None)

    async def discard(self, message_id: str, /) -> None:
        self._act("discard", message_id)
        for talk in self.talks.values():
            talk[:] = [row for row in talk if row.id != message_id]

    async def edit(self, message_id: str, text: str, /) -> None:
        self._act("edit", message_id, text)
        self._change(message_id, text=text, edited=True)

    async def recall(self, message_id: str, /) -> None:
        self._act("recall", message_id)
        self._change(message_id, text="", recalled=True)

    async def save_draft(self, conversation: str, text: str, /) -> None:
        self.drafts[conversation] = text

    async def draft(self, conversation: str, /) -> str:
        return self.drafts.get(conversation, "")

    async def mark_read(self, conversation: str, /) -> None:
        self._act("read", conversation)
        row = self.listed[conversation]
        self.listed[conversation] = replace(row, unread=0, unread_from=None, news=None)

    async def add_members(self, conversation: str, people: tuple[str, ...], /) -> None:
        self._act("add", conversation, people)
        new = tuple(MemberRow(each, _POSTS[each].name, "", False, False, 1, False) for each in people)
        self.there[conversation] = (*self.there[conversation], *new)

    async def remove_member(self, conversation: str, person: str, /) -> None:
        self._act("remove", conversation, person)
        self.there[conversation] = tuple(row for row in self.there[conversation] if row.person != person)

    async def leave(self, conversation: str, /) -> None:
        self._act("leave", conversation)
        del self.listed[conversation]

    async def rename(self, conversation: str, title: str, /) -> None:
        self._act("rename", conversation, title)
        self.listed[conversation] = replace(self.listed[conversation], title=title)

    async def save_file(self, message_id: str, path: Path, /) -> bool:
        self._act("save", message_id, path)
        return self.saves

    async def search(self, query: str, /) -> tuple[MessageRow, ...]:
        found = [row for talk in self.talks.values() for row in talk if query in row.text]
        return tuple(found[:20])

    async def emoji(self, person: str, /) -> EmojiRow:
        return EMOJI

    async def confirm(self, person: str, /) -> None:
        self._act("confirm", person)
        for conversation, rows in self.there.items():
            self.there[conversation] = tuple(
                replace(row, confirmed=row.confirmed or row.person == person) for row in rows
            )
