"""The press: pictures of drafts and of sealed files, and what a sealed file proves."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from client.documents import press
from tests.support.sample_documents import DETAILS, notice


async def test_pages_are_pictures_as_wide_as_asked() -> None:
    made = await asyncio.to_thread(press.preview, notice(3), DETAILS, 400)
    assert len(made) == 2
    widths = {Image.open(io.BytesIO(page)).width for page in made}
    assert widths <= {399, 400, 401}
    used = press.setting()
    assert len(used.template) == len(used.fonts) == 32
