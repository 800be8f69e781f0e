"""通讯录: bodies, posts and people as the CA signed them, cards, and who waits for my word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.core.letters import matches
from client.directory.rows import BodyRow, PendingMember, PersonCard, PersonRow, PostRow, TrustRow
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import enumerated, tr
from client.ui.base.moments import full_time
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.theme import Tone
from client.ui.base.tree import TreeRowsModel
from client.ui.base.window_state import WindowState
from client.ui.directory.words import duty_words, enrolled_words, standing_words
from client.ui.widgets.buttons import PrimaryButton
from client.ui.widgets.card import Card
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.nothing_found import nothing_found
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader, ScrollPane, TwoPane
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.tree_view import TreeView


class Directory(Protocol):
    """What the page asks for (client.directory.service.DirectoryService)."""

    async def bodies(self) -> tuple[BodyRow, ...]: ...
    async def card(self, person: str, /) -> PersonCard: ...
    async def pending_members(self) -> tuple[PendingMember, ...]: ...
    async def confirm(self, member: PendingMember, /) -> None: ...
    async def trust(self) -> TrustRow: ...


@dataclass(frozen=True, slots=True)
class Node:
    """A row of the tree: a body, a post in it, or a person who holds it."""

    key: str
    parent: str | None
    content: RowContent
    thing: BodyRow | PostRow | PersonRow


def nodes(bodies: tuple[BodyRow, ...], wanted: str) -> list[Node]:
    """The tree, or of it what contains the searched words, with the way up to it."""
    found: list[Node] = []
    kept: set[str] = set()
    for body in bodies:
        found.append(Node(body.id, body.parent, RowContent(title=body.name), body))
        for post in body.posts:
            found.append(Node(post.id, body.id, RowContent(title=post.name), post))
            for person in post.holders:
                content = RowContent(
                    title=person.name, detail=enrolled_words(person.enrolled), avatar=person.name
                )
                found.append(Node(f"{post.id}/{person.id}", post.id, content, person))
    if not wanted:
        return found
    parents = {node.key: node.parent for node in found}
    for node in found:
        if matches(node.content.title, wanted):
            key: str | None = node.key
            while key is not None and key not in kept:
                kept.add(key)
                key = parents.get(key)
    return [node for node in found if node.key in kept]


class DirectoryPage(QWidget):
    """Reads again whenever the directory grew.

    Signals: `members_read` (the tuple of PendingMember).
    """

    members_read = Signal(object)

    def __init__(
        self,
        directory: Directory,
        runner: CoreRunner,
        state: WindowState | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._directory = directory
        self._runner = runner
        self._bodies: tuple[BodyRow, ...] = ()
        self._wanted = ""
        self._notice = NoticeBar(self)
        self._search = SearchField(tr("Search"))
        self._search.searched.connect(self._on_searched)
        self._tree = TreeView(tr("Organisation"))
        self._model: TreeRowsModel[Node] = TreeRowsModel(
            self,
            key=lambda node: node.key,
            parent_key=lambda node: node.parent,
            content=lambda node: node.content,
        )
        self._tree.show_model(self._model)
        self._none = EmptyState(Icon.DIRECTORY, "", "")
        self._tree.chosen.connect(self._on_chosen)
        self._thing = Column(margin=24, spacing=16, ground="surface")
        self._members = ListView(tr("Waiting for confirmation"))
        self._waiting: RowsModel[PendingMember] = RowsModel(
            self,
            key=lambda member: (member.principal, member.device),
            content=lambda member: RowContent(
                title=member.device_label, detail=member.principal_name, unread=True
            ),
        )
        self._members.setModel(self._waiting)
        self._members.setFixedHeight(168)
        self._members.chosen.connect(self._on_member_chosen)
        self._confirm = PrimaryButton(tr("Confirm"), Icon.CHECK)
        self._confirm.setEnabled(False)
        self._confirm.clicked.connect(self._on_confirm)
        self._trust = Text("", TextKind.HINT, wrap=True)
        self._say_none()
        self._lay_out(state)

    def _lay_out(self, state: WindowState | None) -> None:
        side = Column(margin=16, spacing=8, ground="clear")
        side.add(self._search)
        side.add(ListPane(self._tree, self._none), 1)
        self._pending = Column(margin=0, spacing=8, ground="clear")
        self._pending.add(Text(tr("Waiting for confirmation"), TextKind.SECTION))
        self._pending.add(self._members)
        self._pending.add_row(self._confirm)
        self._pending.hide()
        self._card_place = QVBoxLayout()
        self._thing.add(PageHeader(tr("Address book")))
        self._thing.add(self._notice)
        self._thing.add(self._pending)
        place = QWidget(self._thing)
        place.setLayout(self._card_place)
        self._card_place.setContentsMargins(0, 0, 0, 0)
        self._thing.add(place, 1)
        self._thing.add(self._trust)
        self._show_card(
            EmptyState(
                Icon.DIRECTORY,
                tr("Choose a body, a post or a person"),
                tr("What your city's organisation signed about it appears here."),
            )
        )
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(TwoPane(side, ScrollPane(self._thing), "directory", state, self))

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def refresh(self) -> None:
        """Read everything again."""
        Operation(self, self._runner, self._directory.bodies, on_success=self._on_bodies)
        Operation(self, self._runner, self._directory.pending_members, on_success=self._on_members)
        Operation(self, self._runner, self._directory.trust, on_success=self._on_trust)

    def _on_bodies(self, bodies: tuple[BodyRow, ...]) -> None:
        self._bodies = bodies
        self._model.set_rows(nodes(bodies, self._wanted))

    def _on_searched(self, wanted: str) -> None:
        self._wanted = wanted.strip()
        self._say_none()
        self._model.set_rows(nodes(self._bodies, self._wanted))
        if self._wanted:
            self._tree.expandAll()

    def _say_none(self) -> None:
        if self._wanted:
            self._none.set_words(*nothing_found(self._wanted, tr("No body, post or person has this name.")))
        else:
            self._none.set_words(
                tr("Nobody yet"), tr("Bodies, posts and people appear when the organisation is published.")
            )

    def _on_members(self, members: tuple[PendingMember, ...]) -> None:
        self._waiting.set_rows(members)
        self._pending.setVisible(bool(members))
        self.members_read.emit(members)

    def _on_trust(self, row: TrustRow) -> None:
        words = tr(
            "Directory log: {count} entries, head of {time}; organisation snapshot {number}; every entry checked on this computer.",
            count=row.log_size,
            time=full_time(row.head_at),
            number=row.organisation_seq,
        )
        if row.overdue:
            words = f"{tr('The CA is late with a signed list; ask your operator whether the server withholds it.')} {words}"
        self._trust.setText(words)

    def _on_chosen(self, node: Node | None) -> None:
        if node is None:
            return
        if isinstance(node.thing, PersonRow):
            person = node.thing.id
            Operation(self, self._runner, lambda: self._directory.card(person), on_success=self._on_card)
        elif isinstance(node.thing, PostRow):
            self._show_post(node.thing)
        else:
            self._show_body(node.thing)

    def _show_body(self, body: BodyRow) -> None:
        card = Card(body.name, body.short_name, icon=Icon.BODY)
        words = (
            tr("has a key; documents can be sealed to it")
            if body.enrolled
            else tr("has no key yet; its documents wait for one")
        )
        card.add_fact(tr("Encryption"), words, Tone.DONE if body.enrolled else Tone.WAITING)
        card.add_section(tr("Posts"))
        for post in body.posts:
            card.add_fact(post.name, enumerated(person.name for person in post.holders) or tr("vacant"))
        self._show_card(card)

    def _show_post(self, post: PostRow) -> None:
        card = Card(post.name, icon=Icon.POST)
        card.add_fact(tr("Held by"), enumerated(person.name for person in post.holders) or tr("vacant"))
        card.add_fact(tr("Duties"), enumerated(duty_words(duty) for duty in post.duties))
        self._show_card(card)

    def _on_card(self, found: PersonCard) -> None:
        card = Card(found.person.name, enumerated(found.person.posts), avatar=found.person.name)
        tone = Tone.DONE if found.person.enrolled else Tone.WAITING
        card.add_fact(tr("State"), enrolled_words(found.person.enrolled), tone)
        if found.devices:
            card.add_section(tr("Devices"))
        for device in found.devices:
            words = tr("revoked") if device.revoked else standing_words(device.standing)
            name = tr("{device} (this computer)", device=device.label) if device.is_this else device.label
            card.add_fact(name, f"{words} · {full_time(device.since)}", Tone.SEAL if device.revoked else None)
        self._show_card(card)

    def _show_card(self, card: QWidget) -> None:
        while (item := self._card_place.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._card_place.addWidget(card)
        if isinstance(card, Card):
            self._card_place.addStretch(1)

    def _on_member_chosen(self, member: PendingMember | None) -> None:
        self._confirm.setEnabled(member is not None)

    def _on_confirm(self) -> None:
        member = self._members.current_row()
        if member is None:
            return
        words = (
            tr(
                "This device becomes one of yours: it can read whatever you can read. Confirm only what you hold in your hands."
            )
            if member.mine
            else tr(
                "{device} will read everything sealed to {principal} from now on. Your confirmation is signed and visible to all.",
                device=member.device_label,
                principal=member.principal_name,
            )
        )
        question = ConfirmPopover(self._confirm, words, tr("Confirm"), danger=False)
        question.confirmed.connect(lambda: self._confirmed(member))
        question.open()

    def _confirmed(self, member: PendingMember) -> None:
        Operation(
            self,
            self._runner,
            lambda: self._directory.confirm(member),
            on_success=lambda _none: self.refresh(),
        )
