"""整理 of the draft on the page: asked for at any time, or when a long text was pasted; one Ctrl+Z takes it back."""

from __future__ import annotations

from PySide6.QtCore import QObject

from client.documents.rows import DraftForm, Suggestion
from client.documents.tidying import tidied
from client.ui.base.operation import CoreRunner, Operation
from client.ui.documents.compose_fields import ComposeFields
from client.ui.documents.joint_undo import JointUndo
from client.ui.documents.services import Drafting
from client.ui.documents.tall import bring_into_view
from client.ui.documents.tidy_panel import TidyPanel
from protocol.documents.parts import Part


class Tidying(QObject):
    """What is proposed goes when the body is another than it was proposed for."""

    def __init__(self, drafting: Drafting, runner: CoreRunner, fields: ComposeFields) -> None:
        super().__init__(fields)
        self._drafting = drafting
        self._runner = runner
        self._fields = fields
        self._draft = ""
        self._form: DraftForm | None = None  # what is proposed was proposed for
        self.panel = TidyPanel(fields)
        self.panel.taken.connect(self._on_taken)
        self.panel.left.connect(self.close)
        self._undo = JointUndo(fields.body, fields.form, fields.put_beside_body)
        fields.put_above_body(self.panel)
        fields.changed.connect(self._on_changed)
        fields.body.text_pasted.connect(lambda: self._ask(quietly=True))

    def take(self, draft: str) -> None:
        """Tidy up this draft from now on."""
        self._draft = draft
        self._undo.forget()
        self.close()

    def run(self) -> None:
        """Propose, or say that there is nothing to propose."""
        self._ask(quietly=False)

    def close(self) -> None:
        self._form = None
        self.panel.hide()

    def _ask(self, *, quietly: bool) -> None:
        if not self._draft:
            return
        draft, form = self._draft, self._fields.form()
        Operation(
            self,
            self._runner,
            lambda: self._drafting.tidy(draft, form),
            on_success=lambda found: self._show(draft, form, found, quietly=quietly),
        )

    def _show(self, draft: str, form: DraftForm, found: tuple[Suggestion, ...], *, quietly: bool) -> None:
        # Typing may have gone on while the text was read: then it is another text.
        if draft != self._draft or form.body_text != self._fields.body.toPlainText():
            return
        if quietly and not found:
            return
        self._form = form
        self.panel.show_suggestions(found, form.body_text)
        if not quietly:
            bring_into_view(self.panel)

    def _on_changed(self) -> None:
        if self._form is not None and self._fields.body.toPlainText() != self._form.body_text:
            self.close()

    def _on_taken(self, chosen: tuple[Suggestion, ...]) -> None:
        if self._form is None:
            return
        text = self._form.body_text
        before = self._fields.form()
        self.close()
        for each in chosen:
            self._fill(each)
        self._fields.body.replace_all(tidied(text, chosen))
        self._undo.record(before)
        self._fields.body.setFocus()

    def _fill(self, suggestion: Suggestion) -> None:
        """What has a field of its own goes there; names, dates and attachments are printed by themselves."""
        if suggestion.reason is Part.TITLE:
            self._fields.put_title(suggestion.values[0])
        elif suggestion.reason is Part.NOTE:
            self._fields.put_note(suggestion.values[0])
        elif suggestion.reason is Part.MAIN_RECIPIENTS:
            self._fields.add_main_recipients(suggestion.values)
