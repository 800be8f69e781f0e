"""The story's document: a 通知 from draft to receipt through the pages of three clients, with one 退回 on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typst

from protocol.documents.corrections import corrections
from tests.end_to_end.officials import CLERK, FINANCE, LEADER
from tests.end_to_end.processes import ROOT, Client, StoryError, environment
from tests.end_to_end.report import Report
from tests.support.blind_search import Needle, text_needle

_BODY: Final = """为切实做好汛期值守工作，保障城市安全运行，现将有关事项通知如下。
一、加强值班值守
各单位要严格落实二十四小时值班和领导带班制度，遇有险情立即处置。
二、备足抢险物资
（一）编织袋、抽水泵等物资要提前清点到位。
（二）抢险队伍要保持通信畅通，随时待命。
三、及时报送信息
重要情况要在三十分钟内电话报告、一小时内书面报告。"""
_RETURN_REASON: Final = "第二部分缺少联系人，请补充后再报"
_CONSULT_OPINION: Final = "经费已列入本年度预算，无不同意见"
_SIGN_OPINION: Final = "同意印发，请各单位抓好落实"
_REMARK: Final = "已收悉，即转各科室办理"
_HAN_RUNS: Final = re.compile("[\u4e00-\u9fff]+")
_PICTURE: Final = "值守点位图.png"


@dataclass(frozen=True, slots=True)
class Paper:
    """What the demo's document says."""

    title: str
    body: str
    files: tuple[Path, ...]

    @property
    def sample(self) -> str:
        """The longest run of the body without punctuation: tidying the text leaves it as it is."""
        runs: list[str] = _HAN_RUNS.findall(self.body)
        return max(runs, key=len)[:40]

    def needles(self) -> list[Needle]:
        """Everything the users wrote, for the search of the server."""
        words = [self.title, self.sample, _RETURN_REASON, _CONSULT_OPINION, _SIGN_OPINION, _REMARK]
        return [text_needle(text) for text in (*words, *(path.stem for path in self.files))]


def make_paper(folder: Path, nonce: str) -> Paper:
    """The demo's own 通知, or with `DEMO_DOCUMENT` a body from outside; the word goes into title and attachment."""
    folder.mkdir(parents=True, exist_ok=True)
    source = os.environ.get("DEMO_DOCUMENT")
    body = Path(source).read_text(encoding="utf-8") if source else _BODY
    files = (folder / f"值守安排{nonce}.pdf", folder / _PICTURE)
    text = folder / "attachment.typ"
    text.write_text(f"= 值守安排\n\n{nonce} 第一组：东城片区。第二组：西城片区。\n", encoding="utf-8")
    for path in files:
        path.write_bytes(_rendered(text, path.suffix[1:]))
    text.unlink()
    return Paper(f"关于做好{nonce}汛期值守工作的通知", body, files)


def _rendered(source: Path, kind: str) -> bytes:
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(ROOT / "resources" / "fonts")])
    made = typst.compile(str(source), format="png" if kind == "png" else "pdf", font_paths=fonts)
    if not isinstance(made, bytes):
        raise StoryError("the attachment has more than one page")
    return made


class Circulation:
    """Moves one document; `clients` are the open clients by the official's key, `shoot` takes screenshots."""

    def __init__(self, paper: Paper, clients: dict[str, Client], report: Report, folder: Path) -> None:
        self._paper = paper
        self._clerk, self._leader = clients[CLERK.key], clients[LEADER.key]
        self._finance = clients[FINANCE.key]
        self._report = report
        self._folder = folder

    def run(self) -> None:
        """From draft to receipt."""
        self._draft()
        self._return_and_revise()
        self._review_and_consult()
        self._sign_off()
        self._issue()
        self._receive()
        self._verify()

    def _shoot(self, page: str, client: Client) -> None:
        path = self._folder / "screenshots" / f"{page}.png"
        client.do("screenshot", path=str(path))
        self._report.facts["screenshots"][page] = self._report.relative(path)

    def _open(self, client: Client, box: str) -> None:
        client.do("click", "公文")
        client.do("click_row", "箱", text=box)
        client.do("click_row", "公文列表", text=self._paper.title)
        client.do("seen", text=self._paper.title)

    def _draft(self) -> None:
        clerk, paper = self._clerk, self._paper
        with self._report.step("拟稿：要素、正文、附件，送核稿"):
            clerk.do("click", "公文")
            clerk.do("click", "拟稿")
            clerk.do("type", "标题", text=paper.title)
            clerk.do("click_row", "主送机关", text="财政局", check=True)
            clerk.do("click_row", "抄送机关", text="应急管理局", check=True)
            clerk.do("paste", "正文", text=paper.body)
            clerk.do("click", "整理")
            answer = "采纳所选" if corrections(paper.body) else "保持原样"
            clerk.do("click", answer)
            clerk.do("gone", answer)
            clerk.do("choose", "紧急程度", text="加急")
            clerk.do("drop", "附件", paths=[str(path) for path in paper.files])
            clerk.do("click_row", "附件", text=_PICTURE)
            clerk.do("type", "附注", text="此件依申请公开")
            clerk.do("choose", "核稿人", text="办公室主任")
            clerk.do("enabled", "送核稿")
            clerk.do("seen", text="已保存")
            clerk.do("pictured", "正文预览")
            clerk.do("click", "标题")
            self._shoot("compose", clerk)
            clerk.do("click", "送核稿")
            clerk.do("gone", "送核稿")

    def _return_and_revise(self) -> None:
        leader, clerk = self._leader, self._clerk
        with self._report.step("核稿：退回一次，补充后再送"):
            self._open(leader, "待办")
            leader.do("click", "退回")
            leader.do("type", "退回理由", text=_RETURN_REASON)
            leader.do("click", "确认退回")
            leader.do("gone", "核稿通过")
            self._open(clerk, "待办")
            clerk.do("row", "流转", text=_RETURN_REASON)
            clerk.do("click", "修改")
            clerk.do("type", "附注", text="此件依申请公开，联系人：值班室")
            clerk.do("choose", "核稿人", text="办公室主任")
            clerk.do("click", "送核稿")
            clerk.do("gone", "送核稿")

    def _review_and_consult(self) -> None:
        leader, finance = self._leader, self._finance
        with self._report.step("核稿通过，会签财政局"):
            self._open(leader, "待办")
            leader.do("click_row", "会签单位", text="财政局", check=True)
            leader.do("click", "核稿通过")
            leader.do("gone", "核稿通过")
            self._open(finance, "待办")
            finance.do("choose", "会签意见", text="同意")
            finance.do("type", "意见", text=_CONSULT_OPINION)
            finance.do("pictured", "正文预览")
            self._shoot("consultation", finance)
            finance.do("click", "会签答复")
            finance.do("gone", "会签答复")

    def _sign_off(self) -> None:
        leader = self._leader
        with self._report.step("审核、签发、复核"):
            self._open(leader, "待办")
            leader.do("click", "审核通过")
            leader.do("click", "签发")
            leader.do("click", "取消")
            leader.do("type", "意见", text=_SIGN_OPINION)
            leader.do("pictured", "正文预览")
            self._shoot("signing", leader)
            leader.do("click", "签发")
            leader.do("click", "确认")
            leader.do("click", "复核通过")
            leader.do("gone", "复核通过")

    def _issue(self) -> None:
        clerk = self._clerk
        with self._report.step("编号、用印、分发"):
            self._open(clerk, "待办")
            clerk.do("click", "编号")
            clerk.do("click", "用印")
            clerk.do("click", "确认")
            clerk.do("click", "分发")
            clerk.do("pictured", "正文预览")
            self._shoot("document", clerk)
            clerk.do("click", "分发")
            clerk.do("click", "确认")
            clerk.do("gone", "分发")

    def _receive(self) -> None:
        clerk, finance = self._clerk, self._finance
        out = self._folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        with self._report.step("财政局签收、登记，发文方看见回执"):
            self._open(finance, "待签收")
            finance.do("seen", text="签名有效")
            finance.do("type", "意见", text=_REMARK)
            finance.do("pictured", "正文预览")
            self._shoot("incoming", finance)
            finance.do("click", "签收")
            finance.do("click", "确认")
            finance.do("click", "登记")
            finance.do("gone", "登记")
            finance.do("save_file", "另存 PDF", path=str(out / "issued.pdf"))
            self._open(clerk, "已发")
            clerk.do("row", "签收情况", text="已登记")
            self._shoot("receipts", clerk)
            shown = str(clerk.do("row", "签收情况", text="财政局"))
            self._report.facts["receipt"] = {"recipient": FINANCE.name, "shown": shown}

    def _verify(self) -> None:
        """jinshu-verify in an empty folder, with the file and the root alone."""
        with self._report.step("jinshu-verify：只凭文件与根证书"):
            issued = self._folder / "out" / "issued.pdf"
            empty = self._folder / "verify"
            shutil.rmtree(empty, ignore_errors=True)
            empty.mkdir()
            shutil.copy(issued, empty)
            shutil.copy(self._folder / "server" / "tls" / "root.pem", empty)
            done = subprocess.run(
                [sys.executable, "-m", "client.verify", "issued.pdf", "--root", "root.pem", "--json"],
                cwd=empty,
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise StoryError(f"jinshu-verify refused: {done.stdout}{done.stderr}")
            facts = json.loads(done.stdout)
        if self._paper.title != facts["title"]:
            raise StoryError(f"another document came out: {facts['title']}")
        self._report.facts["document"] = {
            "pdf": self._report.relative(issued),
            "title": facts["title"],
            "body_sample": self._paper.sample,
            "number": facts["number"],
            "seal_signer": facts["sealed"]["seal"],
            "issued_by": facts["issuer"]["name"],
            "verify": facts,
        }
