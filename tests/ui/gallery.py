"""A page for developers that shows every widget; `python -m tests.ui.gallery` opens it."""

from __future__ import annotations

import sys

from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from client.meetings.rows import Seal
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.rows import Mark, RowContent, RowsModel
from client.ui.base.theme import Theme, Tone
from client.ui.base.tree import TreeRowsModel
from client.ui.meetings.bar import Bar
from client.ui.meetings.seating import seats_of
from client.ui.meetings.tile import Tile
from client.ui.widgets.attachments import AttachmentItem, AttachmentList
from client.ui.widgets.buttons import (
    DangerButton,
    IconButton,
    PrimaryButton,
    QuietButton,
    RowButton,
    SecondaryButton,
)
from client.ui.widgets.card import Card
from client.ui.widgets.chip import Chip
from client.ui.widgets.code_display import CodeDisplay
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.form import Form
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader, ScrollPane, TwoPane
from client.ui.widgets.phrase_menu import PhraseMenu
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.route import RouteSeal, RouteTimeline, SealState
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text_entry import TextEntry
from client.ui.widgets.tree_view import TreeView
from protocol.text import Field
from tests.ui.meetings_double import SlotDouble, live, participant, picture, tile

ROWS = (
    RowContent(
        "关于做好2026年度冬季农村公路养护和安全保畅工作的通知",
        "市交通运输局 · 待核稿 · 王芳",
        "今天 10:12",
        unread=True,
        marks=(Mark("特急", Tone.SEAL, filled=True),),
        deadline=Mark("今天 17:00 前", Tone.WAITING),
    ),
    RowContent(
        "关于报送三季度经济运行情况的函", "市发展改革委 · 待会签", "昨天 16:40", deadline=Mark("11月30日前")
    ),
    RowContent(
        "关于召开全市重点项目调度会的通知",
        "市政府办公室 · 已签收",
        "11月20日",
        marks=(Mark("加急", Tone.SEAL, filled=True),),
    ),
    RowContent("王芳", "市发展改革委 文秘科 科长", "", avatar="王芳"),
)
TREE = (
    ("city", None, "示例市"),
    ("fgw", "city", "市发展和改革委员会"),
    ("czj", "city", "市财政局"),
    ("fgw.office", "fgw", "办公室"),
)
ROUTE = (
    RouteSeal("1", "市发展改革委 办公室 · 王芳", "拟稿", "2026-11-23 09:02", "现将通知稿呈上，请审核。"),
    RouteSeal(
        "2",
        "市发展改革委 办公室 · 李强",
        "核稿",
        "2026-11-23 09:40",
        "拟同意。第三条时限改为十二月五日，附件二格式按市政府办公室要求调整后送会签。",
    ),
    RouteSeal("3", "市财政局 综合科 · 赵敏", "会签答复", "2026-11-23 10:12", state=SealState.PENDING),
    RouteSeal("4", "市发展改革委 主任 · 周正", "签发", "", state=SealState.WAITING),
    RouteSeal(
        "5",
        "未知设备",
        "意见",
        "2026-11-23 10:15",
        state=SealState.UNVERIFIED,
        note="签名与登记的设备证书不符",
    ),
)


def _label(word: str) -> str:
    """The gallery's own words need no catalogue: they are shown in the language of the sample."""
    return word


def build_gallery(state: object = None) -> QWidget:
    """All widgets on one page."""
    page = QWidget()
    page.setProperty("ground", "surface")
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(TwoPane(_left(), ScrollPane(_middle()), "gallery"), 1)
    timeline = RouteTimeline(_label("流转"))
    timeline.set_steps(ROUTE)
    timeline.setFixedWidth(320)
    row.addWidget(timeline)
    return page


def _left() -> QWidget:
    left = QWidget()
    left.setProperty("ground", "surface")
    column = QVBoxLayout(left)
    column.setContentsMargins(0, 12, 0, 0)
    search = SearchField(tr("Search"))
    head = QHBoxLayout()
    head.setContentsMargins(12, 0, 12, 0)
    head.addWidget(search, 1)
    head.addWidget(IconButton(Icon.PLUS, _label("新建")))
    column.addLayout(head)
    listing = ListView(_label("公文列表"), left)
    listing.setModel(RowsModel(listing, key=lambda r: r.title, content=lambda r: r, rows=ROWS))
    listing.choose(ROWS[1].title)
    column.addWidget(ListPane(listing, EmptyState(Icon.INBOX, _label("没有公文"), "")), 3)
    checks = ListView(_label("主送机关"), left, compact=True)
    ticked = RowsModel(checks, key=lambda r: r.title, content=lambda r: r, rows=ROWS[1:], checkable=True)
    checks.setModel(ticked)
    ticked.set_checked([ROWS[1].title])
    column.addWidget(checks, 2)
    tree = TreeView(_label("机构"), left)
    names = {"city": Icon.BODY, "fgw.office": Icon.POST}
    tree.show_model(
        TreeRowsModel(
            tree,
            key=lambda r: r[0],
            parent_key=lambda r: r[1],
            content=lambda r: RowContent(r[2], "3 人"),
            icon=lambda r: names.get(r[0], Icon.BODY),
            rows=TREE,
        ),
        depth=2,
    )
    column.addWidget(tree, 2)
    return left


def _middle() -> QWidget:
    column = Column(measure=860)
    column.add(PageHeader(_label("控件一览")))
    column.add_row(
        Chip(_label("待核稿"), Tone.WAITING, name=_label("状态")),
        SecondaryButton(_label("存为草稿"), Icon.FILE),
        PrimaryButton(_label("签发"), Icon.SEAL),
    )
    for tone in (Tone.SEAL, Tone.DONE):
        bar = NoticeBar()
        column.add(bar)
        bar.show_notice(
            Notice(
                _label("服务器没有答复"),
                _label("您的操作已保存在本机，联网后自动送出。"),
                "network.unreachable",
                tone,
            )
        )
    column.add_row(
        PrimaryButton(_label("主要")),
        SecondaryButton(_label("次要")),
        DangerButton(_label("退回"), Icon.RETURN),
        QuietButton(_label("安静"), Icon.LINK),
        IconButton(Icon.MORE, _label("更多")),
        _disabled(PrimaryButton(_label("不可用"))),
        _disabled(SecondaryButton(_label("不可用了"))),
    )
    column.add_row(
        *(
            Chip(_label(w), t)
            for w, t in zip(("拟稿", "会签中", "已签收", "待办", "逾期"), Tone, strict=True)
        ),
        Chip(_label("特急"), filled=True),
    )
    chosen = RowButton(_label("待办"), Icon.INBOX)
    chosen.setChecked(True)
    column.add_row(chosen, RowButton(_label("已发"), Icon.OUTBOX), QCheckBox(_label("我已抄下恢复码")))
    column.add(_form())
    code = CodeDisplay(_label("恢复码"))
    code.set_code("jr1-7k2m-9xqp-4hcd-w3vz-m8ty-2a6n-f5rb")
    column.add(code)
    progress = ProgressLine()
    progress.start(_label("正在送出附件"))
    progress.set_progress(3, 12, 40)
    column.add(progress)
    column.add(_card())
    column.add(_tiles())
    column.add_row(_bar())
    files = AttachmentList(_label("附件"))
    files.set_files(
        (
            AttachmentItem("实施方案（征求意见稿）.pdf", 1_240_331),
            AttachmentItem("现场照片.jpg", 88_200, "已核验"),
        )
    )
    column.add(files)
    column.add(AttachmentList(_label("空附件")))
    column.add(
        EmptyState(
            Icon.DOCUMENTS,
            _label("还没有草稿"),
            _label("拟好的公文先存在这里，送出之前只在本机。"),
            _label("拟稿"),
        )
    )
    return column


def _disabled(widget: QWidget) -> QWidget:
    widget.setEnabled(False)
    return widget


def _form() -> Form:
    form = Form()
    form.add(
        _label("服务器地址"), QLineEdit(), hint=_label("由管理员提供，例如 10.1.2.3:8443"), required=True
    )
    form.add(_label("登记码"), QLineEdit()).set_error(_label("登记码不完整，请核对后再输入。"))
    secret = SecretEntry(_label("口令"), show_strength=True)
    secret.field.setText("correct horse 7")
    form.add(_label("口令"), secret)
    kinds = QComboBox()
    kinds.addItems(["通知", "意见", "函"])
    form.add(_label("文种"), kinds)
    opinion = TextEntry(Field.OPINION)
    opinion.setFixedHeight(88)
    opinion.setTabChangesFocus(True)
    form.add(_label("意见"), opinion)
    form.add(_label("常用"), PhraseMenu(opinion, ["拟同意。", "请审示。"]))
    return form


def _tiles() -> QWidget:
    """Seen, speaking with a hand up, muted without a camera, and locked."""
    seats = seats_of(
        live(
            4,
            (tile(1), tile(3, seal=Seal.LOCKED)),
            participants=(
                participant(0, microphone=True),
                participant(1, microphone=True, speaking=True, hand=1),
                participant(2, microphone=False),
                participant(3),
            ),
        ),
        ("dev_2",),
    )
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for seat in seats:
        shown = Tile(seat)
        shown.setFixedHeight(118)
        if seat.mid == "v1":
            shown.set_slot(SlotDouble(picture(320, 180)))
        row.addWidget(shown, 1)
    return box


def _bar() -> Bar:
    bar = Bar()
    bar.show_microphone(True)
    bar.show_camera(False)
    bar.people.setChecked(True)
    return bar


def _card() -> Card:
    card = Card("王芳", _label("市发展改革委 文秘科 科长"), avatar="王芳")
    card.add_section(_label("设备"))
    card.add_fact(_label("办公电脑"), _label("首台设备"), Tone.DONE)
    card.add_fact(_label("登记于"), "2026-11-02")
    return card


def main() -> int:
    application = QApplication(sys.argv)
    application.setFont(QFont())
    Theme(application)
    gallery = build_gallery()
    gallery.resize(1280, 800)
    gallery.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
