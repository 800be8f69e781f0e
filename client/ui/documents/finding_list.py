"""What the check of the rules found in a draft: hard findings block, soft ones warn."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from client.documents.rows import Finding
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.documents.findings import article_words, finding_words
from client.ui.widgets.chip import Chip
from client.ui.widgets.text import Text, TextKind


class FindingList(QWidget):
    """One line a finding: how hard, what, and the article it comes from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Check of the rules"))
        self._findings: tuple[Finding, ...] | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)

    @property
    def hard(self) -> tuple[Finding, ...]:
        return tuple(each for each in self._findings or () if each.hard)

    def set_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show these, hard ones first."""
        if findings == self._findings:
            return
        self._findings = findings
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if not findings:
            self._grid.addWidget(Text(tr("No objection found."), TextKind.DONE, self), 0, 0, 1, 2)
        for row, finding in enumerate(sorted(findings, key=lambda each: not each.hard)):
            self._add(row, finding)

    def _add(self, row: int, finding: Finding) -> None:
        words, tone = (tr("must be corrected"), Tone.SEAL) if finding.hard else (tr("advice"), Tone.WAITING)
        self._grid.addWidget(Chip(words, tone, self, name=tr("Weight")), row, 0, Qt.AlignmentFlag.AlignTop)
        words = finding_words(finding)
        if finding.article:
            words = tr("{finding} ({article})", finding=words, article=article_words(finding.article))
        said = Text(words, TextKind.BODY, self, wrap=True)
        self._grid.addWidget(said, row, 1)
