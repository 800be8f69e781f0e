"""Runs inside a chroot, by the package's own interpreter: opens the client, and does what it is told on standard input.

`picture FILE` grabs the window, `press NAME` gives a field the focus, `text` prints what stands in the field with the focus.
"""

import sys
import threading

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from client.app import start


class Told(QObject):
    line = Signal(str)


def window() -> QWidget:
    return next(each for each in QApplication.topLevelWidgets() if each.isVisible())


def answer(line: str) -> str:
    what, _, rest = line.partition(" ")
    if what == "picture":
        return str(window().grab().save(rest))
    if what == "fields":
        return " ".join(each.accessibleName() or "-" for each in window().findChildren(QLineEdit))
    if what == "press":
        field = [each for each in window().findChildren(QLineEdit) if each.isVisible()][int(rest)]
        field.clear()
        window().activateWindow()
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        return str(field.hasFocus())
    if what == "text":
        field = QApplication.focusWidget()
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText() if isinstance(field, QPlainTextEdit) else ""
    if what == "id":
        return str(int(window().winId()))
    QApplication.exit()
    return ""


def main() -> None:
    application = start(sys.argv[1:])
    told = Told()
    told.line.connect(lambda line: print(answer(line), flush=True), Qt.ConnectionType.QueuedConnection)
    threading.Thread(target=lambda: [told.line.emit(each.rstrip("\n")) for each in sys.stdin], daemon=True).start()
    print("ready", flush=True)
    application.run()


main()
