"""关于: which version this is, whom it trusts, where its log lies; what a help desk asks for."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from client.directory.rows import PersonCard, TrustRow
from client.ui.base.clipboard import copy_text
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import enumerated, tr
from client.ui.base.moments import full_time
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import chosen_detail, keep_detail, keep_telling_crashes, tells_crashes
from client.ui.settings.section import ButtonRow, Section
from client.ui.settings.self_check_card import SelfCheckCard
from client.ui.settings.services import About, NewerVersions, OwnDevices, SelfChecks
from client.ui.settings.updates import UpdateCard
from client.ui.widgets.buttons import CheckBox, SecondaryButton
from client.ui.widgets.fact_list import FactList

_GROUP = 8  # of the fingerprint's digits


class AboutSection(Section):
    """Nothing here is secret: it may be read out over the telephone.

    Signals: `install_asked` (the user agreed to install the version that is here).
    """

    install_asked = Signal()

    def __init__(
        self,
        about: About,
        own: OwnDevices,
        checks: SelfChecks,
        updates: NewerVersions,
        runner: CoreRunner,
        state: WindowState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("About Jinshu"), Icon.INFO, parent)
        self._about = about
        self._own = own
        self._runner = runner
        self._state = state
        self._facts = FactList()
        self._facts.set(tr("Version"), about.version)
        self._facts.set(tr("System"), about.system)
        self._facts.set(tr("Server"), about.server)
        self._facts.set(tr("Data on this computer"), str(about.profile))
        copy = SecondaryButton(tr("Copy all this"), Icon.COPY)
        copy.clicked.connect(self._on_copy)
        guide = SecondaryButton(tr("User's guide (F1)"), Icon.INFO)
        guide.clicked.connect(about.open_guide)
        self.add_card(tr("This installation"), self._facts, ButtonRow(copy, guide))
        self.updates = UpdateCard(updates, runner)
        self.updates.install_asked.connect(self.install_asked)
        self.add_card(tr("Updates"), self.updates)
        self.add_card(
            tr("Self-test"),
            SelfCheckCard(checks, runner),
            hint=tr("Whether this computer has all that Jinshu needs. Nothing of yours is opened or sent."),
        )
        self._log_card()

    def _log_card(self) -> None:
        open_log = SecondaryButton(tr("Open the log's folder"), Icon.FILE)
        open_log.clicked.connect(self._on_open_log)
        detailed = CheckBox(tr("Write each step down while a fault is looked for"))
        detailed.setAccessibleName(detailed.text())
        detailed.setChecked(chosen_detail(self._state))
        detailed.toggled.connect(self._on_detailed)
        self._crashes = CheckBox(tr("Tell me at the start when Jinshu crashed the time before"))
        self._crashes.setAccessibleName(self._crashes.text())
        self._crashes.setChecked(tells_crashes(self._state))
        self._crashes.toggled.connect(lambda on: keep_telling_crashes(self._state, on=on))
        place = FactList()
        place.set(tr("Folder"), str(self._about.log))
        self.add_card(
            tr("Log"),
            place,
            detailed,
            self._crashes,
            ButtonRow(open_log),
            hint=tr(
                "What failed and when, for whoever helps you. It holds no text of documents or messages, no names, no keys."
            ),
        )

    def refresh(self) -> None:
        """Read again what the directory says."""
        # It may have been said at the bar above the pages.
        self._crashes.setChecked(tells_crashes(self._state))
        Operation(self, self._runner, self._own.me, on_success=self._on_me)
        Operation(self, self._runner, self._own.trust, on_success=self._on_trust)
        self.updates.refresh()

    def _on_me(self, card: PersonCard) -> None:
        self._facts.set(tr("Signed in as"), card.person.name)
        self._facts.set(tr("Posts"), enumerated(card.person.posts))
        here = [device for device in card.devices if device.is_this]
        if here:
            self._facts.set(tr("This device"), f"{here[0].label} · {here[0].check}")

    def _on_trust(self, row: TrustRow) -> None:
        digits = row.root_fingerprint
        groups = [digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP)]
        self._facts.set(tr("Fingerprint of the root"), " ".join(groups))
        head = tr("{count} entries, head of {time}", count=row.log_size, time=full_time(row.head_at))
        self._facts.set(tr("Directory log"), head)

    def _on_copy(self) -> None:
        copy_text(self._facts.text())
        self.show_notice(Notice(tr("Copied."), tone=Tone.DONE))

    def _on_open_log(self) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._about.log))):
            what = tr("The folder could not be opened here.")
            self.show_notice(Notice(what, str(self._about.log), tone=Tone.WAITING))

    def _on_detailed(self, on: bool) -> None:
        keep_detail(self._state, on=on)
        self._about.set_detailed(on)
