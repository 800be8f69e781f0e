"""The fifteen statutory kinds of official document (文种, 条例 art. 8), what each is for and which way it may travel."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Which way a document travels between bodies (行文方向)."""

    UP = "up"  # 上行文
    LEVEL = "level"  # 平行文
    DOWN = "down"  # 下行文
    PUBLIC = "public"  # 周知: to whom it may concern


class Kind(StrEnum):
    """A statutory kind; no other word may be used as a formal type."""

    RESOLUTION = "resolution"
    DECISION = "decision"
    ORDER = "order"
    COMMUNIQUE = "communique"
    ANNOUNCEMENT = "announcement"
    PUBLIC_NOTICE = "public_notice"
    OPINION = "opinion"
    NOTICE = "notice"
    CIRCULAR = "circular"
    REPORT = "report"
    REQUEST = "request"
    REPLY = "reply"
    PROPOSAL = "proposal"
    LETTER = "letter"
    MINUTES = "minutes"

    @property
    def chinese(self) -> str:
        """The statutory name."""
        return _FACTS[self][0]

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The usual direction first."""
        return _FACTS[self][1]

    @property
    def purpose(self) -> str:
        """What art. 8 keeps it for, in Chinese."""
        return _FACTS[self][2]


_FACTS: dict[Kind, tuple[str, tuple[Direction, ...], str]] = {
    Kind.RESOLUTION: ("决议", (Direction.DOWN,), "会议讨论通过的重大决策事项"),
    Kind.DECISION: (
        "决定",
        (Direction.DOWN,),
        "对重要事项作出决策和部署、奖惩有关单位和人员、变更或者撤销下级机关不适当的决定事项",
    ),
    Kind.ORDER: (
        "命令（令）",
        (Direction.DOWN,),
        "公布行政法规和规章、宣布施行重大强制性措施、批准授予和晋升衔级、嘉奖有关单位和人员",
    ),
    Kind.COMMUNIQUE: ("公报", (Direction.PUBLIC,), "公布重要决定或者重大事项"),
    Kind.ANNOUNCEMENT: ("公告", (Direction.PUBLIC,), "向国内外宣布重要事项或者法定事项"),
    Kind.PUBLIC_NOTICE: ("通告", (Direction.PUBLIC,), "在一定范围内公布应当遵守或者周知的事项"),
    Kind.OPINION: ("意见", (Direction.DOWN, Direction.UP, Direction.LEVEL), "对重要问题提出见解和处理办法"),
    Kind.NOTICE: (
        "通知",
        (Direction.DOWN, Direction.LEVEL),
        "发布、传达要求下级机关执行和有关单位周知或者执行的事项，批转、转发公文",
    ),
    Kind.CIRCULAR: (
        "通报",
        (Direction.DOWN, Direction.LEVEL),
        "表彰先进、批评错误、传达重要精神和告知重要情况",
    ),
    Kind.REPORT: ("报告", (Direction.UP,), "向上级机关汇报工作、反映情况，回复上级机关的询问"),
    Kind.REQUEST: ("请示", (Direction.UP,), "向上级机关请求指示、批准"),
    Kind.REPLY: ("批复", (Direction.DOWN,), "答复下级机关请示事项"),
    Kind.PROPOSAL: (
        "议案",
        (Direction.LEVEL, Direction.UP),
        "各级人民政府按照法律程序向同级人民代表大会或者人民代表大会常务委员会提请审议事项",
    ),
    Kind.LETTER: (
        "函",
        (Direction.LEVEL,),
        "不相隶属机关之间商洽工作、询问和答复问题、请求批准和答复审批事项",
    ),
    Kind.MINUTES: ("纪要", (Direction.DOWN, Direction.LEVEL), "记载会议主要情况和议定事项"),
}
