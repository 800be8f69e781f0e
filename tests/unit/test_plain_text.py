"""Text as people type it: headings get their level; what 整理 would put right has its place and its rule, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.documents.corrections import CorrectionRule, corrected, corrections
from protocol.documents.headings import levels
from protocol.documents.model import Level
from protocol.documents.parts import Part, parts
from protocol.documents.plain_text import blocks, level_of, parse

typed = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "一二三十、（）()[]〔〕《》<>1234.．,，;:：?!\"'“”‘’…—～ \n年月日号级aＡ２㈠⑴⒈。附件"
        ),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
        st.characters(codec="utf-8"),
    ),
    max_size=80,
)


# A number and the next thing one may count: none of these is a heading by itself.
ENUMERATIONS = (
    "三、五年规划编制工作已启动。",
    "一、五天内完成整改。",
    "三、五个工作日内办结。",
    "一、二把手负责。",
    "一、二位同志",
    "五、六岁儿童",
    "三、五公里",
    "八、九成",
    "二、三十人参加。",
    "一、二中学",
    "一、二者兼顾",
    "一、两名同志",
    "一、两个部门会签。",
    "七、八十岁老人",
    "九、十点",
    "十、十一月份",
    "十一、十二两月",
    "三、四百米",
)


def put_right(text: str) -> str:
    return corrected(text, corrections(text))


@given(typed)
def test_each_correction_says_what_stands_where_and_none_overlaps(text: str) -> None:
    end = 0
    for each in corrections(text):
        assert each.start >= end
        assert text[each.start : each.end] == each.before != each.after
        end = each.end


@given(typed)
def test_a_corrected_text_has_nothing_left_to_correct(text: str) -> None:
    assert corrections(put_right(text)) == ()


@pytest.mark.parametrize("line", ["⑴3：号。。.", '“甲,"', '甲“,"乙', "甲.”.", "（甲）.)", "一.(一）甲,"])
def test_what_one_correction_bares_is_put_right_with_it(line: str) -> None:
    assert corrections(put_right(line)) == ()


# Of marks, with which one correction decides about the next.
marks = st.text(alphabet="甲乙号一1２a，,。.．：:；;？!\"'“”‘’()（）[2020]《》〈〉<>⑴… \n", max_size=40)


@settings(max_examples=300)
@given(marks)
def test_a_text_of_marks_has_nothing_left_either(text: str) -> None:
    assert corrections(put_right(text)) == ()


@given(typed, st.data())
def test_only_what_is_ticked_changes(text: str, data: st.DataObject) -> None:
    found = corrections(text)
    chosen = [each for each in found if data.draw(st.booleans())]
    undone = corrected(text, chosen)
    for each in reversed(chosen):  # undo by hand, from the end
        start = each.start + sum(len(c.after) - len(c.before) for c in chosen if c.start < each.start)
        undone = undone[:start] + each.before + undone[start + len(each.after) :]
    assert undone == text


@given(typed)
def test_parts_lie_in_the_text_one_after_the_other(text: str) -> None:
    end = 0
    for found in parts(text):
        assert end <= found.first < found.end <= len(text.split("\n"))
        end = found.end


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("一、总体要求", Level.FIRST),
        ("十二、附则", Level.FIRST),
        ("一、二〇二六年工作安排", Level.FIRST),
        ("二、三农工作", Level.FIRST),
        ("三、一季度工作情况", Level.FIRST),
        ("（一）加强领导", Level.SECOND),
        ("(一)组织领导", Level.SECOND),
        ("㈠组织领导", Level.SECOND),
        ("（一）项目建设", Level.SECOND),
        ("1.摸清底数", Level.THIRD),
        ("1．摸清底数", Level.THIRD),
        ("１．摸清底数", Level.THIRD),
        ("⒈加强值守", Level.THIRD),
        ("（1）建立台账", Level.FOURTH),
        ("(1)建立台账", Level.FOURTH),
        ("⑴加强值守", Level.FOURTH),
        ("一、二级公路由市交通局负责养护。", Level.PARAGRAPH),
        ("三、四季度各召开一次调度会。", Level.PARAGRAPH),
        ("一、二、三产业融合发展。", Level.PARAGRAPH),
        ("五、六月份为集中整治期。", Level.PARAGRAPH),
        *((line, Level.PARAGRAPH) for line in ENUMERATIONS),
        ("一、十四五规划实施情况", Level.FIRST),
        ("一、一二三产业融合发展", Level.FIRST),
        ("一、千方百计稳就业", Level.FIRST),
        ("三、两手抓", Level.FIRST),
        ("六、五年规划编制", Level.FIRST),
        ("十、十大工程", Level.FIRST),
        ("（一）、（二）项规定的情形", Level.PARAGRAPH),
        ("（一）至（三）项", Level.PARAGRAPH),
        ("1.5亿元专项资金", Level.PARAGRAPH),
        ("2026年工作", Level.PARAGRAPH),
        ("一是加强领导", Level.PARAGRAPH),
    ],
)
def test_a_line_as_typed_has_the_level_of_its_number(line: str, level: Level) -> None:
    assert level_of(line) is level
    assert blocks(line)[0].text == line, "nothing changes that nobody asked to change"


def test_a_number_in_its_turn_is_a_heading_though_it_looks_like_an_enumeration() -> None:
    assert levels(["一、上半年工作", "二、三季度工作安排", "三、四季度工作安排"]) == (Level.FIRST,) * 3
    assert levels(["一、二级公路", "二、三级公路"])[1] is Level.PARAGRAPH
    assert levels(["二、落实责任", "三、四季度各召开一次调度会。"])[1] is Level.PARAGRAPH


@pytest.mark.parametrize("line", ENUMERATIONS)
def test_its_neighbours_decide_whether_a_count_is_a_heading(line: str) -> None:
    """Of no count anything is said by the line alone; the same line in its turn is a heading."""
    numerals = "〇一二三四五六七八九十"
    first = line.partition("、")[0]
    number = 11 if first == "十一" else numerals.index(first)
    names = [*numerals, "十一", "十二"]
    before = [f"{names[n]}、总体要求" for n in range(1, number)]
    after = f"{names[number + 1]}、保障措施"
    assert levels([*before, line, after])[-2:] == (Level.FIRST, Level.FIRST)
    assert levels(["现就有关工作通知如下：", line, "请照办。"])[1] is Level.PARAGRAPH
    assert corrections(line) == ()


@pytest.mark.parametrize(
    ("line", "printed", "level"),
    [
        ("一.加强值守", "一、加强值守", Level.FIRST),
        ("(一)加强领导", "（一）加强领导", Level.SECOND),
        ("㈠组织领导", "（一）组织领导", Level.SECOND),
        ("（二）、组织领导", "（二）组织领导", Level.SECOND),
        ("1、摸清底数", "1.摸清底数", Level.THIRD),
        ("1．摸清底数", "1.摸清底数", Level.THIRD),
        ("⒈加强值守", "1.加强值守", Level.THIRD),
        ("⒉100万元以下项目", "2. 100万元以下项目", Level.THIRD),
        ("(1)建立台账", "（1）建立台账", Level.FOURTH),
        ("⑴加强值守", "（1）加强值守", Level.FOURTH),
    ],
)
def test_heading_numbers_are_written_as_the_standard_has_them(line: str, printed: str, level: Level) -> None:
    (correction,) = corrections(line)
    assert correction.rule is CorrectionRule.HEADING
    assert put_right(line) == printed
    assert level_of(printed) is level


@pytest.mark.parametrize(
    "line",
    [
        "3、4月份为集中整治期。",
        "2、100万元以下项目由区级审批。",
        "一、二级公路由市交通局负责养护。",
        "（一）、（二）项规定的情形。",
        "一.五倍",
        "1.5亿元",
    ],
)
def test_an_enumeration_is_left_alone_and_nothing_becomes_a_decimal(line: str) -> None:
    assert corrections(line) == ()


def test_a_number_in_its_turn_gets_a_gap_before_a_figure() -> None:
    typed_lines = "1、加强领导\n2、100万元以下项目由区级审批。\n3、其他事项"
    assert put_right(typed_lines) == "1.加强领导\n2. 100万元以下项目由区级审批。\n3.其他事项"
    assert [block.level for block in blocks(put_right(typed_lines))] == [Level.THIRD] * 3


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("各县,各部门:请照办;不得延误!", "各县，各部门：请照办；不得延误！"),
        ("含(市、区)三级", "含（市、区）三级"),
        ("含（市、区)三级", "含（市、区）三级"),
        ("文号1674-1145(2016)06,时间12:30", "文号1674-1145(2016)06，时间12:30"),
        ("共1,234.5万元", "共1,234.5万元"),
        ("比分为3:2", "比分为3:2"),
        ("等等......", "等等……"),
        ("等等。。。", "等等……"),
        ("网址example.gov.cn不变", "网址example.gov.cn不变"),
        ("参见http://a.gov.cn/x?b=1,请下载", "参见http://a.gov.cn/x?b=1，请下载"),
        ("来函请寄a.b@gov.cn", "来函请寄a.b@gov.cn"),
        ("依据中办发[2012]14号和国发(2016)8号", "依据中办发〔2012〕14号和国发〔2016〕8号"),
        ("印发《<政府工作报告>任务分解表》", "印发《〈政府工作报告〉任务分解表》"),
        ("转发《关于印发《方案》的通知》", "转发《关于印发〈方案〉的通知》"),
        ("温度<5度，湿度>3度", "温度<5度，湿度>3度"),
        ("２０２６年，３．５万元", "2026年，3.5万元"),
        ("１，０００元", "1,000元"),
        ("补助１２，３４５．６万元，共１０，０００，０００", "补助12,345.6万元，共10,000,000"),
        ("第１，２，３组", "第1，2，3组"),
        ("编号为１，２００，３００的井", "编号为1，200，300的井"),
        ("财建[2020]5号、法释(2020)17号", "财建〔2020〕5号、法释〔2020〕17号"),
        ("转发《关于印发<方案>的通知》", "转发《关于印发〈方案〉的通知》"),
    ],
)
def test_punctuation_follows_the_standards(line: str, printed: str) -> None:
    assert put_right(line) == printed


@pytest.mark.parametrize(
    "line",
    [
        "当a<b且c>d的情况",
        "当x<10且y>3时",
        "1.5<系数>2",
        "按<回车>键",
        "甲<乙且丙>丁",
        "若《标准》要求x<限值且y>3，从其规定",
        "《x<限值>3的规定》",
        "《甲方<A级>标准》",
        "《关于印发《方案的通知》",
        "参见文献[2012]3号楼",
        "参见文献[2012]3号",
        "图[2020]12号",
        "国发[2020]3号线",
        "东区[2019]2号楼",
        "由ABC Co., Ltd.",
        "见附件report.docx.",
        "网址为example.gov.cn.",
        "来函请寄a.b@gov.cn.",
        "下载http://a.gov.cn/x.",
        "选项A.同意B.不同意",
        "访问jinshu.中国",
        "他来自U.S.",
        "等等。。.",
    ],
)
def test_what_may_mean_something_else_stays(line: str) -> None:
    """With every tick set: what it would mean afterwards is another thing."""
    assert put_right(line) == line


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("面积1200m².", "面积1200m²。"),
        ("限速40km/h.", "限速40km/h。"),
        ("采用WPS.", "采用WPS。"),
        ("见GB/T 9704.", "见GB/T 9704。"),
        ("版本为V2.0.", "版本为V2.0。"),
        ("气温30°.", "气温30°。"),
        ("称为“WPS”.", "称为“WPS”。"),
        ("共计50kg.其余另行安排", "共计50kg。其余另行安排"),
        ("已装WPS.其余未装", "已装WPS。其余未装"),
        ("到此为止.", "到此为止。"),
        ("增长5%.其中", "增长5%。其中"),
        ("说:“请照办.”", "说：“请照办。”"),
        ("工作已完成.2026年继续", "工作已完成。2026年继续"),
        ("电话为010-12345678.", "电话为010-12345678。"),
        ("共分为3类,见GDP;", "共分为3类，见GDP；"),
        ("各单位｡", "各单位。"),
        ("第3.2条不变", "第3.2条不变"),
        ("ABC Co., Ltd.", "ABC Co., Ltd."),
    ],
)
def test_no_stop_of_half_width_is_left_in_chinese(line: str, printed: str) -> None:
    assert put_right(line) == printed


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ('称为“十三五"规划', "称为“十三五”规划"),
        ('要"守土有责"。', "要“守土有责”。"),
        ('"OK"级和"示范"区', "“OK”级和“示范”区"),
        ("“甲“和“乙“两类", "“甲”和“乙”两类"),
        ("”甲“类", "“甲”类"),
        ('他说"甲', '他说"甲'),
        ('屏幕为12"显示器', '屏幕为12"显示器'),
        ("他说“甲‘乙’丙”", "他说“甲‘乙’丙”"),
        ("it's好", "it's好"),
    ],
)
def test_quotation_marks_are_paired_or_left_alone(line: str, printed: str) -> None:
    assert put_right(line) == printed


def test_indents_and_empty_lines_are_the_typesetter_s() -> None:
    assert put_right("\n　　各区。 \n\n  请照办。\n\n") == "各区。\n请照办。"


WHOLE = """云江市人民政府
关于做好冬季公路养护的通知

各县(市、区)人民政府，市财政局、市交通运输局：
　　为做好养护工作，现通知如下：
一、落实责任
1.各单位要明确责任人。
附件：1.任务分解表
      2.联系人名单

云江市人民政府
2026年11月18日
（此件公开发布）"""


def test_the_parts_of_a_whole_document_are_found() -> None:
    assert [(found.part, found.values) for found in parts(WHOLE)] == [
        (Part.TITLE, ("云江市人民政府关于做好冬季公路养护的通知",)),
        (Part.MAIN_RECIPIENTS, ("各县(市、区)人民政府", "市财政局", "市交通运输局")),
        (Part.ATTACHMENTS, ("任务分解表", "联系人名单")),
        (Part.SIGNATURE, ("云江市人民政府",)),
        (Part.DATE, ("2026年11月18日",)),
        (Part.NOTE, ("此件公开发布",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n　\n",
        "现将有关事项通知如下：\n请照办。",
        "各单位要做到：\n一、落实责任",
        "一、要求\n正文。",
        "东湖泵站 2025 100",
        "会议定于\n2026年11月18日召开。",
    ],
)
def test_what_only_looks_like_a_part_is_body(text: str) -> None:
    assert [found for found in parts(text) if found.certain and found.part is not Part.MAIN_RECIPIENTS] == []


def test_a_short_first_line_may_be_a_title_and_is_not_certain() -> None:
    (found,) = parts("项目一览\n东湖泵站 2025 100")
    assert (found.part, found.certain) == (Part.TITLE, False)


def test_title_and_blocks_are_what_all_corrections_make() -> None:
    result = parse("\n  关于做好防汛工作的通知  \n\n请照办.\n一.要求\n")
    assert result.title == "关于做好防汛工作的通知"
    assert [(block.level, block.text) for block in result.blocks] == [
        (Level.PARAGRAPH, "请照办。"),
        (Level.FIRST, "一、要求"),
    ]


@pytest.mark.parametrize("first", ["一、要求", "各区：", "这是一句话。", "长" * 81])
def test_a_heading_or_a_sentence_is_no_title(first: str) -> None:
    result = parse(first + "\n正文。")
    assert result.title == ""
    assert result.blocks[0].text == first


@pytest.mark.parametrize(
    "piece", [".", "a", "(", "<甲", "各县,", '"甲"', "一、二级公路\n", "附件：\n", "a://", "甲@"]
)
def test_a_line_as_long_as_a_document_is_read_too(piece: str) -> None:
    """Whatever is looked for at each place is looked for near it: else these took minutes."""
    text = piece * 20_000
    assert len(parse(text).text) == len(text)


def test_empty_text_is_an_empty_document() -> None:
    assert parse(" \n \n").blocks == parse("").blocks == ()
