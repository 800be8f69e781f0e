"""我的设备: which devices are mine, a further one let in, and my keys brought to this one with the recovery code."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from client.directory.rows import DeviceRow, PendingMember, PersonCard, RecoveryRow
from client.documents.rows import SealRow
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.directory.words import standing_words
from client.ui.settings.seal_card import SealCard
from client.ui.settings.section import ButtonRow, Section
from client.ui.settings.services import OwnDevices, Seals
from client.ui.widgets.buttons import DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.chip import Chip
from client.ui.widgets.code_display import CodeDisplay
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import FormRow
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text import Line, Text, TextKind
from protocol.errors import ErrorCode, JinshuError


class OwnDevicesSection(Section):
    """Reads again whenever it is shown and whenever the directory grew."""

    def __init__(
        self,
        own: OwnDevices,
        seals: Seals,
        runner: CoreRunner,
        server: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("My devices"), Icon.DEVICE, parent)
        self._own = own
        self._keeping = seals
        self._runner = runner
        self._recovery_card()
        self._waiting_card, self._waiting = self._list_card(
            tr("A device asks to be yours"),
            tr(
                "Agree only when the device is before you and shows the same check code under Settings, My devices. It will read whatever you can read."
            ),
        )
        self._devices_card, self._devices = self._list_card(tr("Devices that are mine"), "")
        self._seals = SealCard(seals, runner)
        self._seals.asked.connect(self._read_seals)
        self._seals_card = self.add_card(
            tr("Seals I keep"),
            self._seals,
            hint=tr("The key of a seal lies on this computer or in a UKey, and is never copied."),
        )
        self._add_card(server)
        self._seals_card.hide()
        self._recovery.hide()
        self._waiting_card.hide()

    def refresh(self) -> None:
        """Read everything again."""
        Operation(self, self._runner, self._own.me, on_success=self._on_me)
        Operation(self, self._runner, self._own.pending_members, on_success=self._on_waiting)
        Operation(self, self._runner, self._own.recovery, on_success=self._on_recovery)
        self._read_seals()

    def _read_seals(self) -> None:
        Operation(self, self._runner, self._keeping.rows, on_success=self._on_seals)

    # What it is made of

    def _recovery_card(self) -> None:
        self._code = SecretEntry(tr("Recovery code"))
        self._code_row = FormRow(
            tr("Recovery code"),
            self._code,
            hint=tr("The one you wrote down on another device; from now on it opens this computer as well."),
        )
        self._fetch = PrimaryButton(tr("Bring my keys here"))
        self._lost = DangerButton(tr("The code is lost too"))
        self._fetch.clicked.connect(self._on_fetch)
        self._code.submitted.connect(self._on_fetch)
        self._lost.clicked.connect(self._on_lost)
        self._recovery: QFrame = self.add_card(
            tr("Your keys are not on this computer yet"),
            self._code_row,
            ButtonRow(self._fetch, self._lost),
            hint=tr(
                "What was sealed to you before cannot be opened here. Agree on another of your devices, or enter the recovery code."
            ),
        )

    def _list_card(self, title: str, hint: str) -> tuple[QFrame, QVBoxLayout]:
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(12)
        return self.add_card(title, rows, hint=hint), column

    def _add_card(self, server: str) -> None:
        self._add = SecondaryButton(tr("Add a device"), Icon.PLUS)
        self._add.clicked.connect(self._on_add)
        self._steps = QWidget()
        column = QVBoxLayout(self._steps)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        steps = (
            tr("1. Ask the certificate authority's operator for a new invitation in your name."),
            tr(
                "2. Install Jinshu on the new device and open the invitation there; by hand, enter this server address and the code."
            ),
        )
        for step in steps:
            column.addWidget(Text(step, TextKind.BODY, wrap=True))
        address = CodeDisplay(tr("Server address"))
        address.set_code(server)
        column.addWidget(address)
        column.addWidget(
            Text(
                tr(
                    "3. Once it is approved it appears here. Compare the check code, then agree. Or enter your recovery code on the new device."
                ),
                TextKind.BODY,
                wrap=True,
            )
        )
        self._steps.hide()
        self.add_card(tr("A further device"), ButtonRow(self._add), self._steps)

    # What there is

    def _on_me(self, card: PersonCard) -> None:
        _clear(self._devices)
        for device in card.devices:
            self._devices.addWidget(_device(device))

    def _on_waiting(self, members: tuple[PendingMember, ...]) -> None:
        _clear(self._waiting)
        mine = [member for member in members if member.mine]
        before: QWidget = self._lost
        for member in mine:
            asking, agree = self._asking(member)
            self._waiting.addWidget(asking)
            # Tab comes here in the order of the page, though the card was filled last.
            QWidget.setTabOrder(before, agree)
            before = agree
        self._waiting_card.setVisible(bool(mine))

    def _asking(self, member: PendingMember) -> tuple[QWidget, QWidget]:
        """The device that asks, and the button that agrees."""
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Text(member.device_label, TextKind.STRONG, wrap=True))
        column.addWidget(Text(_check_words(member.device_check), TextKind.SECONDARY))
        agree = PrimaryButton(tr("Agree"), Icon.CHECK)
        agree.setAccessibleName(tr("Agree to {device}", device=member.device_label))
        agree.clicked.connect(lambda: self._on_agree(agree, member))
        column.addWidget(ButtonRow(agree))
        return row, agree

    def _on_seals(self, rows: tuple[SealRow, ...]) -> None:
        self._seals.set_rows(rows)
        self._seals_card.setVisible(bool(rows))

    def _on_recovery(self, row: RecoveryRow) -> None:
        self._recovery.setVisible(row.recoverable)
        self._lost.setVisible(row.may_start_anew)

    # What one does

    def _on_add(self) -> None:
        self._steps.setVisible(self._steps.isHidden())

    def _on_agree(self, button: PrimaryButton, member: PendingMember) -> None:
        words = tr(
            "This device becomes one of yours: it can read whatever you can read. Confirm only what you hold in your hands."
        )
        question = ConfirmPopover(button, words, tr("Agree"), danger=False)
        question.confirmed.connect(lambda: self._agreed(member))
        question.open()

    def _agreed(self, member: PendingMember) -> None:
        Operation(
            self,
            self._runner,
            lambda: self._own.confirm(member),
            on_success=lambda _none: self._on_done(tr("The device is yours; it receives your keys.")),
        )

    def _on_fetch(self) -> None:
        self.clear_notice()
        self._code_row.clear_error()
        code = self._code.text()
        if not code or not self._fetch.isEnabled():
            return
        self._fetch.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._own.recover(code),
            on_success=lambda _none: self._on_recovered(),
            on_failure=self._on_failed,
        )
        work.finished.connect(lambda: self._fetch.setEnabled(True))

    def _on_recovered(self) -> None:
        self._code.clear()
        self._on_done(
            tr(
                "Your keys are on this computer. The code shown when this computer was set up is no longer good: destroy it."
            )
        )

    def _on_failed(self, error: BaseException) -> None:
        notice = present(error)
        if isinstance(error, JinshuError) and error.code is ErrorCode.KEYS_WRONG_RECOVERY_CODE:
            self._code_row.set_error(notice.sentence)
        else:
            self.show_notice(notice)

    def _on_lost(self) -> None:
        words = tr(
            "A new key is made for you. What was sealed to you alone until now can never be opened again, on any device."
        )
        question = ConfirmPopover(self._lost, words, tr("Begin with a new key"))
        question.confirmed.connect(self._on_start_anew)
        question.open()

    def _on_start_anew(self) -> None:
        Operation(
            self,
            self._runner,
            self._own.start_anew,
            on_success=lambda _none: self._on_done(tr("You have a new key, made on this computer.")),
        )

    def _on_done(self, words: str) -> None:
        self.show_notice(Notice(words, tone=Tone.DONE))
        self.refresh()


def _check_words(check: str) -> str:
    return tr("Check code {code}", code=check)


def _device(device: DeviceRow) -> QWidget:
    """A device by name, since when and why it is believed, and the code to compare."""
    row = QFrame()
    column = QVBoxLayout(row)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(Line(row))
    name = tr("{device} (this computer)", device=device.label) if device.is_this else device.label
    column.addWidget(Text(name, TextKind.STRONG, row, wrap=True))
    said = tr("Enrolled {time}", time=full_time(device.since))
    column.addWidget(Text(f"{said} · {_check_words(device.check)}", TextKind.SECONDARY, row, wrap=True))
    words = tr("revoked") if device.revoked else standing_words(device.standing)
    doubtful = device.standing == "on_ca_word"
    tone = Tone.SEAL if device.revoked else Tone.WAITING if doubtful else Tone.DONE
    line = QVBoxLayout()
    line.addWidget(Chip(words, tone, row, name=name))
    column.addLayout(line)
    return row


def _clear(column: QVBoxLayout) -> None:
    while (item := column.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()
