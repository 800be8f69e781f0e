#!/usr/bin/env bash
# Sets a clean clone up on Debian 12 or a like system; does nothing, quickly, when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# Two stamps, so that a change of the project's own commands does not install everything anew.
digest() { cat "$@" | sha256sum | cut -c1-32; }
locked=".venv/.jinshu-locked-$(digest packaging/requirements.lock packaging/setup.sh)"
project=".venv/.jinshu-project-$(digest pyproject.toml)"
[ -e "$locked" ] && [ -e "$project" ] && exit 0

# Two runs at once would install over each other; the second waits and then finds nothing to do.
if [ -z "${JINSHU_SETUP_LOCKED:-}" ] && command -v flock >/dev/null; then
  mkdir -p build
  JINSHU_SETUP_LOCKED=1 exec flock build/setup.lock "$PWD/packaging/setup.sh"
fi

# What Qt loads even without a screen, fonts for the interface, and the programs the tests call: poppler's pdfsig and
# pdftoppm, certutil, gdb's gcore for the core dump of the running server, a Secret Service on a bus of its own, and the two
# input methods of Chinese desktops, with a screen and a keyboard; `dbus` gives the machine the id by which they are found;
# the compiler of Windows installers; and a token in software (UKey), with PKCS #11 as real ones have it.
packages=(libegl1 libgl1 libopengl0 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libxkbcommon0 libxkbcommon-x11-0
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0
  libxcb-xkb1 libx11-xcb1 libatomic1 libxrandr2 libwayland-cursor0 libwayland-egl1 libnss3 libasound2 libpulse0 fonts-noto-cjk poppler-utils libnss3-tools gdb
  gnome-keyring dbus dbus-daemon xvfb xdotool ibus ibus-libpinyin fcitx5 fcitx5-chinese-addons nsis softhsm2)
installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
install_system_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    # Later releases renamed some of them for 64-bit time.
    installed "$package" || installed "${package}t64" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing; install them as root and run again:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "Installing system packages: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
make_environment() {
  # One left half made by an interrupted run is made again.
  if [ -x .venv/bin/python ] && new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    return
  fi
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
      echo "Making .venv with $("$candidate" --version)"
      "$candidate" -m venv --clear .venv
      return
    fi
  done
  echo "Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3 python3-venv)." >&2
  exit 1
}

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }

if [ ! -e "$locked" ]; then
  command -v dpkg-query >/dev/null && install_system_packages
  make_environment
  echo "Installing the locked dependencies"
  pip install --require-hashes -r packaging/requirements.lock
fi
# In place, with the locked build tool and without dependencies: nothing comes from outside the lock.
pip install --no-deps --no-build-isolation --no-index --editable .
rm -f .venv/.jinshu-*
touch "$locked" "$project"
