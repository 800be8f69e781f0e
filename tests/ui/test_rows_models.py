"""Models over frozen rows: Qt's own model tester is content, and single changes are told as single changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from client.ui.base.rows import Mark, RowContent, RowRole, RowsModel
from client.ui.base.tree import TreeRowsModel


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    title: str
    above: str | None = None


ROWS = (Row("a", "甲"), Row("b", "乙", "a"), Row("c", "丙", "a"), Row("d", "丁", "c"))


def _list_model(rows: tuple[Row, ...] = ROWS, *, checkable: bool = False) -> RowsModel[Row]:
    return RowsModel(
        None, key=lambda r: r.id, content=lambda r: RowContent(r.title), rows=rows, checkable=checkable
    )


def _tree_model(rows: tuple[Row, ...] = ROWS) -> TreeRowsModel[Row]:
    return TreeRowsModel(
        None,
        key=lambda r: r.id,
        parent_key=lambda r: r.above,
        content=lambda r: RowContent(r.title),
        rows=rows,
    )


@pytest.mark.parametrize("checkable", [False, True])
def test_the_list_model_is_well_formed(qtmodeltester: ModelTester, checkable: bool) -> None:
    qtmodeltester.check(_list_model(checkable=checkable))  # type: ignore[no-untyped-call]  # pytest-qt has no types for it


def test_the_tree_model_is_well_formed(qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(_tree_model())  # type: ignore[no-untyped-call]  # pytest-qt has no types for it


@pytest.mark.parametrize("order", ["dcba", "bd", "", "abcd", "xaybzcd", "cab"])
def test_rows_become_exactly_those_asked_for(qtmodeltester: ModelTester, order: str) -> None:
    model = _list_model()
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]  # pytest-qt has no types for it
    wanted = tuple(Row(letter, letter) for letter in order)
    model.set_rows(wanted)
    assert model.rows == wanted


def test_one_changed_row_is_told_as_one_change() -> None:
    model = _list_model()
    told: list[object] = []
    for signal in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.modelReset):
        signal.connect(lambda *_what: told.append("structure"))
    model.dataChanged.connect(lambda first, _last, _roles=None: told.append(first.row()))
    model.set_rows((ROWS[0], replace(ROWS[1], title="新"), *ROWS[2:]))
    assert told == [1]


def test_ticking_a_row_and_what_is_ticked() -> None:
    model = _list_model(checkable=True)
    assert model.setData(model.index(2, 0), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert model.checked() == ("c",)
    model.set_checked(["a", "d"])
    assert model.checked() == ("a", "d")
    model.set_rows(ROWS[1:])
    assert model.checked() == ("d",)


def test_a_model_without_boxes_takes_no_tick() -> None:
    model = _list_model()
    assert not model.setData(model.index(0, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert model.data(model.index(0, 0), Qt.ItemDataRole.CheckStateRole) is None


def test_rows_are_found_by_key_and_index() -> None:
    model = _list_model()
    assert model.row_at(model.index_of("c")) == ROWS[2]
    assert not model.index_of("z").isValid()
    assert model.row_at(QModelIndex()) is None


def test_a_row_is_spoken_with_its_marks_and_deadline() -> None:
    content = RowContent("通知", "市财政局", "今天", marks=(Mark("特急"),), deadline=Mark("17:00 前"))
    assert content.spoken() == "特急 通知 市财政局 17:00 前 今天"


def test_the_tree_follows_its_parents() -> None:
    model = _tree_model()
    top = model.index(0, 0)
    assert model.rowCount() == 1
    assert [model.index(n, 0, top).data() for n in range(model.rowCount(top))] == ["乙", "丙"]
    assert model.index_of("d").parent() == model.index_of("c")
    assert model.index_of("d").data(RowRole.ROW) == ROWS[3]


def test_a_row_whose_parent_is_missing_stands_at_the_top() -> None:
    model = _tree_model((Row("x", "子", "gone"), Row("a", "甲")))
    assert model.rowCount() == 2


def test_the_same_rows_again_change_nothing_in_the_tree() -> None:
    model = _tree_model()
    told: list[bool] = []
    model.modelReset.connect(lambda: told.append(True))
    model.set_rows(ROWS)
    assert told == []
