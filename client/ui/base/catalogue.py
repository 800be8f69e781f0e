"""Sentences from `resources/translations`: English source → Chinese, and error code → what happened and what to do.

Several files may share one catalogue (`zh_CN.json`, `zh_CN.documents.json`, …), so that each area keeps its own words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from client.core.self_check import Remark
from client.ui.base.resources import resource


class LanguageName(StrEnum):
    """The languages shipped."""

    CHINESE = "zh_CN"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What the user reads of an error."""

    what: str
    do: str


def catalogue_files(stem: str) -> list[Path]:
    """`stem.json` and `stem.AREA.json`."""
    folder = resource("translations")
    return sorted([*folder.glob(f"{stem}.json"), *folder.glob(f"{stem}.*.json")])


def read_entries(path: Path) -> dict[str, Any]:
    """One file's entries; a key given twice is a slip of ours and raises."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError(f"{path.name} says something twice")
        return found

    entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    return entries


@cache
def sentences(language: LanguageName) -> Mapping[str, str]:
    """Source sentence → sentence; empty for English, which is the source."""
    if language is LanguageName.ENGLISH:
        return {}
    merged: dict[str, str] = {}
    for path in catalogue_files(language.value):
        merged.update(read_entries(path))
    return merged


@cache
def error_sentences() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Error code → language → {"what", "do"}."""
    merged: dict[str, Mapping[str, Mapping[str, str]]] = {}
    for path in catalogue_files("errors"):
        merged.update(read_entries(path))
    return merged


@cache
def check_sentences() -> Mapping[str, Mapping[str, str]]:
    """Key of a remark of the self-test → language → sentence."""
    merged: dict[str, Mapping[str, str]] = {}
    for path in catalogue_files("self_test"):
        merged.update(read_entries(path))
    return merged


def remark_text(remark: Remark, language: LanguageName) -> str:
    """A remark of the self-test in words."""
    return check_sentences()[remark.key][language.value].format(**dict(remark.params))
