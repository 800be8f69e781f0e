"""Writes the arrows of the style sheets anew, after a theme's colours or a drawing have changed: `python -m tests.support.arrows`."""

from __future__ import annotations

from client.ui.base.icons import drawing
from client.ui.base.resources import resource
from client.ui.base.theme import ARROWS, ThemeName, load_colours


def arrows(name: ThemeName) -> dict[str, str]:
    """What a theme's folder is to hold: SVG by file name."""
    colours = load_colours(name).by_role
    return {f"{icon.value}.svg": drawing(icon, colours[role]) for icon, role in ARROWS.items()}


def main() -> None:
    for name in ThemeName:
        folder = resource("themes", name.value)
        folder.mkdir(exist_ok=True)
        for file, text in arrows(name).items():
            (folder / file).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
