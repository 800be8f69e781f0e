"""Makes the installer for Windows: the interpreter's embeddable zip, the wheels for `win_amd64`, our code, compiled by makensis.

No archive this project may fetch from holds a Python for Windows: its zip, as python.org publishes it, is a parameter.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from bundle import deb, tree
from bundle.wheels import WIN64

# What the embeddable zip of 3.11 must hold; a zip of another shape is refused before an hour goes into it.
INTERPRETER: Final = (
    "python.exe",
    "pythonw.exe",
    "python311.dll",
    "python311.zip",
    "python311._pth",
    "vcruntime140.dll",
)
_PATH: Final = "python311.zip\n.\nLib\\site-packages\nimport site\n"
# Names that Windows gives to devices, whatever their suffix, and characters it refuses.
_DEVICES: Final = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)),
}
_REFUSED: Final = set('<>:"|?*')
# Windows' classic limit is 260; the folder for a user below C:\\Users\\… takes up to 80 of it.
_LONGEST: Final = 180


class WrongInterpreterError(ValueError):
    """The zip is not an embeddable Python 3.11 for Windows."""


def build(project: Path, interpreter: Path, python: Path, version: str, epoch: int, folder: Path) -> Path:
    """Write `jinshu_VERSION_win64.exe` into `folder`.

    Args:
        interpreter: the path of the embeddable zip.
        python: an interpreter of the same version that runs here, for the byte code.

    Raises:
        WrongInterpreterError: the zip lacks a file of an embeddable Python 3.11.
        ValueError: a file's name is one that Windows does not take.
        subprocess.CalledProcessError: makensis or uv refused; it has said why.
    """
    root = folder / f"jinshu_{version}_win64"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    unpack(interpreter, root)
    tree.application(project, WIN64, root / "Lib" / "site-packages", version)
    tree.compiled(python, root / "Lib")
    draw_icon(project / "packaging" / "debian" / "icon.svg", root / "jinshu.ico")
    (root / "jinshu-verify.cmd").write_bytes(b'@"%~dp0python.exe" -m client.verify %*\r\n')
    if wrong := unfit(root):
        raise ValueError(f"Windows does not take these names: {', '.join(wrong)}")
    tree.dated(root, epoch)
    installer = folder / f"{root.name}.exe"
    script = project / "packaging" / "windows" / "jinshu.nsi"
    command = [
        "makensis",
        "-V2",
        "-INPUTCHARSET",
        "UTF8",
        f"-DVERSION={version}",
        f"-DTREE={root}",
        f"-DOUTPUT={installer}",
    ]
    subprocess.run([*command, f"-DICON={root / 'jinshu.ico'}", str(script)], check=True)
    return installer


def unpack(interpreter: Path, root: Path) -> None:
    """Unpack the interpreter, and tell it where the rest lies: `._pth` shuts out the user's own settings of Python.

    Raises:
        WrongInterpreterError: as `build` says.
    """
    with zipfile.ZipFile(interpreter) as archive:
        if missing := set(INTERPRETER) - set(archive.namelist()):
            raise WrongInterpreterError(f"{interpreter.name} lacks {', '.join(sorted(missing))}")
        archive.extractall(root)
    (root / "python311._pth").write_text(_PATH, "utf-8")


def unfit(root: Path) -> list[str]:
    """The paths below `root` that a Windows machine could not hold: names of devices, signs it refuses, too long, the same but for case."""
    wrong: list[str] = []
    seen: set[str] = set()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        stem = path.name.partition(".")[0].lower()
        odd = stem in _DEVICES or _REFUSED & set(path.name) or path.name.endswith((".", " "))
        if odd or len(name) > _LONGEST or name.lower() in seen:
            wrong.append(name)
        seen.add(name.lower())
    return wrong


def draw_icon(vector: Path, place: Path) -> None:
    """Write the icon in the sizes Windows shows it in."""
    from PIL import Image  # deferred, as Qt is: the checks above need neither

    with tempfile.TemporaryDirectory() as scratch:
        pictures = []
        for size in (16, 24, 32, 48, 64, 128, 256):
            deb.draw(vector, size, Path(scratch) / f"{size}.png")
            with Image.open(Path(scratch) / f"{size}.png") as picture:
                pictures.append(picture.copy())
        largest = pictures[-1]
        largest.save(place, "ICO", sizes=[each.size for each in pictures], append_images=pictures[:-1])
