"""Breaks a title into centred lines (7.3.1): whole phrases, a trapezoid or diamond, never an hourglass."""

from __future__ import annotations

from collections import Counter
from functools import cache

# Lines of 2号 characters that fit 156 mm.
_WIDEST = 20.0
_NEVER_FIRST = "，。、；：？！）》〉」』】〕”’…—的和与及等了"
_NEVER_LAST = "（《〈「『【〔“‘、和与及对将为把被在第"
_PAIRS = {"《": "》", "（": "）", "“": "”", "〔": "〕"}
# Words that titles are made of; a line never ends inside one if it can be helped.
_WORDS = (
    "关于", "进一步", "印发", "转发", "批转", "做好", "加强", "开展", "落实", "推进", "推动", "促进", "规范", "建立", "健全", "完善",
    "调整", "成立", "召开", "举办", "公布", "发布", "通知", "通报", "通告", "公告", "意见", "决定", "方案", "办法", "规定", "规划", "计划",
    "细则", "条例", "制度", "机制", "体系", "工作", "管理", "建设", "实施", "行动", "专项", "整治", "人民政府", "办公室", "办公厅", "委员会",
    "领导小组", "指挥部", "自然资源", "发展改革", "财政局", "公安局", "教育局", "规划局", "应急管理", "生态环境", "住房", "城乡", "安全", "生产",
    "防汛", "抗旱", "防治", "内涝", "城市", "农村", "乡村", "振兴", "经济", "社会", "改革", "服务", "企业", "项目", "投资", "信息化",
    "电子政务", "数字", "数据", "网络", "重点", "任务", "分工", "责任", "清单", "目标", "考核", "年度", "三年", "总体", "综合", "全面",
    "深入", "有关", "事项", "若干", "问题", "情况", "报告", "请示", "建议", "试行", "暂行", "高质量", "发展", "保障", "监督", "检查",
    "评价", "预算", "资金", "项目", "公共", "资源", "交易", "土地", "耕地", "保护", "利用", "审批", "行政", "执法", "政务", "公开",
)  # fmt: skip
_OPENERS = ("关于", "印发", "转发", "批转")


def break_title(title: str, body: str = "") -> tuple[str, ...]:
    """Lines of the title; `body` is read for words that the title shares with it."""
    if _width(title) <= _WIDEST:
        return (title,)
    costs = _break_costs(title, body)
    fewest = int(-(-_width(title) // _WIDEST))
    best: tuple[float, tuple[str, ...]] | None = None
    for count in (fewest, fewest + 1):
        found = _best(title, costs, count)
        if found and (best is None or found[0] + 6 * (count - fewest) < best[0]):
            best = (found[0] + 6 * (count - fewest), found[1])
    return best[1] if best else _filled(title)


def _width(text: str) -> float:
    return sum(1.0 if ord(char) > 0x2000 else 0.55 for char in text)


def _break_costs(title: str, body: str) -> list[float]:
    """What a break before each character costs."""
    text = f"{body}\n{title}"
    pairs = Counter(text[i : i + 2] for i in range(len(text) - 1))
    costs = [0.0] * (len(title) + 1)
    for at in range(1, len(title)):
        before, after = title[at - 1], title[at]
        cost = min(12.0, 4.0 * (pairs[before + after] - 1))
        if after in _NEVER_FIRST or before in _NEVER_LAST:
            cost += 60.0
        if (before.isascii() and after.isascii()) or after in "年月日号" or before.isdigit():
            cost += 40.0
        costs[at] = cost
    for word in _WORDS:
        start = title.find(word)
        while start >= 0:
            for inside in range(start + 1, start + len(word)):
                costs[inside] += 30.0
            start = title.find(word, start + 1)
    _cost_of_pairs(title, costs)
    for opener in _OPENERS:
        if (start := title.find(opener)) >= 0:
            costs[start + len(opener)] += 15.0
    return costs


def _cost_of_pairs(title: str, costs: list[float]) -> None:
    for opening, closing in _PAIRS.items():
        start = title.find(opening)
        end = title.find(closing, start + 1)
        if 0 <= start < end and _width(title[start : end + 1]) <= _WIDEST:
            for inside in range(start + 1, end + 1):
                costs[inside] += 18.0


def _best(title: str, costs: list[float], count: int) -> tuple[float, tuple[str, ...]] | None:
    even = _width(title) / count

    @cache
    def search(at: int, left: int, falling: bool, last: float) -> tuple[float, tuple[str, ...]] | None:
        """The cheapest rest from `at` in `left` lines; once lines fall in width they never rise again."""
        if left == 0:
            return (0.0, ()) if at == len(title) else None
        found: tuple[float, tuple[str, ...]] | None = None
        for end in range(at + 1, len(title) + 1):
            width = _width(title[at:end])
            if width > _WIDEST:
                break
            if falling and width > last:
                continue
            rest = search(end, left - 1, falling or (last > 0 and width < last), width)
            if rest is None:
                continue
            # Lines of one length make a block, not a trapezoid.
            same = 3.0 if last and abs(width - last) < 0.3 else 0.0
            cost = rest[0] + (0.0 if end == len(title) else costs[end]) + (width - even) ** 2 * 0.6 + same
            if found is None or cost < found[0]:
                found = (cost, (title[at:end], *rest[1]))
        return found

    return search(0, count, False, 0.0)


def _filled(title: str) -> tuple[str, ...]:
    """Lines simply filled, for a text that allows no shape."""
    lines = [""]
    for char in title:
        if _width(lines[-1] + char) > _WIDEST:
            lines.append("")
        lines[-1] += char
    return tuple(lines)
