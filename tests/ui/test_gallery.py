"""Every widget passes the walk."""

from __future__ import annotations

from tests.support.page_walk import walk
from tests.ui.gallery import build_gallery


def test_the_gallery_passes_the_walk(qapp: object) -> None:
    walk(build_gallery, "gallery")
