"""Changes gathered while one reading is under way."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from client.ui.base.change_batch import ChangeBatch


def gathered(parent: QObject) -> tuple[ChangeBatch, list[frozenset[str] | None]]:
    batch = ChangeBatch(parent)
    asked: list[frozenset[str] | None] = []
    batch.due.connect(asked.append)
    return batch, asked


def test_the_first_change_is_read_at_once_and_the_rest_together(qapp: QApplication) -> None:
    batch, asked = gathered(qapp)
    batch.add(("a",))
    for name in "bcbd":
        batch.add((name,))
    assert asked == [frozenset("a")]
    batch.done()
    assert asked == [frozenset("a"), frozenset("bcd")]
    batch.done()
    assert len(asked) == 2
    batch.add(("a",))
    assert asked[2] == frozenset("a")


def test_everything_covers_what_is_named(qapp: QApplication) -> None:
    batch, asked = gathered(qapp)
    batch.add(("a",))
    batch.add(("b",))
    batch.add()
    batch.add(("c",))
    batch.done()
    batch.done()
    assert asked == [frozenset("a"), None]


def test_nothing_is_nothing_to_read(qapp: QApplication) -> None:
    batch, asked = gathered(qapp)
    batch.add(())
    assert asked == []
