"""Makes the Debian package: one folder below /opt/apps, as the stores of UOS and Kylin ask, and links that Debian's menus find."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bundle import tree
from bundle.wheels import Target

APPLICATION: Final = "cn.jinshu.client"
ICON_SIZES: Final = (16, 22, 24, 32, 48, 64, 128, 256, 512)
PROGRAMS: Final = {"jinshu": "client", "jinshu-verify": "client.verify"}

# What every desktop of these systems has. What some lack (`OF_X` in `libraries.py`) is inside.
DEPENDS: Final = (
    "libc6 (>= 2.28)",
    "libgcc-s1 | libgcc1",
    "libstdc++6 (>= 8)",
    "libbz2-1.0",
    "libdbus-1-3",
    "libdrm2",
    "libegl1",
    "libfontconfig1",
    "libfreetype6",
    "libgl1",
    "libglib2.0-0t64 | libglib2.0-0",
    "libgssapi-krb5-2",
    "libpulse0",
    "libwayland-client0",
    "libx11-6",
    "libx11-xcb1",
    "libxcb-glx0",
    "libxcb-randr0",
    "libxcb-render0",
    "libxcb-shape0",
    "libxcb-shm0",
    "libxcb-sync1",
    "libxcb-xfixes0",
    "libxcb1",
    "libxext6",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
    "libxrandr2",
    "libzstd1",
    "xkb-data",
    "zlib1g",
)
RECOMMENDS: Final = ("libwayland-cursor0", "libwayland-egl1", "xdg-utils", "xdg-desktop-portal")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the package is made of: the project, the interpreter for the target, one that runs here, and X libraries."""

    project: Path
    interpreter: Path
    python: Path
    libraries: Path


def build(parts: Parts, target: Target, version: str, epoch: int, folder: Path) -> Path:
    """Write `jinshu_VERSION_ARCHITECTURE.deb` into `folder`. The same inputs make the same bytes.

    Raises:
        As `tree.application` does, and subprocess.CalledProcessError when `dpkg-deb` refuses the tree.
    """
    root = folder / f"jinshu_{version}_{target.name}"
    shutil.rmtree(root, ignore_errors=True)
    home = root / "opt" / "apps" / APPLICATION
    files = home / "files"
    shutil.copytree(parts.interpreter, files / "python", symlinks=True)
    # The name by which Debian's interpreter looks for it.
    site = files / "python" / "lib" / "python3.11" / "dist-packages"
    shutil.rmtree(site, ignore_errors=True)
    tree.application(parts.project, target, site, version)
    for library in sorted(parts.libraries.iterdir()):
        shutil.copy2(library, site / "PySide6" / "Qt" / "lib" / library.name)
    tree.compiled(parts.python, files / "python" / "lib" / "python3.11")
    _launchers(parts.project, files)
    _entries(parts.project, home, version, target)
    _links(root, home)
    _documents(parts.project, root, epoch)
    _control(parts.project, root, version, target)
    tree.dated(root, epoch)
    for script in [*(files / "bin").iterdir(), root / "DEBIAN" / "postrm"]:
        script.chmod(0o755)
    package = folder / f"{root.name}.deb"
    command = [
        "dpkg-deb",
        "--root-owner-group",
        "-Zxz",
        "-z6",
        "--threads-max=1",
        "--build",
        str(root),
        str(package),
    ]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    )
    return package


def _launchers(project: Path, files: Path) -> None:
    text = (project / "packaging" / "debian" / "launcher.sh").read_text("utf-8")
    (files / "bin").mkdir()
    for program, module in PROGRAMS.items():
        (files / "bin" / program).write_text(
            text.replace("PROGRAM", program).replace("MODULE", module), "utf-8"
        )


def _entries(project: Path, home: Path, version: str, target: Target) -> None:
    debian = project / "packaging" / "debian"
    shutil.copytree(debian / "applications", home / "entries" / "applications")
    shutil.copytree(debian / "mime", home / "entries" / "mime" / "packages")
    icons = home / "entries" / "icons" / "hicolor"
    (icons / "scalable" / "apps").mkdir(parents=True)
    shutil.copy2(debian / "icon.svg", icons / "scalable" / "apps" / f"{APPLICATION}.svg")
    for size in ICON_SIZES:
        place = icons / f"{size}x{size}" / "apps" / f"{APPLICATION}.png"
        place.parent.mkdir(parents=True)
        draw(debian / "icon.svg", size, place)
    told = {
        "appid": APPLICATION,
        "name": "锦书",
        "version": version,
        "arch": [target.name],
        "permissions": {
            "autostart": True,
            "notification": True,
            "trayicon": True,
            "clipboard": True,
            "account": False,
            "bluetooth": False,
            "camera": True,
            "audio_record": True,
            "installed_apps": False,
        },
    }
    (home / "info").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


def draw(icon: Path, size: int, place: Path) -> None:
    """Draw a vector icon as a square of `size` pixels into a PNG file."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(icon)).render(painter)
    painter.end()
    image.save(str(place))


def _links(root: Path, home: Path) -> None:
    """Desktops that know nothing of /opt/apps look below /usr."""
    shares = {"applications": "applications", "icons": "icons", "mime": "mime"}
    for kind, share in shares.items():
        for file in sorted((home / "entries" / kind).rglob("*")):
            if file.is_file():
                _link(root, root / "usr" / "share" / share / file.relative_to(home / "entries" / kind), file)
    for program in PROGRAMS:
        _link(root, root / "usr" / "bin" / program, home / "files" / "bin" / program)


def _link(root: Path, place: Path, to: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to("/" / to.relative_to(root))


def _documents(project: Path, root: Path, epoch: int) -> None:
    place = root / "usr" / "share" / "doc" / "jinshu"
    place.mkdir(parents=True)
    shutil.copy2(project / "NOTICE.md", place / "copyright")
    (place / "changelog.gz").write_bytes(
        gzip.compress((project / "CHANGELOG.md").read_bytes(), 9, mtime=epoch)
    )


def _control(project: Path, root: Path, version: str, target: Target) -> None:
    place = root / "DEBIAN"
    place.mkdir()
    kept = [
        file
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.is_symlink() and place not in file.parents
    ]
    size = sum(-(-file.stat().st_size // 1024) for file in kept)
    lines = (
        "Package: jinshu",
        f"Version: {version}",
        f"Architecture: {target.name}",
        "Maintainer: Jinshu <jinshu@localhost>",
        "Section: net",
        "Priority: optional",
        f"Installed-Size: {size}",
        f"Depends: {', '.join(DEPENDS)}",
        f"Recommends: {', '.join(RECOMMENDS)}",
        "Description: official documents, sealed messages and meetings of a city (锦书)",
        " Circulates official documents between bureaus, carries end-to-end encrypted",
        " messages and calls, and holds video meetings, over the government intranet.",
        " .",
        " 市级机关公文流转、加密通信与视频会议。",
    )
    (place / "control").write_text("\n".join(lines) + "\n", "utf-8")
    sums = [
        f"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}  {file.relative_to(root)}\n"
        for file in kept
    ]
    (place / "md5sums").write_text("".join(sums), "utf-8")
    shutil.copy2(project / "packaging" / "debian" / "postrm", place / "postrm")
