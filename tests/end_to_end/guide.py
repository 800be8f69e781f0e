"""`make guide`: takes the pictures of the user's guide from the story, acted out by real processes, and sets it.

`--text`: sets it with the pictures there are. Pictures and PDF are committed, so that F1 works in a checkout and no package needs
this: who changes pages runs it and looks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Final

import typst
from PIL import Image, ImageChops

from tests.end_to_end import forgotten
from tests.end_to_end.processes import ROOT, Client
from tests.end_to_end.story import Story
from tests.support.prepared_city import running_city

FOLDER: Final = ROOT / "resources" / "guide"
PICTURES: Final = FOLDER / "pictures"
# What the story weaves into titles and texts; in a guide it reads like one.
_YEAR: Final = "2026年度"
_OF_THE_STORY: Final = (
    *(
        "welcome_by_hand",
        "welcome",
        "waiting",
        "passphrase",
        "conversation",
        "compose",
        "signing",
        "incoming",
    ),
    *("meeting_check", "meeting", "unlock"),
)
_OF_WHO_FORGOT: Final = ("forgotten", "new_key", "confirm")
NAMES: Final = (*_OF_THE_STORY, *_OF_WHO_FORGOT)
# A page with one sheet in the middle is cut to the sheet and so much around it.
_AROUND: Final = 32
_COLOURS: Final = 128


def set_guide() -> bytes:
    """The guide as PDF: the same bytes from the same text, pictures, fonts and engine."""
    pdf = typst.compile(
        str(FOLDER / "guide.typ"),
        root=str(FOLDER),
        font_paths=[str(ROOT / "resources" / "fonts")],
        ignore_system_fonts=True,
        timestamp=0,
    )
    assert isinstance(pdf, bytes)
    return pdf


def keep(source: Path, name: str) -> None:
    """A screenshot as the guide prints it: without the empty ground around a sheet, in few colours."""
    picture = Image.open(source).convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    box = ImageChops.difference(picture, ground).getbbox()
    if box is not None:
        left, top, right, bottom = box
        picture = picture.crop(
            (
                max(left - _AROUND, 0),
                max(top - _AROUND, 0),
                min(right + _AROUND, picture.width),
                min(bottom + _AROUND, picture.height),
            )
        )
    few = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(PICTURES / f"{name}.png", optimize=True)


def take_pictures(folder: Path) -> None:
    """Act out what the guide shows, on a fresh folder."""
    os.environ["DEMO_NONCE"] = _YEAR
    story = Story(folder, onscreen=False)
    try:
        story.found_city()
        story.enrol_all()
        story.circulate()
        story.talk()
        story.meet()
        story.change_passphrase()
        story.unlock_again()
    finally:
        story.close()
    shots = folder / "screenshots"

    def shoot(name: str, client: Client) -> None:
        client.do("screenshot", path=str(shots / f"{name}.png"))

    with running_city(folder / "forgotten" / "city") as city:
        forgotten.act(city, folder / "forgotten" / "clients", shoot)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        keep(shots / f"{name}.png", name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make guide")
    parser.add_argument("--text", action="store_true", help="set it with the pictures there are")
    if not parser.parse_args().text:
        folder = ROOT / "build" / "guide"
        shutil.rmtree(folder, ignore_errors=True)
        take_pictures(folder)
    pdf = set_guide()
    (FOLDER / "guide.pdf").write_bytes(pdf)
    sys.stdout.write(f"resources/guide/guide.pdf: {len(pdf) / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
