"""Runs inside a chroot, by the package's own interpreter: opens the client, and answers commands on standard input, a line each.

`picture FILE` grabs the window; `chinese` says whether its letters have shapes; `enter` puts the caret into the last field of a
line, emptied; `text` is what stands in the field with the caret; anything else ends it.
"""

import sys
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QTextLayout
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from client.app import start


class Told(QObject):
    line = Signal(str)


def window() -> QWidget:
    return next(each for each in QApplication.topLevelWidgets() if each.isVisible())


def picture(file: str) -> str:
    return str(window().grab().save(file))


def chinese(_: str) -> str:
    layout = QTextLayout("锦书，公文", QApplication.font())
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return str(all(index for run in layout.glyphRuns() for index in run.glyphIndexes()))


def enter(_: str) -> str:
    field = [each for each in window().findChildren(QLineEdit) if each.isVisible()][-1]
    field.clear()
    window().activateWindow()
    field.setFocus(Qt.FocusReason.OtherFocusReason)
    return str(int(window().winId()))


def text(_: str) -> str:
    field = QApplication.focusWidget()
    return field.text() if isinstance(field, QLineEdit) else ""


COMMANDS: dict[str, Callable[[str], str]] = {
    "picture": picture,
    "chinese": chinese,
    "enter": enter,
    "text": text,
}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def obey(line: str) -> None:
    name, _, rest = line.partition(" ")
    if name in COMMANDS:
        say(COMMANDS[name](rest))
    else:
        QGuiApplication.exit()


def read(told: Told) -> None:
    for line in sys.stdin:
        told.line.emit(line.rstrip("\n"))


def main() -> None:
    application = start(sys.argv[1:])
    told = Told()
    told.line.connect(obey, Qt.ConnectionType.QueuedConnection)
    threading.Thread(target=read, args=(told,), daemon=True).start()
    say("ready")
    application.run()


main()
